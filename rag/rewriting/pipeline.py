"""One rewrite, top-down: take apart → find the theme → compose → account → cite → score.

Propose, verify, choose happens per unit (`rag.rewriting.calm`) and per field
(`rag.rewriting.compose`). Every word of the result comes from the draft, from the author's
answers, from a verified calm wording of the draft, or from the knowledge base, marked as such.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from rag.checks.check import check
from rag.facts.extract import without_personal
from rag.facts.ledger import compare_facts
from rag.knowledge.kinds import load_kinds
from rag.knowledge.source import knowledge_hash, principles_hash, prompts_hash
from rag.rewriting.citations import cite
from rag.rewriting.compose import Composer, compose
from rag.rewriting.kindmodel import learnt_kind
from rag.rewriting.material import Material, take_apart
from rag.rewriting.openpoints import OpenPoints
from rag.rewriting.prepare import off_topic
from rag.rewriting.rendering import field_text, render
from rag.rewriting.theme import GENERAL, find_theme, general_theme
from rag.rewriting.topic import is_work_message
from rag.tools import Tools
from rag.vocabulary import (
    Draft,
    Fact,
    FieldReady,
    FieldValue,
    Ledger,
    OnEvent,
    Progress,
    Rewrite,
    TextFormat,
)


def rewrite(
    draft: Draft,
    tools: Tools,
    *,
    text_format: TextFormat = "message",
    answers: Mapping[str, str] | None = None,
    on_event: OnEvent = lambda event: None,
) -> Rewrite:
    """Return the rewritten draft with its ledger, questions, citations and verdicts.

    `answers` maps a question of an earlier run to the author's answer. Raises OffTopic for what is
    not a working message, Unavailable when the model or the index fails.
    """
    clock = _Clock()
    used_before = dict(getattr(tools.model, "used", {}))
    on_event(Progress("read"))
    shown = without_personal(draft.text)
    if not is_work_message(replace(draft, text=shown), tools.model):
        raise off_topic()

    on_event(Progress("retrieve"))
    if draft.guessed:
        draft = replace(draft, kind=learnt_kind(draft, tools.retriever))
    theme = general_theme()
    if "P02" in load_kinds()[draft.kind].principles:  # only a consequence needs an obstacle
        theme = find_theme(shown, draft.lang, tools.retriever, tools.model)
    on_event(Progress("plan"))
    material = take_apart(draft, tools.model, tools.retriever)
    clock.mark("plan")
    on_event(Progress("propose"))

    def show(id: str, value: FieldValue) -> None:
        clock.mark("first_field", once=True)
        on_event(FieldReady(id, field_text(value, draft.lang)))

    points = OpenPoints(draft.lang, answers or {})
    document = compose(Composer(material, theme, points, tools.retriever, tools.model), show)

    on_event(Progress("verify"))
    subject = "" if theme.id == GENERAL or draft.kind != "proposal" else theme.theme[draft.lang]
    text = render(document, text_format, material.address, subject)
    fields = {id: field_text(value, draft.lang) for id, value in document.fields.items()}
    given = list(points.answers.values())
    verdicts = check(
        text,
        kind=draft.kind,
        lang=draft.lang,
        draft=draft.text,
        answers=given,
        fields=fields,
        model=None,
        mode="rules",
    )
    clock.mark("total")
    return Rewrite(
        draft=draft,
        document=document,
        text=text,
        format=text_format,
        citations=cite(document, theme, tools.retriever),
        ledger=_ledger(material, text, given),
        questions=points.questions,
        verdicts=verdicts,
        model=tools.model.name if tools.model else "",
        versions={
            "prompts": prompts_hash(),
            "principles": principles_hash(),
            "knowledge": knowledge_hash(),
        },
        timings=clock.marks,
        tokens=_tokens(tools, used_before),
    )


def _ledger(material: Material, text: str, answers: list[str]) -> Ledger:
    """Account for the facts; a fact inside a left-out stretch is dropped for that reason."""

    def why(fact: Fact) -> str:
        hits = [reason for words, reason in material.left_out if fact.text in words]
        return hits[0] if hits else ""

    draft = material.draft
    return compare_facts(draft.text, text, lang=draft.lang, answers=answers, why=why)


def _tokens(tools: Tools, before: Mapping[str, int]) -> dict[str, int]:
    used: Mapping[str, int] = getattr(tools.model, "used", {})
    return {name: count - before.get(name, 0) for name, count in used.items()}


class _Clock:
    """Seconds since the start, by name."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.marks: dict[str, float] = {}

    def mark(self, name: str, once: bool = False) -> None:
        if not (once and name in self.marks):
            self.marks[name] = round(time.monotonic() - self._start, 2)
