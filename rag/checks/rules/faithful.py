"""Rule on faithfulness (P12): the fact ledger, hedges and conflicting figures."""

from __future__ import annotations

import re

from rag.checks.context import Context, Ruling
from rag.facts.contradictions import find_contradictions
from rag.facts.extract import extract_facts
from rag.facts.ledger import GAP, compare_facts


def faithful(context: Context) -> Ruling:
    """P12: nothing added, no figure that matters lost, no conflict silently settled."""
    if context.draft is None:
        return Ruling("unscored", "no draft to compare with")
    said = GAP.sub("", context.text)
    ledger = compare_facts(context.draft, said, lang=context.lang, answers=context.answers)
    if ledger.added:
        added = ledger.added[0]
        return Ruling("fail", f"added: {added}", context.sentence_with(added), serious=True)
    lost = _lost_figures(context, [item.fact for item in ledger.dropped])
    if lost:
        return Ruling("fail", f"left out: {', '.join(lost)}")
    hedge = _lost_hedge(context, said)
    if hedge:
        return Ruling("fail", f"hedge lost at {hedge}", context.sentence_with(hedge))
    return Ruling("pass", "the ledger adds nothing", sure=False)


def _lost_figures(context: Context, dropped: list[str]) -> list[str]:
    assert context.draft is not None
    figures = {f.text for f in extract_facts(context.draft, context.lang) if f.type == "figure"}
    conflicting = {
        text
        for pair in find_contradictions(context.draft, context.lang)
        for text in (pair.first.text, pair.second.text)
    }
    lost = [fact for fact in dropped if fact in figures]
    # A conflict settled silently is a fault; otherwise one small figure may be left out.
    silent = [fact for fact in lost if fact in conflicting and fact not in context.text]
    return silent or (lost if len(lost) > max(1, len(figures) // 5) else [])


def _lost_hedge(context: Context, said: str) -> str:
    """Return a figure that the draft hedges and the text states flatly."""
    assert context.draft is not None
    hedges = [match.text for match in context.lexicon.find("hedge", context.draft)]
    for hedge in hedges:
        for match in re.finditer(
            rf"{re.escape(hedge)}\s+(?:\w+\s+)?(\d[\d.,]*)", context.draft, re.I
        ):
            figure = match.group(1)
            near = re.search(rf"(.{{0,40}})(?<!\d){re.escape(figure)}(?!\d)(.{{0,30}})", said, re.S)
            if (
                near
                and not context.has("hedge", near.group(1) + " " + near.group(2))
                and "~" not in near.group(1)
            ):
                return figure
    return ""
