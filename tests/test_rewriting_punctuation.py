"""Dictated drafts get their marks; the words stay the author's own."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from conftest import FakeModel
from grammars import allows

from rag.errors import BadModelAnswer, ModelTimeout, ModelUnavailable
from rag.rewriting.punctuation import MAX_WORDS, punctuate, word_grammar
from rag.vocabulary import Completion, Lang

RU = (
    "склад опять всё перепутал вчера три заказа ушли не туда я просил их проверять они говорят "
    "людей нет давайте наймём кладовщика или поставим сканеры на ворота"
)
EN = (
    "the warehouse mixed it up again yesterday three orders went the wrong way i asked them to "
    "check they say nobody is there let us hire a clerk or buy scanners"
)
DICTATED: list[tuple[Lang, str, str]] = [
    (
        "ru",
        RU,
        RU.capitalize().replace("вчера", "— вчера").replace(" я просил", ". Я просил") + ".",
    ),
    ("en", EN, EN.capitalize().replace(" i asked", ". I asked") + "."),
]


@pytest.mark.parametrize(("lang", "raw", "marked"), DICTATED, ids=["ru", "en"])
def test_marks_of_the_model_are_taken_where_the_words_are_the_same(
    lang: Lang, raw: str, marked: str
) -> None:
    assert punctuate(raw, lang, FakeModel(deque([f" {marked}\n"]))) == marked


UNPROVEN = {
    "a word lost": RU.replace(" опять", ""),
    "a word added": RU + " срочно",
    "a word changed": RU.replace("три", "пять"),
    "words swapped": RU.replace("склад опять", "опять склад"),
    "an answer to it": "Хорошо, вот ваш текст.",
    "nothing": "",
}


@pytest.mark.parametrize("answer", UNPROVEN.values(), ids=UNPROVEN)
def test_other_words_leave_the_draft_as_typed(answer: str) -> None:
    assert punctuate(RU, "ru", FakeModel(deque([answer]))) == RU


@pytest.mark.parametrize("error", [BadModelAnswer, ModelTimeout])
def test_a_model_that_fails_leaves_the_draft_as_typed(error: type[Exception]) -> None:
    model = FakeModel(deque([error("no")]))
    assert punctuate(RU, "ru", model) == RU
    assert len(model.asked) == 1


def test_a_silent_model_is_not_asked_for_every_part() -> None:
    model = FakeModel(deque([ModelTimeout("no")]))
    assert punctuate(f"{RU} " * 5, "ru", model) == f"{RU} " * 5
    assert len(model.asked) == 1


def test_an_error_that_will_stay_is_not_hidden() -> None:
    with pytest.raises(ModelUnavailable):
        punctuate(RU, "ru", FakeModel(deque([ModelUnavailable("no")])))


NOT_DICTATED = {
    "short": "склад опять всё перепутал вчера три заказа ушли не туда",
    "a long sentence": "слово " * 20 + "слово",
    "sentences": "Склад опять всё перепутал. " * 12,
    "commas": "склад перепутал заказ, клиент ушёл, мы потеряли его, " * 4,
    "lines": "склад перепутал заказ номер\n" * 12,
}


@pytest.mark.parametrize("text", NOT_DICTATED.values(), ids=NOT_DICTATED)
def test_a_punctuated_text_is_not_sent(text: str) -> None:
    model = FakeModel()
    assert punctuate(text, "ru", model) == text
    assert model.asked == []


def test_without_a_model_nothing_changes() -> None:
    assert punctuate(RU, "ru", None) == RU


def test_only_the_dictated_stretch_is_replaced() -> None:
    marked = DICTATED[0][2]
    text = f"Олег, добрый день.\n{RU}\nЖду ответа."
    changed = punctuate(text, "ru", FakeModel(deque([marked])))
    assert changed == f"Олег, добрый день.\n{marked}\nЖду ответа."


def test_two_dictated_stretches_keep_their_places() -> None:
    first, second = f"Раз. {RU}", f"Два {RU}"
    answers = deque([second + ".", RU.capitalize() + "."])  # asked from the end
    assert punctuate(f"{first}\n{second}", "ru", FakeModel(answers)) == (
        f"Раз. {RU.capitalize()}.\n{second}."
    )


def test_a_long_stretch_is_asked_in_parts() -> None:
    text = " ".join(f"слово{n}" for n in range(2 * MAX_WORDS + 10))
    model = FakeModel(deque([BadModelAnswer("cut"), BadModelAnswer("cut"), BadModelAnswer("cut")]))
    assert punctuate(text, "ru", model) == text
    sizes = [asked[-1]["content"].count("слово") for asked in model.asked]
    assert sizes == [MAX_WORDS, MAX_WORDS, 10]


def test_the_model_writes_under_the_grammar_of_the_words() -> None:
    seen: dict[str, Any] = {}

    class Watched(FakeModel):
        def complete(self, messages: Any, **options: Any) -> Completion:
            seen.update(options)
            return super().complete(messages, **options)

    punctuate(RU, "ru", Watched(deque([RU])))
    assert seen["grammar"] == word_grammar(RU.split())
    assert seen["max_tokens"] > len(RU.split())


GRAMMAR = {
    "sentences": ('Склад "опять" всё перепутал. Три заказа ушли.', True),
    "clauses": ('Склад "опять", всё перепутал — три заказа ушли?', True),
    "a word lost": ("Склад всё перепутал. Три заказа ушли.", False),
    "a word changed": ('Склад "опять" всё перепутал. Два заказа ушли.', False),
    "a word added": ('Склад "опять" всё перепутал. Три больших заказа ушли.', False),
    "no full stop": ('Склад "опять" всё перепутал три заказа ушли', False),
    "a shout": ('Склад "опять" всё перепутал три заказа ушли!', False),
}


@pytest.mark.parametrize(("text", "allowed"), GRAMMAR.values(), ids=GRAMMAR)
def test_grammar_of_the_words(text: str, allowed: bool) -> None:
    words = 'склад "опять" всё перепутал три заказа ушли'.split()
    assert allows(word_grammar(words), text) is allowed


def test_a_backslash_is_one_of_the_words() -> None:
    assert allows(word_grammar(["диск", "C:\\данные"]), "Диск C:\\данные.")
