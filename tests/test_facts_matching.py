"""Figures and names of two texts, matched as a careful reader does."""

from __future__ import annotations

import pytest

from rag.facts.matching import added_names, added_numbers, changed_units, find_numbers, lost_numbers
from rag.vocabulary import Lang

SAME: list[tuple[Lang, str, str]] = [
    ("en", "1.4m euros overdue", "EUR 1.4 million is overdue"),
    ("en", "meet at 5 pm", "The meeting is at 17:00."),
    ("en", "1.9 million against plan 2.1", "1.9 million, plan 2.1 million"),
    ("en", "a dozen calls", "12 calls"),
    ("en", "one client left", "1 client left"),
    ("en", "we shipped 212, plan was 240", "212 shipped, 28 fewer than planned"),
    ("en", "37 of 310 trials", "12% of the trials in all (37 of 310)"),
    ("en", "nothing counted", "Two ways are open to us."),
    ("ru", "ушли 9 из 30", "Ушли девять клиентов из тридцати."),
    ("ru", "полтора часа", "1,5 часа"),
    ("ru", "200 тыс. и 50 тыс.", "Всего 250 000 рублей."),
    ("ru", "до 25 марта", "К 25.03 решим."),
    ("ru", "по 900 ₽, 71 человек", "То есть 63 900 ₽."),
]
OTHER: list[tuple[Lang, str, str, str]] = [
    ("en", "we lost 41 of 80", "We lost 43 of 80.", "43"),
    ("en", "30 clients, 9 left, 200k lost", "They promised 15%.", "15%"),
    ("en", "meet at 5 pm", "The meeting is at 18:00.", "18:00"),
    ("en", "we shipped 212, plan was 240", "212 shipped, 38 fewer than planned", "38"),
    ("ru", "ушли 9 из 30", "Ушли 8 из 30.", "8"),
    ("ru", "до 25 марта", "К 26 марта решим.", "26 марта"),
]


@pytest.mark.parametrize(("lang", "draft", "text"), SAME)
def test_what_the_draft_says_or_yields_is_not_added(lang: Lang, draft: str, text: str) -> None:
    assert added_numbers(draft, text, lang) == []


@pytest.mark.parametrize(("lang", "draft", "text", "shown"), OTHER)
def test_another_figure_is_added(lang: Lang, draft: str, text: str, shown: str) -> None:
    assert [number.shown for number in added_numbers(draft, text, lang)] == [shown]


@pytest.mark.parametrize(
    ("lang", "draft", "text", "changed"),
    [
        ("en", "it takes 5 days", "It takes 5 weeks.", True),
        ("en", "it takes 5 days", "It takes five days.", False),
        ("en", "grew by 5 points", "It grew by 5%.", False),  # "points" alone names no unit
        ("en", "grew by 5 percentage points", "It grew by 5%.", True),
        ("ru", "срок 3 недели", "Срок 3 месяца.", True),
        ("ru", "срок 3", "Срок 3 месяца.", False),
        ("ru", "5% и 5 дней", "За 5 дней.", False),
    ],
)
def test_a_unit_is_changed_only_where_both_name_one(
    lang: Lang, draft: str, text: str, changed: bool
) -> None:
    assert bool(changed_units(draft, text, lang)) is changed


def test_a_number_counts_as_kept_in_words_too() -> None:
    assert lost_numbers("9 of 30 left in 2 weeks", "Nine of 30 left.", "en")[0].shown == "2"
    assert lost_numbers("9 из 30", "девять из тридцати", "ru") == []


def test_names_match_by_their_beginning_and_a_sentence_may_open_with_any_word() -> None:
    assert added_names("Ивану и Ромашке", "Решают Иван и «Ромашка».", "ru") == []
    assert [fact.text for fact in added_names("we lost a client", "We lost Globex.", "en")] == [
        "Globex"
    ]
    assert added_names("raise the fee", "Options:\n(i) Raise the fee.", "en") == []


def test_a_weekday_or_a_month_alone_is_no_number() -> None:
    assert find_numbers("On Friday in March", "en") == []
    assert find_numbers("в пятницу, в третьем квартале", "ru") == []
