"""Options for approval: whose they are, what is known of them, and what is not offered again."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest
from conftest import FakeModel
from rewriting_samples import theme_of, unlearnt

from rag.errors import ModelUnavailable
from rag.knowledge.exemplars import load_exemplars
from rag.knowledge.levers import Lever, load_levers
from rag.knowledge.phrases import phrase
from rag.retrieval import HybridRetriever
from rag.rewriting.openpoints import OpenPoints
from rag.rewriting.options import ENOUGH, Wish, build_options
from rag.rewriting.proposing import Line
from rag.vocabulary import Lang, Model, Option

THEME = theme_of("slow_response")
OPEN: dict[Lang, str] = {
    "ru": "[уточнить: объём, срок и ответственный]",
    "en": "[to confirm: scope, term and owner]",
}


def _options(
    *wishes: Wish | str,
    lang: Lang = "en",
    tried: str = "",
    points: OpenPoints | None = None,
    model: Model | None = None,
    context: str = "Requests wait.",
    retriever: HybridRetriever | None = None,
) -> list[Option]:
    made = [Wish(wish) if isinstance(wish, str) else wish for wish in wishes]
    open_points = points or OpenPoints(lang)
    found = retriever or unlearnt()
    return build_options(made, tried, THEME, open_points, found, model, context)


COUNTS: dict[str, tuple[list[str], list[str]]] = {
    "no option": ([], ["response_norm", "extra_hands", "templates"]),
    "one": (["Move the desk upstairs."], ["author", "response_norm"]),
    "two": (["Move the desk upstairs.", "Close the chat."], ["author", "author"]),
    "three": (["Move the desk.", "Close the chat.", "Sell the phone."], ["author"] * 3),
}


@pytest.mark.parametrize(("wishes", "origins"), COUNTS.values(), ids=COUNTS)
def test_the_authors_come_first_and_ideas_fill_up(wishes: list[str], origins: list[str]) -> None:
    options = _options(*wishes)
    assert [option.origin for option in options] == origins
    assert [option.action for option in options][: len(wishes)] == [w.rstrip(".") for w in wishes]
    assert len(options) >= ENOUGH


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_an_idea_is_the_levers_and_its_limits_are_open(lang: Lang) -> None:
    lever = THEME.options[0]
    points = OpenPoints(lang)
    idea = _options(lang=lang, points=points)[0]
    assert idea == Option(
        lever.action[lang],
        lever.value[lang],
        lever.limits[lang],
        lever.effect[lang],
        lever.risk[lang],
        "response_norm",
    )
    assert idea.limits.startswith(("[уточнить:", "[to confirm:"))
    assert len(points.questions) == 3


@pytest.mark.parametrize("lever", [x for t in load_levers() for x in t.options], ids=lambda x: x.id)
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_lever_leaves_its_limits_open(lever: Lever, lang: Lang) -> None:
    gap = {"ru": "[уточнить: ", "en": "[to confirm: "}[lang]
    assert lever.limits[lang].startswith(gap)
    assert lever.limits[lang].endswith("]")


OFFERED: dict[str, tuple[Lang, list[str], str, str]] = {
    "en tried": ("en", [], "We set a response target last month.", "response_norm"),
    "en wished": ("en", ["Hire another rep."], "", "extra_hands"),
    "en any case": ("en", [], "A CHATBOT did not help.", "templates"),
    "ru tried": ("ru", [], "Ввели норматив ответа в марте.", "response_norm"),
    "ru wished": ("ru", ["Взять помощника."], "", "extra_hands"),
}


@pytest.mark.parametrize(("lang", "wishes", "tried", "id"), OFFERED.values(), ids=OFFERED)
def test_what_was_tried_or_wished_is_not_offered_again(
    lang: Lang, wishes: list[str], tried: str, id: str
) -> None:
    origins = [option.origin for option in _options(*wishes, lang=lang, tried=tried)]
    assert id not in origins
    assert [origin for origin in origins if origin != "author"]


def test_a_sign_inside_a_word_is_no_sign() -> None:
    origins = [option.origin for option in _options(tried="We saw the superchatbot.")]
    assert "templates" in origins


TRIED = "A response target, another rep, a chatbot."


def test_where_everything_was_tried_the_general_ideas_stand_in() -> None:
    general = [lever.id for lever in theme_of("general").options]
    assert [option.origin for option in _options(tried=TRIED)] == general
    assert [option.origin for option in _options("Move it.", tried=TRIED)] == ["author", general[0]]


def test_a_general_idea_that_was_tried_is_not_offered() -> None:
    first, *others = theme_of("general").options
    tried = f"{TRIED} {first.signs.en[0]}."
    assert [option.origin for option in _options(tried=tried)] == [x.id for x in others]
    every = " ".join([TRIED, *(x.signs.en[0] for x in theme_of("general").options)])
    assert _options(tried=every) == []


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_options_of_which_nothing_is_known_do_not_say_the_same(lang: Lang) -> None:
    wishes = ["Move the desk.", "Close the chat.", "Sell the phone.", "Buy a bell."]
    values = [phrase(f"general_value_{n}", lang) for n in (1, 2, 3, 1)]
    assert [option.value for option in _options(*wishes, lang=lang)] == values
    assert len(set(values)) == 3


LIMITS: list[tuple[Lang, str, bool]] = [
    ("en", "Hire an assistant.", False),
    ("en", "Hire an assistant by May 1.", True),
    ("en", "Hire 2 assistants.", True),
    ("en", "Hire an assistant for a trial period.", True),
    ("ru", "Нанять помощника.", False),
    ("ru", "Нанять помощника до пятницы.", True),
    ("ru", "Нанять двух помощников.", True),
    ("ru", "Дать скидку только для новых клиентов.", True),
]


@pytest.mark.parametrize(("lang", "wish", "bounded"), LIMITS, ids=[row[1] for row in LIMITS])
def test_limits_are_asked_for_where_the_author_gave_none(
    lang: Lang, wish: str, bounded: bool
) -> None:
    points = OpenPoints(lang)
    option = _options(wish, "Close the chat by May.", lang=lang, points=points)[0]
    assert option.limits == ("" if bounded else OPEN[lang])
    assert (phrase("ask_limits", lang, option=wish.rstrip(".")) in points.questions) is not bounded


def test_an_answer_is_the_limits() -> None:
    asked = phrase("ask_limits", "en", option="Move the desk")
    points = OpenPoints("en", {asked.upper(): "until June, Tom"})
    options = _options("Move the desk.", "Close the chat.", points=points)
    assert options[0].limits == "Until June, Tom."
    assert options[1].limits == OPEN["en"]
    assert points.questions == [phrase("ask_limits", "en", option="Close the chat")]


def test_an_answer_is_the_limits_of_an_idea() -> None:
    first = OpenPoints("ru")
    _options(lang="ru", points=first)
    asked = first.questions
    points = OpenPoints("ru", {asked[0]: "до мая, Анна"})
    assert _options(lang="ru", points=points)[0].limits == "До мая, Анна."
    assert points.questions == asked[1:]


LINE = Line(
    "option", "Move the desk.", "keeps revenue", "fewer lost calls", "noise grows", "term and owner"
)


def test_the_models_proven_line_says_what_an_option_is_worth() -> None:
    option = _options(Wish("Move the desk.", LINE), "Close the chat.")[0]
    assert option == Option(
        "Move the desk",
        "keeps revenue",
        "[to confirm: term and owner]",
        "fewer lost calls",
        "noise grows",
    )


UNPROVEN: dict[str, tuple[Line, Option]] = {
    "a figure in the value": (
        replace(LINE, value="keeps 9 clients"),
        Option("", "general", "", "", ""),
    ),
    "a name in the value": (replace(LINE, value="keeps Globex with us"), Option("", "general")),
    "a figure in the effect": (
        replace(LINE, effect="9 calls fewer"),
        Option("", "keeps revenue", "", "", "noise grows"),
    ),
    "heat in the risk": (
        replace(LINE, risk="damn noise grows"),
        Option("", "keeps revenue", "", "fewer lost calls", ""),
    ),
    "no value": (replace(LINE, value=""), Option("", "general")),
}


@pytest.mark.parametrize(("line", "wanted"), UNPROVEN.values(), ids=UNPROVEN)
def test_unproven_words_of_the_model_are_left_out(line: Line, wanted: Option) -> None:
    option = _options(Wish("Move the desk.", line), "Close the chat.")[0]
    value = phrase("general_value_1", "en") if wanted.value == "general" else wanted.value
    assert (option.value, option.effect, option.risk) == (value, wanted.effect, wanted.risk)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_lever_that_means_the_same_says_what_an_option_is_worth(lang: Lang) -> None:
    lever = THEME.options[1]
    wish = lever.action[lang] + "."
    yes, no = {"ru": ("Да", "Нет"), "en": ("Yes", "No")}[lang]
    # Each lever of the theme is asked about, then whether the value follows.
    said = deque([no, yes, no, yes])
    option = _options(wish, "X y.", lang=lang, model=FakeModel(choices=said))[0]
    assert (option.value, option.effect, option.risk) == (
        lever.value[lang],
        lever.effect[lang],
        lever.risk[lang],
    )
    assert option.origin == "author"
    assert option.limits == lever.limits[lang]


def test_a_measure_of_an_exemplar_says_what_an_option_is_worth(
    quick_retriever: HybridRetriever,
) -> None:
    unit = next(
        u for e in load_exemplars() for u in e.units if e.lang == "en" and u.value and u.limits
    )
    model = FakeModel(choices=deque(["No", "No", "No", "Yes", "No", "Yes"]))  # three levers first
    option = _options(unit.calm, "Close the chat.", model=model, retriever=quick_retriever)[0]
    assert (option.value, option.effect, option.risk) == (unit.value, unit.effect, unit.risk)


@pytest.mark.parametrize("choices", [[], ["No"] * 8], ids=["undecided", "no"])
def test_nothing_is_known_where_the_model_does_not_say_so(choices: list[str]) -> None:
    lever = THEME.options[1]
    option = _options(lever.action.en, "Close the chat.", model=FakeModel(choices=deque(choices)))[
        0
    ]
    assert (option.value, option.effect) == (phrase("general_value_1", "en"), "")


def test_a_model_that_is_not_there_is_told() -> None:
    model = FakeModel(choices=deque([ModelUnavailable("no")]))
    with pytest.raises(ModelUnavailable):
        _options("Hire an assistant.", model=model)
