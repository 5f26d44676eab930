"""Figures, dates, names, contradictions and the ledger, by worked examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.facts.contradictions import find_contradictions
from rag.facts.extract import extract_facts, find_personal
from rag.facts.figures import find_dates, find_figures, same_number, stem
from rag.facts.ledger import compare_facts
from rag.facts.names import find_names
from rag.vocabulary import Lang

FIGURES: list[tuple[Lang, str, list[str]]] = [
    ("ru", "Рост 12%, 12 процентов и 12 %", ["12%", "12%", "12%"]),
    ("ru", "выручка 1,2 млн руб.", ["1200000₽"]),
    ("ru", "1 200 000 ₽, 1\u202f200\u202f000 рублей", ["1200000₽", "1200000₽"]),
    ("ru", "40к рублей, 40 тыс. рублей, 2 млрд", ["40000₽", "40000₽", "2000000000"]),
    ("ru", "$300 и 300 долларов, 5 евро", ["300$", "300$", "5€"]),
    ("ru", "3 п.п. и 3 процентных пункта, не 3%", ["3пп", "3пп", "3%"]),
    ("ru", "10-15% и 2–3 недели", ["10", "15%", "2", "3"]),
    ("ru", "пять заявок, двенадцать встреч", ["5", "12"]),
    ("ru", "двадцать пять заявок, сто двадцать клиентов", ["25", "120"]),
    ("ru", "триста двадцать пять штук", ["325"]),
    ("ru", "два-три дня, двадцать тридцать звонков", ["2", "3", "20", "30"]),
    ("ru", "1. Первый\n2) Второй, вариант 2, № 15", []),
    ("ru", "версия 2.10.1", ["2.10.1"]),
    ("ru", "до 25 марта к 14:30", []),
    ("en", "12 percent of $1.2m, 40k, twelve calls", ["12%", "1200000$", "40000", "12"]),
    ("en", "1,200,000 rubles; 1.5 million", ["1200000₽", "1500000"]),
    ("en", "€5 and £3.50", ["5€", "3.5£"]),
    ("en", "3 percentage points, 3pp", ["3пп", "3пп"]),
    ("en", "twenty-five calls, seventy seven visits, a hundred", ["25", "77", "100"]),
    ("en", "seventeen seven", ["17", "7"]),
    ("en", "a two-year plan, option 2", []),
    ("en", "on March 25, 2025 at 2:30", []),
]


@pytest.mark.parametrize(("lang", "text", "values"), FIGURES, ids=[row[1] for row in FIGURES])
def test_figures(lang: Lang, text: str, values: list[str]) -> None:
    assert [fact.value for fact in find_figures(text, lang)] == values


DATES: list[tuple[Lang, str, list[str]]] = [
    ("ru", "25 марта, 25.03, 25.03.2025, 2025-03-25", ["@25.03"] * 4),
    ("ru", "к 25-му, 25 числа, до 3-го", ["@day25", "@day25", "@day3"]),
    ("ru", "до пятницы, в среду, по понедельникам", ["@wd5", "@wd3", "@wd1"]),
    ("ru", "в мае, 5 мая, майка", ["@m05", "@5.05"]),
    ("ru", "в 3 квартале, Q3", ["@q3", "@q3"]),
    ("ru", "в 9:05 и 14:30", ["@9:05", "@14:30"]),
    ("ru", "скидка 10.05%, 12.04 млн", []),
    ("en", "March 25, 25 March 2025, 25th of March", ["@25.03"] * 3),
    ("en", "the 25th, on Fridays, Q3", ["@day25", "@wd5", "@q3"]),
    ("en", "in May we may march", ["@m05"]),
    ("en", "the 2nd call, a 1st order", []),
]


@pytest.mark.parametrize(("lang", "text", "values"), DATES, ids=[row[1] for row in DATES])
def test_dates(lang: Lang, text: str, values: list[str]) -> None:
    assert [fact.value for fact in find_dates(text, lang)] == values


NAMES: list[tuple[Lang, str, list[str]]] = [
    ("ru", "Иван Петров из «Ромашки» звонил", ["Иван Петров", "Ромашки"]),
    ("ru", "олег, клиенты уходят", ["олег"]),
    ("ru", "Клиенты уходят. Менеджеры молчат.", []),
    ("ru", "Перешли на HubSpot, CRM молчит", ["HubSpot"]),
    ("ru", "Встреча в Марте и Пятницу", []),
    ("en", "John Smith from Acme met Olga", ["John Smith", "Acme", "Olga"]),
    ("en", "The client left. I'm sad, OK?", []),
    ("en", "oleg, we lose clients in May", ["oleg"]),
    ("ru", "ивану, как вы просили", ["ивану"]),
]


@pytest.mark.parametrize(("lang", "text", "names"), NAMES, ids=[row[1] for row in NAMES])
def test_names(lang: Lang, text: str, names: list[str]) -> None:
    assert [fact.text for fact in find_names(text, lang)] == names


@pytest.mark.parametrize(
    "cases", ["Ромашка Ромашке Ромашкой", "Иван Ивана Ивану Иваном", "Роман Роману", "Лев Льву"]
)
def test_cases_of_a_name_share_a_value(cases: str) -> None:
    values = {find_names(f"Это {name}", "ru")[0].value for name in cases.split()}
    assert len(values) == 1


def test_a_figure_knows_what_it_counts() -> None:
    nouns = [fact.noun for fact in find_figures("41 звонок и 38 звонков", "ru")]
    assert nouns == ["звонок", "звонк"]
    assert stem("Отчёт", "ru") == stem("отчет", "ru")
    assert same_number("25%") == same_number("25₽") == "25"


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("Мой номер +7 912 345-67-89, не домашний", ["+7 912 345-67-89"]),
        ("Мой номер 8 (912) 345-67-89", ["8 (912) 345-67-89"]),
        ("Почта ivan.petrov+work@mail.ru.", ["ivan.petrov+work@mail.ru."]),
        ("Паспорт 4509 123456", ["4509 123456"]),
        ("Выручка 1 200 000 ₽ за 2024 год", []),
    ],
)
def test_personal_data_is_no_fact(text: str, personal: list[str]) -> None:
    assert find_personal(text) == personal
    assert not (personal and [fact for fact in extract_facts(text, "ru") if fact.type == "figure"])


@given(st.text("абв 0123456789.,%-:руб млн\nАИ«»"), st.sampled_from(["ru", "en"]))
def test_facts_are_exact_ordered_stretches(text: str, lang: Lang) -> None:
    facts = extract_facts(text, lang)
    assert [fact.start for fact in facts] == sorted(fact.start for fact in facts)
    for fact in facts:
        assert text[fact.start : fact.end] == fact.text != ""


CONTRADICTIONS: list[tuple[Lang, str, list[tuple[str, str, str]]]] = [
    ("ru", "Было 41 звонок. В отчёте 38 звонков.", [("41", "38", "conflict")]),
    ("ru", "41 звонок или 38 звонков, точно не помню", [("41", "38", "conflict")]),
    ("ru", "Было 40 заявок, стало 30 заявок", []),
    ("ru", "Пришло 40 заявок и 12 клиентов", []),
    ("ru", "Потратили 30% и 30 рублей", []),
    ("ru", "План 40 заявок, факт 35 заявок", []),
    ("ru", "Рост на 5% с 12% до 17%", [("5%", "5%", "points")]),
    ("ru", "Рост на 5% со 100% до 105%", []),
    ("ru", "Рост на 42% с 12% до 17%", []),
    ("en", "We had 41 calls, the report says 38 calls.", [("41", "38", "conflict")]),
    ("en", "41 calls last week, 38 calls this week", []),
    ("en", "Grew by 5% from 12% to 17%", [("5%", "5%", "points")]),
    ("en", "Up 5% from 12% to 17%", [("5%", "5%", "points")]),
    ("en", "From 12% to 17%, up 5%", [("5%", "5%", "points")]),
]


@pytest.mark.parametrize(
    ("lang", "text", "found"), CONTRADICTIONS, ids=[row[1] for row in CONTRADICTIONS]
)
def test_contradictions(lang: Lang, text: str, found: list[tuple[str, str, str]]) -> None:
    rows = [(c.first.text, c.second.text, c.kind) for c in find_contradictions(text, lang)]
    assert rows == found


DRAFT = "Иван просил скидку 5% до 25-го, пришло 30 заявок за 40к рублей"
LEDGER = {
    "same": (DRAFT, "Иван|5%|25-го|30|40к рублей", ""),
    "reworded": ("Ивану: 5 процентов, 25-му, 30, 40 000 ₽", "Иван|5%|25-го|30|40к рублей", ""),
    "swapped unit": ("Прошу скидку 25% до 25-го", "25-го", "25%"),
    "points for percent": ("Скидка 5 п.п. для Ивана", "Иван", "5 п.п."),
    "another name": ("Скидку 5% просил Сергей", "5%", "Сергей"),
    "number words": ("Тридцать заявок, двадцать пять встреч", "30", "двадцать пять"),
}


@pytest.mark.parametrize(("text", "kept", "added"), LEDGER.values(), ids=LEDGER)
def test_the_ledger(text: str, kept: str, added: str) -> None:
    ledger = compare_facts(DRAFT, text, lang="ru")
    assert "|".join(ledger.kept) == kept
    assert "|".join(ledger.added) == added
    dropped = {item.fact for item in ledger.dropped}
    assert dropped | set(ledger.kept) == {"Иван", "5%", "25-го", "30", "40к рублей"}
    assert not dropped & set(ledger.kept)


def test_the_ledger_knows_answers_reasons_and_personal_data() -> None:
    answered = compare_facts("Пришло 30 заявок", "30 заявок, 9 отказов", lang="ru", answers=["9"])
    assert answered.added == []
    told = compare_facts("Пришло 30 заявок", "Заявки", lang="ru", why=lambda fact: "is idle")
    assert [(item.fact, item.why) for item in told.dropped] == [("30", "is idle")]
    private = compare_facts("Мой номер +7 912 345-67-89", "Мой номер", lang="ru")
    assert [item.fact for item in private.dropped] == ["+7 912 345-67-89"]
    shared = compare_facts("3-5% уходят", "От 3% до 5% уходят", lang="ru")
    assert shared.added == []
