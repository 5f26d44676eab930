"""How the fields of each kind are filled, and what is left open and asked."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rewriting_samples import Row, composer, material, theme_of

from rag.knowledge.kinds import load_kinds
from rag.knowledge.phrases import gap, phrase
from rag.rewriting.compose import compose
from rag.rewriting.openpoints import OpenPoints
from rag.rewriting.proposing import Line
from rag.vocabulary import Document, FieldValue, Lang, Option

EN: list[Row] = [
    ("fact", "This week 41 leads came."),
    ("problem", "We lose deals over slow answers."),
    ("effort", "We tried answering in turns."),
    ("option", "Move the desk by May 1."),
    ("option", "Close the chat until June."),
    ("recommendation", "I'd go for the desk."),
    ("ask", "Please approve by Friday."),
]
RU: list[Row] = [
    ("fact", "За неделю пришёл 41 лид."),
    ("problem", "Мы теряем сделки из-за долгих ответов."),
    ("effort", "Пробовали отвечать по очереди."),
    ("option", "Перенести стойку до 1 мая."),
    ("option", "Закрыть чат до июня."),
    ("recommendation", "Я за стойку."),
    ("ask", "Прошу решить до пятницы."),
]
WHOLE: dict[Lang, list[Row]] = {"ru": RU, "en": EN}


def _composed(
    kind: str,
    lang: Lang,
    *rows: Row,
    more: str = "",
    theme: str = "general",
    answers: Mapping[str, str] | None = None,
    consequence: str = "",
) -> tuple[Document, OpenPoints]:
    made = composer(material(kind, lang, *rows, more=more, consequence=consequence), theme, answers)
    return compose(made, lambda id, value: None), made.points


def _without(rows: list[Row], *roles: str) -> list[Row]:
    return [row for row in rows if row[0] not in roles]


def _options(document: Document) -> list[Option]:
    options = document.fields["options"]
    assert isinstance(options, list)
    return options


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_whole_draft_fills_its_fields_in_order_and_asks_nothing(lang: Lang) -> None:
    document, points = _composed("proposal", lang, *WHOLE[lang])
    said = {row[0]: row[1] for row in WHOLE[lang]}
    assert list(document.fields) == [spec.id for spec in load_kinds()["proposal"].fields]
    assert document.fields["situation"] == said["fact"]
    assert document.fields["problem"] == said["problem"]
    assert document.fields["efforts"] == said["effort"]
    assert document.fields["recommendation"] == said["recommendation"]
    assert [option.origin for option in _options(document)] == ["author", "author"]
    assert points.questions == []


@pytest.mark.parametrize("kind", load_kinds())
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_an_empty_draft_leaves_every_required_field_open(kind: str, lang: Lang) -> None:
    document, points = _composed(kind, lang)
    required = [spec.id for spec in load_kinds()[kind].fields if spec.required]
    assert list(document.fields) == required
    mark = {"ru": "[уточнить: ", "en": "[to confirm: "}[lang]
    for id in required:
        value = document.fields[id]
        shown = value if isinstance(value, str) else " ".join(option.limits for option in value)
        assert mark in shown or id in ("questions", "ask"), id
    assert len(points.questions) == len(set(points.questions)) >= 4


def test_fields_are_told_as_they_get_their_final_text() -> None:
    told: list[tuple[str, FieldValue]] = []
    made = composer(material("proposal", "en", *EN))
    document = compose(made, lambda id, value: told.append((id, value)))
    assert told == list(document.fields.items())


def test_a_field_keeps_the_drafts_order_and_says_nothing_twice() -> None:
    rows: list[Row] = [
        ("fact", "Orders wait."),
        ("problem", "We lose deals."),
        ("fact", "Clients call 5 times."),
        ("fact", "Orders wait."),
    ]
    document, _ = _composed("proposal", "en", *rows)
    assert document.fields["situation"] == "Orders wait. Clients call 5 times."


CONFLICTS: dict[str, tuple[Lang, str, str, str]] = {
    "ru": (
        "ru",
        "Пришёл 41 лид. По данным CRM 38 лидов.",
        "[уточнить: в черновике и 41 лид, и 38 лидов — какое число верно].",
        "В черновике есть и «41 лид», и «38 лидов»: какое число верно?",
    ),
    "en": (
        "en",
        "We had 41 leads. The CRM says 38 leads.",
        "[to confirm: the draft says both 41 leads and 38 leads; which is right].",
        'The draft says both "41 leads" and "38 leads": which figure is right?',
    ),
    "ru points": (
        "ru",
        "Конверсия выросла на 5% с 12% до 17%.",
        "[уточнить: 5% — это процентные пункты].",
        "«На 5%»: имеются в виду процентные пункты или проценты?",
    ),
    "en points": (
        "en",
        "Conversion grew by 5% from 12% to 17%.",
        "[to confirm: 5% means percentage points].",
        'By 5%": do you mean percentage points or percent?',
    ),
}


@pytest.mark.parametrize(("lang", "said", "shown", "asked"), CONFLICTS.values(), ids=CONFLICTS)
def test_contradictory_figures_are_shown_and_asked(
    lang: Lang, said: str, shown: str, asked: str
) -> None:
    document, points = _composed("proposal", lang, ("fact", said))
    situation = document.fields["situation"]
    assert situation == f"{said} {shown}"
    (question,) = [question for question in points.questions if asked in question]
    document, points = _composed("proposal", lang, ("fact", said), answers={question: "верно 41"})
    assert document.fields["situation"] == f"{said} Верно 41."
    assert question not in points.questions


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_figures_that_agree_are_not_asked_about(lang: Lang) -> None:
    said = {"ru": "Пришёл 41 лид, из них 9 целевых.", "en": "We had 41 leads, 9 of them on target."}
    document, _ = _composed("proposal", lang, ("fact", said[lang]))
    assert document.fields["situation"] == said[lang]


ANSWERS: dict[str, tuple[str, str, str]] = {
    "problem": ("ask_loss", "нам это стоит 3 сделки", "Нам это стоит 3 сделки."),
    "evidence": ("ask_evidence", "по звонкам за май", "По звонкам за май."),
    "date": ("ask_decide_by", "до пятницы", "До пятницы."),
}


@pytest.mark.parametrize(("name", "answer", "said"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_fills_its_gap(name: str, answer: str, said: str) -> None:
    rows: list[Row] = [("fact", "Клиенты ждут ответа.")]
    question = phrase(name, "ru")
    open_text = gap(name.replace("ask_", ""), "ru")
    before, asked = _composed("proposal", "ru", *rows)
    after, left = _composed("proposal", "ru", *rows, answers={f"  {question.upper()} ": answer})
    texts = [
        " ".join(value for value in document.fields.values() if isinstance(value, str))
        for document in (before, after)
    ]
    assert open_text in texts[0]
    assert open_text not in texts[1]
    assert said in texts[1]
    assert set(asked.questions) - set(left.questions) == {question}


@pytest.mark.parametrize("field", ["situation", "efforts"])
def test_an_answer_to_a_field_is_the_field(field: str) -> None:
    question = load_kinds()["proposal"].field(field).ask.en
    document, points = _composed(
        "proposal", "en", answers={question: "we called 5 clients in May!"}
    )
    assert str(document.fields[field]).startswith("We called 5 clients in May.")
    assert question not in points.questions


def test_a_question_is_asked_once() -> None:
    points = OpenPoints("en")
    assert points.fill("loss") == points.fill("loss") == gap("loss", "en")
    assert points.questions == [phrase("ask_loss", "en")]


@pytest.mark.parametrize("answer", ["", "  ", "\u200b"])
def test_an_empty_answer_is_no_answer(answer: str) -> None:
    question = phrase("ask_loss", "en")
    document, points = _composed("proposal", "en", answers={question: answer})
    assert gap("loss", "en") in str(document.fields["problem"])
    assert question in points.questions


EVIDENCE: dict[str, tuple[str, bool]] = {
    "figures": ("We lost 9 clients.", False),
    "a period": ("In April clients left.", False),
    "a source": ("The CRM shows that clients leave.", False),
    "neither": ("Clients leave.", True),
}


@pytest.mark.parametrize(("said", "asked"), EVIDENCE.values(), ids=EVIDENCE)
def test_evidence_is_asked_for_where_there_is_none(said: str, asked: bool) -> None:
    document, points = _composed("proposal", "en", ("fact", said))
    assert (gap("evidence", "en") in str(document.fields["situation"])) is asked
    assert (phrase("ask_evidence", "en") in points.questions) is asked


def test_march_is_a_period() -> None:
    document, _ = _composed("proposal", "en", ("fact", "In March clients left."))
    assert document.fields["situation"] == "In March clients left."


def test_a_cascade_is_not_asked_for_evidence() -> None:
    _, points = _composed("cascade", "en", ("decision", "Calls are recorded."))
    assert phrase("ask_evidence", "en") not in points.questions


def test_a_problem_without_a_consequence_gets_a_possible_one() -> None:
    rows = _without(EN, "problem")
    theme = theme_of("slow_response")
    known, points = _composed("proposal", "en", *rows, theme="slow_response")
    assert str(known.fields["problem"]).startswith(
        "Possible consequence for the business: clients who"
    )
    assert theme.consequence.en[1:] in str(known.fields["problem"])
    assert phrase("ask_loss", "en") in points.questions
    general, _ = _composed("proposal", "en", *rows)
    assert phrase("general_consequence", "en") in str(general.fields["problem"])
    proven, _ = _composed("proposal", "en", *rows, consequence="Deals go to whoever is first.")
    assert str(proven.fields["problem"]).startswith(
        "Possible consequence for the business: deals go to whoever is first."
    )


IDEA: dict[Lang, str] = {"ru": "[уточнить: ", "en": "[to confirm: "}


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_authors_option_comes_before_a_marked_idea(lang: Lang) -> None:
    rows = [*_without(WHOLE[lang], "option", "recommendation"), WHOLE[lang][3]]
    document, _ = _composed("proposal", lang, *rows, theme="slow_response")
    own, idea = _options(document)
    assert (own.origin, own.action) == ("author", WHOLE[lang][3][1].rstrip("."))
    assert idea.origin == "response_norm"
    assert idea.limits.startswith(IDEA[lang])


def test_what_was_tried_is_not_offered_again() -> None:
    rows: list[Row] = [
        *_without(EN, "effort", "option", "recommendation"),
        ("effort", "We tried a response target and a chatbot."),
    ]
    document, _ = _composed("proposal", "en", *rows, theme="slow_response")
    general = [lever.id for lever in theme_of("general").options]
    assert [option.origin for option in _options(document)] == ["extra_hands", *general[:2]]


def test_there_are_two_options_however_much_was_tried() -> None:
    rows: list[Row] = [
        *_without(EN, "effort", "option", "recommendation"),
        ("effort", "We tried a response target and a chatbot."),
    ]
    document, _ = _composed("proposal", "en", *rows, theme="slow_response")
    assert len(_options(document)) >= 2


@pytest.mark.parametrize("answered", [False, True])
def test_where_every_idea_was_tried_the_options_are_asked_for(answered: bool) -> None:
    signs = ", ".join(lever.signs.en[0] for lever in theme_of("general").options)
    rows: list[Row] = [
        *_without(EN, "effort", "option", "recommendation"),
        ("effort", f"We tried to {signs}."),
    ]
    ask = load_kinds()["proposal"].field("options").ask.en
    answers = {ask: "we could move the desk"} if answered else {}
    document, points = _composed("proposal", "en", *rows, answers=answers)
    open_text = "[to confirm: which options do you see]."
    said = "We could move the desk." if answered else open_text
    assert document.fields["options"] == said
    assert str(document.fields["recommendation"]).startswith("[to confirm: ")
    assert document.fields["ask"] == "Please approve by Friday."
    assert (ask in points.questions) is not answered


def test_an_option_said_twice_is_offered_once() -> None:
    document, _ = _composed("proposal", "en", *EN, ("option", "Move the desk by May 1."))
    assert len(_options(document)) == 2


def test_a_verified_line_words_its_option() -> None:
    line = Line(
        "option", "Relocate the desk.", "protects revenue", "calls lost", "more noise", "the term"
    )
    rows: list[Row] = [*_without(EN, "option"), ("option", "move the damn desk", line)]
    option = _options(_composed("proposal", "en", *rows)[0])[0]
    assert option == Option(
        "Relocate the desk",
        "protects revenue",
        "[to confirm: the term]",
        "calls lost",
        "more noise",
    )


RECOMMENDED: dict[str, tuple[list[Row], str, int, bool]] = {
    "the author's own": (EN, "I'd go for the desk.", 1, False),
    "the author's own, of the second": (
        [*_without(EN, "recommendation"), ("recommendation", "I would close the chat first.")],
        "I would close the chat first.",
        2,
        False,
    ),
    "the only option": (
        [row for row in _without(EN, "recommendation") if "chat" not in row[1]],
        "I recommend option 1: reduces the losses described above and protects revenue.",
        1,
        False,
    ),
    "one of two": (
        _without(EN, "recommendation"),
        "As a first view I suggest starting with option 1: reduces the losses described above and "
        "protects revenue. [to confirm: confirm the recommendation].",
        1,
        True,
    ),
    "the bounded one of two": (
        [*_without(EN, "recommendation", "option"), ("option", "Move the desk."), EN[4]],
        "As a first view I suggest starting with option 2: lowers the risk of a repeat and what it "
        "costs. [to confirm: confirm the recommendation].",
        2,
        True,
    ),
    "an idea": (
        _without(EN, "recommendation", "option"),
        "As a first view I suggest starting with option 1: "
        f"{theme_of('general').options[0].value.en}. [to confirm: confirm the recommendation].",
        1,
        True,
    ),
}


@pytest.mark.parametrize(("rows", "said", "number", "asked"), RECOMMENDED.values(), ids=RECOMMENDED)
def test_recommendation(rows: list[Row], said: str, number: int, asked: bool) -> None:
    document, points = _composed("proposal", "en", *rows)
    assert document.fields["recommendation"] == said
    assert (phrase("ask_recommend", "en") in points.questions) is asked
    assert f"Please approve option {number} or choose another" in str(document.fields["ask"])


def test_an_answer_is_the_recommendation() -> None:
    rows = _without(EN, "recommendation")
    answers = {phrase("ask_recommend", "en"): "I would close the chat, it is quicker"}
    document, _ = _composed("proposal", "en", *rows, answers=answers)
    assert document.fields["recommendation"] == "I would close the chat, it is quicker."
    assert "option 2" in str(document.fields["ask"])


ASKS: dict[str, tuple[Lang, list[str], str]] = {
    "en date": (
        "en",
        ["Please approve by Friday."],
        "Please approve option 1 or choose another by Friday.",
    ),
    "en month": (
        "en",
        ["Please approve by April."],
        "Please approve option 1 or choose another by April.",
    ),
    "en until": (
        "en",
        ["I need it before May 5."],
        "Please approve option 1 or choose another before May 5.",
    ),
    "ru date": (
        "ru",
        ["Прошу решить до пятницы."],
        "Прошу согласовать вариант 1 или выбрать другой до пятницы.",
    ),
    "ru day": (
        "ru",
        ["Ответ нужен к 25 марта."],
        "Прошу согласовать вариант 1 или выбрать другой к 25 марта.",
    ),
    "no date": (
        "en",
        ["What do you think?"],
        "Please approve option 1 or choose another. "
        "[to confirm: the date the decision is needed by].",
    ),
    "no ask": (
        "ru",
        [],
        "Прошу согласовать вариант 1 или выбрать другой. [уточнить: к какой дате нужно решение].",
    ),
    "more than a choice": (
        "en",
        ["Please approve by Friday.", "Please send me the signed contract of Acme today."],
        "Please approve option 1 or choose another by Friday. "
        "Please send me the signed contract of Acme today.",
    ),
}


@pytest.mark.parametrize(("lang", "asks", "said"), ASKS.values(), ids=ASKS)
def test_the_ask_is_a_choice_with_the_authors_deadline(
    lang: Lang, asks: list[str], said: str
) -> None:
    rows: list[Row] = [*_without(WHOLE[lang], "ask"), *(("ask", ask) for ask in asks)]
    document, _ = _composed("proposal", lang, *rows)
    assert document.fields["ask"] == said


REPORT: list[Row] = [
    ("fact", "This week 12 meetings took place."),
    ("conclusion", "Sales dipped because of holidays."),
    ("action", "Tom calls old clients by Friday."),
]


def test_a_report_has_its_formula_and_no_ask_of_its_own() -> None:
    document, points = _composed("report", "en", *REPORT)
    assert document.fields == {
        "situation": REPORT[0][1],
        "conclusions": REPORT[1][1],
        "actions": REPORT[2][1],
    }
    assert points.questions == []
    asked, _ = _composed(
        "report", "en", *REPORT, ("ask", "Please approve the leave of the driver.")
    )
    assert asked.fields["ask"] == "Please approve the leave of the driver."


def test_actions_without_a_date_are_asked_about() -> None:
    document, points = _composed("report", "en", *REPORT[:2], ("action", "We call old clients."))
    assert document.fields["actions"] == f"We call old clients. {gap('owner', 'en')}."
    assert points.questions == [phrase("ask_owner", "en")]


def test_conclusions_that_name_no_business_get_what_may_follow() -> None:
    rows: list[Row] = [REPORT[0], ("conclusion", "The script is too long."), REPORT[2]]
    plain, _ = _composed("report", "en", *rows)
    assert plain.fields["conclusions"] == "The script is too long."
    proven, _ = _composed("report", "en", *rows, consequence="Fewer calls become deals.")
    assert proven.fields["conclusions"] == (
        "The script is too long. Possible consequence for the business: fewer calls become deals."
    )


CASCADE: list[Row] = [
    ("decision", "From May 1 all calls are recorded."),
    ("reason", "We lost 14 requests in March."),
    ("value", "The client gets an answer sooner."),
    ("change", "Each rep turns the recorder on."),
    ("channel", "Questions go to Anna."),
]


def test_a_whole_cascade_asks_nothing() -> None:
    document, points = _composed("cascade", "en", *CASCADE)
    assert document.fields == {
        "decision": CASCADE[0][1],
        "reasons": CASCADE[1][1],
        "value": CASCADE[2][1],
        "changes": CASCADE[3][1],
        "questions": CASCADE[4][1],
    }
    assert points.questions == []


def test_the_value_of_a_decision_follows_to_be_confirmed() -> None:
    rows = _without(CASCADE, "value")
    document, points = _composed("cascade", "en", *rows, consequence="Fewer requests are lost.")
    assert document.fields["value"] == f"Fewer requests are lost. {gap('value', 'en')}."
    assert points.questions == [phrase("ask_value", "en")]
    said, points = _composed("cascade", "en", *CASCADE, consequence="Fewer requests are lost.")
    assert said.fields["value"] == CASCADE[2][1]


def test_reasons_are_asked_for_and_never_made_up() -> None:
    rows = _without(CASCADE, "reason", "value")
    document, points = _composed("cascade", "en", *rows, theme="slow_response")
    asks = {id: load_kinds()["cascade"].field(id).ask.en for id in ("reasons", "value")}
    for id, ask in asks.items():
        value = str(document.fields[id])
        assert value.startswith("[to confirm: ")
        assert value.endswith("].")
        assert ask in points.questions


CHANGES: dict[str, tuple[list[Row], str]] = {
    "a date in the decision": ([CASCADE[0]], gap("scope", "en")),
    "no date": ([("decision", "Calls are recorded.")], gap("date", "en")),
    "a change without a date": (
        [("decision", "Calls are recorded."), CASCADE[3]],
        f"Each rep turns the recorder on. {gap('date', 'en')}",
    ),
}


@pytest.mark.parametrize(("rows", "said"), CHANGES.values(), ids=CHANGES)
def test_what_changes_needs_its_date(rows: list[Row], said: str) -> None:
    assert _composed("cascade", "en", *rows)[0].fields["changes"] == f"{said}."


def test_questions_come_to_the_author_where_the_draft_names_no_one() -> None:
    document, _ = _composed("cascade", "ru", ("decision", "Звонки записываются."))
    assert document.fields["questions"] == phrase("cascade_channel", "ru")
