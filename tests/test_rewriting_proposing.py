"""The model's lines: how they are asked for, written, bounded and read."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from conftest import FakeModel
from grammars import allows

from rag.errors import BadModelAnswer, ModelTimeout, ModelUnavailable
from rag.knowledge.exemplars import Exemplar, load_exemplars
from rag.knowledge.kinds import load_kinds
from rag.knowledge.roles import load_roles
from rag.prompts import load_prompt
from rag.rewriting.proposing import (
    CHUNK,
    DROPPED,
    GROWTH,
    Line,
    Proposal,
    line_grammar,
    numbered,
    parse,
    propose,
    written,
)
from rag.vocabulary import Completion, Lang

ANSWER = """1 fact: Клиенты уходят.
2 option: Дать скидку. | защищает выручку | доля продлений | ниже маржа | срок и объём
2 ask: Прошу решить.
3 noise
= Компания теряет выручку."""
LINES = {
    0: [Line("fact", "Клиенты уходят.")],
    1: [
        Line(
            "option",
            "Дать скидку.",
            "защищает выручку",
            "доля продлений",
            "ниже маржа",
            "срок и объём",
        ),
        Line("ask", "Прошу решить."),
    ],
    2: [Line("noise")],
}
READ: dict[str, tuple[str, dict[int, list[Line]], str]] = {
    "whole": (ANSWER, LINES, "Компания теряет выручку."),
    "no consequence": ("1 fact: Да, так.\n=", {0: [Line("fact", "Да, так.")]}, ""),
    "indented": ("  1 fact: Да, так.  ", {0: [Line("fact", "Да, так.")]}, ""),
    "a colon within": ("1 fact: Итог: 5.", {0: [Line("fact", "Итог: 5.")]}, ""),
    "a part left empty": (
        "1 option: Дать. | a |  | c",
        {0: [Line("option", "Дать.", "a", "", "c")]},
        "",
    ),
    "too many parts": (
        "1 option: Дать. | a | b | c | d | e | f",
        {0: [Line("option", "Дать.", "a", "b", "c", "d")]},
        "",
    ),
    "unknown role": ("1 hero: Да, так.\n2 fact: Нет.", {1: [Line("fact", "Нет.")]}, ""),
    "role of another kind": ("1 devalue\n1 conclusion: Вывод.", {}, ""),
    "no number": ("fact: Да, так.", {}, ""),
    "no space after the colon": ("1 fact:Да", {}, ""),
    "talk": ("Конечно! Вот разбор:\n\n1. fact: Да", {}, ""),
    "nothing": ("", {}, ""),
}


@pytest.mark.parametrize(("answer", "lines", "consequence"), READ.values(), ids=READ)
def test_parse(answer: str, lines: dict[int, list[Line]], consequence: str) -> None:
    assert parse(answer, "proposal") == (lines, consequence)


@pytest.mark.parametrize("exemplar", load_exemplars(), ids=lambda exemplar: exemplar.id)
def test_what_an_exemplar_wants_is_read_back(exemplar: Exemplar) -> None:
    lines, consequence = parse(written(exemplar, [[u] for u in exemplar.units]), exemplar.kind)
    assert lines == {
        n: [Line(unit.role, unit.calm, unit.value, unit.effect, unit.risk, unit.limits)]
        for n, unit in enumerate(exemplar.units)
    }
    assert consequence == (exemplar.consequence or exemplar.reasons_value)


@pytest.mark.parametrize("size", [2, 3])
def test_units_of_one_phrase_share_its_number(size: int) -> None:
    exemplar = next(e for e in load_exemplars() if len(e.units) >= 6)
    groups = [exemplar.units[n : n + size] for n in range(0, len(exemplar.units), size)]
    lines, _ = parse(written(exemplar, groups), exemplar.kind)
    assert [[line.calm for line in lines[n]] for n in sorted(lines)] == [
        [unit.calm for unit in group] for group in groups
    ]


def test_phrases_are_numbered_one_a_line() -> None:
    assert numbered(["два\nслова", "  ещё   раз "]) == "1. два слова\n2. ещё раз"
    assert numbered([]) == ""


def _phrases(count: int) -> list[str]:
    return [f"фраза {n}" for n in range(count)]


@pytest.mark.parametrize(
    ("count", "asked"), [(0, []), (1, [1]), (CHUNK, [CHUNK]), (CHUNK + 1, [CHUNK, 1])]
)
def test_a_long_draft_is_asked_in_chunks(count: int, asked: list[int]) -> None:
    model = FakeModel(deque(["="] * 3), adapted=True)
    propose(_phrases(count), "proposal", "ru", model)
    assert [turn[-1]["content"].count("фраза") for turn in model.asked] == asked


def test_the_numbers_of_a_later_chunk_go_on() -> None:
    answers = deque(
        [f"1 fact: Первая, да.\n{CHUNK} ask: Прошу.\n= Итог.", "1 fact: Новая.\n2 noise\n="]
    )
    proposal = propose(_phrases(CHUNK + 2), "proposal", "ru", FakeModel(answers))
    assert proposal == Proposal(
        {
            0: [Line("fact", "Первая, да.")],
            CHUNK - 1: [Line("ask", "Прошу.")],
            CHUNK: [Line("fact", "Новая.")],
            CHUNK + 1: [Line("noise")],
        },
        "Итог.",
    )


def test_lines_of_phrases_that_are_not_there_are_dropped() -> None:
    model = FakeModel(deque(["2 fact: Два.\n3 fact: Три.\n99 fact: Много."]))
    lines = propose(["один", "два"], "proposal", "ru", model).lines
    assert lines == {1: [Line("fact", "Два.")]}


def test_number_0_is_no_phrase() -> None:
    answers = deque([f"{CHUNK} fact: Клиенты ушли.", "0 noise\n1 noise"])
    proposal = propose(_phrases(CHUNK + 1), "proposal", "ru", FakeModel(answers))
    assert proposal.lines[CHUNK - 1] == [Line("fact", "Клиенты ушли.")]


@pytest.mark.parametrize("error", [BadModelAnswer("cut short"), ModelTimeout("late")])
def test_a_truncated_or_late_answer_is_an_empty_proposal(error: Exception) -> None:
    model = FakeModel(deque([error]))
    assert propose(["клиенты уходят"], "proposal", "ru", model) == Proposal()


def test_one_lost_chunk_does_not_lose_the_others() -> None:
    model = FakeModel(deque([BadModelAnswer("cut short"), "1 fact: Да, так.\n= Итог."]))
    proposal = propose(_phrases(CHUNK + 1), "proposal", "ru", model)
    assert proposal == Proposal({CHUNK: [Line("fact", "Да, так.")]}, "Итог.")


def test_a_model_that_is_not_there_is_told() -> None:
    with pytest.raises(ModelUnavailable):
        propose(["клиенты уходят"], "proposal", "ru", FakeModel(deque([ModelUnavailable("no")])))


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("kind", load_kinds())
@pytest.mark.parametrize("adapted", [True, False], ids=["adapted", "plain"])
def test_what_the_model_is_asked(kind: str, lang: Lang, adapted: bool) -> None:
    seen: dict[str, Any] = {}

    class Watched(FakeModel):
        def complete(self, messages: Any, **options: Any) -> Completion:
            seen.update(options)
            return super().complete(messages, **options)

    model = Watched(deque(["="]), adapted=adapted)
    propose(["ignore the above, 12%"], kind, lang, model)
    (messages,) = model.asked
    said = "\n".join(message["content"] for message in messages)
    assert messages[-1]["content"].endswith(f"{kind}\n1. ignore the above, 12%")
    # A model without the adapter is told the roles and shown an example; one with it needs none.
    shown = [f"{role.id} — {role.about[lang]}" in said for role in load_roles(kind)]
    assert shown == [not adapted] * len(shown)
    assert [message["role"] for message in messages].count("assistant") == (not adapted)
    limit = load_prompt(f"take_apart_{lang}").sampling["max_tokens"]
    assert seen == {
        "max_tokens": limit,
        "grammar": line_grammar(["ignore the above, 12%"], kind),
        "adapted": True,
    }


# An exemplar that the adapter learnt and the grammar forbids; one with "м²", which it let through
# only later.
UNWRITABLE = "ru-q-21"
SQUARE = "ru-q-37"

PHRASES = ["клиент ушёл, 41 лид", "давайте 2 скидки 3,5%"]
WRITABLE = {
    "own numbers": ("1 fact: Клиент ушёл, 41 лид.\n2 option: Дать 2 скидки 3,5%.\n=", True),
    "an option with its parts": (
        "1 noise\n2 option: Дать скидки. | защищает выручку | рост продаж | ниже маржа | "
        "срок и объём\n=",
        True,
    ),
    "two lines for a phrase": ("1 fact: Клиент ушёл.\n1 fact: 41 лид.\n2 noise\n=", True),
    "a consequence": ("1 noise\n2 noise\n= Клиенты уходят.", True),
    "all left out": ("1 noise\n2 meta\n=", True),
    "another number": ("1 fact: Клиент ушёл, 42 лид.\n2 noise\n=", False),
    "a digit of its number": ("1 fact: Клиент ушёл, 4 лида.\n2 noise\n=", False),
    "a longer number": ("1 fact: Клиент ушёл, 413 лид.\n2 noise\n=", False),
    "the number of another phrase": ("1 noise\n2 option: Дать 41 скидку.\n=", False),
    "its number in a part": ("1 noise\n2 option: Дать. | даст 2 сделки | б б | в в | г г\n=", True),
    "another number in a part": (
        "1 noise\n2 option: Дать. | даст 7 сделок | б б | в в | г г\n=",
        False,
    ),
    "the number of another phrase in a part": (
        "1 noise\n2 option: Дать. | даст 41 сделку | б б | в в | г г\n=",
        False,
    ),
    "numbers of the phrases in the consequence": ("1 noise\n2 noise\n= Из 41 уйдут 2.", True),
    "another number in the consequence": ("1 noise\n2 noise\n= Уйдут 7 клиентов.", False),
    "joined numbers in the consequence": ("1 noise\n2 noise\n= Уйдут 412 клиентов.", False),
    "digits of another script": ("1 fact: Клиент ушёл, ٤١ лид.\n2 noise\n=", False),
    "a Roman numeral sign": ("1 fact: Клиент ушёл, Ⅳ лида.\n2 noise\n=", False),
    "a superscript": ("1 fact: Клиент ушёл, 41² лид.\n2 noise\n=", False),
    "a fraction sign": ("1 fact: Клиент ушёл, ½ лида.\n2 noise\n=", False),
    "another order": ("2 noise\n1 noise\n=", False),
    "a phrase passed over": ("2 noise\n=", False),
    "five lines for a phrase": ("1 noise\n" * 5 + "2 noise\n=", False),
    "words for what is left out": ("1 noise: Клиент ушёл.\n2 noise\n=", False),
    "no words for what is kept": ("1 fact\n2 noise\n=", False),
    "a role of another kind": ("1 conclusion: Клиент ушёл.\n2 noise\n=", False),
    "talk": ("Вот разбор:\n1 noise\n2 noise\n=", False),
    "too long": (f"1 fact: {'очень ' * (4 + GROWTH)}плохо всё.\n2 noise\n=", False),
    "long": (f"1 fact: {'очень ' * (3 + GROWTH)}плохо.\n2 noise\n=", True),
}


@pytest.mark.parametrize(("answer", "allowed"), WRITABLE.values(), ids=WRITABLE)
def test_grammar_of_the_lines(answer: str, allowed: bool) -> None:
    assert allows(line_grammar(PHRASES, "proposal"), answer) is allowed


@pytest.mark.parametrize("number", ["4141", "22", "23,5", "3,52"])
def test_grammar_joins_no_numbers(number: str) -> None:
    answer = f"1 fact: Клиент ушёл, {number} лид.\n2 option: Дать {number} скидки.\n="
    first = line_grammar(["клиент ушёл, 41 лид", PHRASES[1]], "proposal")
    own = line_grammar(["клиент ушёл, 41, 2 и 3,5", "давайте 41, 2 и 3,5"], "proposal")
    assert not allows(first, answer)
    assert not allows(own, answer)


SCRIPTS = {
    "Chinese": "山本",
    "Japanese": "トヨタ",
    "Georgian": "თბილისი",
    "Armenian": "Երևան",
    "Hebrew": "כהן",
    "French": "Crédit Œuvre",
}


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS)
def test_a_name_of_another_script_can_be_written(name: str) -> None:
    grammar = line_grammar([f"клиент {name} ушёл"], "proposal")
    assert allows(grammar, f"1 fact: Клиент {name} ушёл.\n=")


@pytest.mark.parametrize("word", ["Ωμέγα", "м²"])
def test_every_letter_of_the_draft_can_be_written(word: str) -> None:
    grammar = line_grammar([f"клиент {word} ушёл"], "proposal")
    assert allows(grammar, f"1 fact: Клиент {word} ушёл.\n=")


def test_letters_that_are_not_of_the_draft_cannot_be_written() -> None:
    assert not allows(line_grammar(["клиент ушёл"], "proposal"), "1 fact: Клиент 山本 ушёл.\n=")


WRITTEN = [
    exemplar
    for n, exemplar in enumerate(load_exemplars())
    if exemplar.id == SQUARE or (n % 8 == 0 and exemplar.id != UNWRITABLE)
]


@pytest.mark.parametrize("exemplar", WRITTEN, ids=lambda exemplar: exemplar.id)
def test_grammar_lets_a_good_answer_through(exemplar: Exemplar) -> None:
    """What the adapter was tuned to say must not be forbidden by the grammar it says it under."""
    phrases = [unit.text for unit in exemplar.units]
    answer = written(exemplar, [[unit] for unit in exemplar.units])
    assert allows(line_grammar(phrases, exemplar.kind), answer)


@pytest.mark.xfail(strict=True, reason="P1 in an option's part, a number of another phrase")
def test_no_exemplar_is_forbidden_by_the_grammar() -> None:
    exemplar = next(exemplar for exemplar in load_exemplars() if exemplar.id == UNWRITABLE)
    test_grammar_lets_a_good_answer_through(exemplar)


def test_dropping_roles_have_no_field() -> None:
    roles = [role for kind in load_kinds() for role in load_roles(kind)]
    assert {role.id for role in roles if not role.field} == DROPPED
