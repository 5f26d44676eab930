"""Rules on the role: on the company's side (P07), a decision keeps its weight (P14)."""

from __future__ import annotations

import re

from rag.checks.context import Context, Ruling
from rag.facts.figures import stem
from rag.knowledge.roles import load_roles
from rag.text.sentences import split_units

_REASON = {
    "ru": re.compile(
        r"потому что|так как|поскольку|причин\w*|чтобы|из-за|цель\w*|это (?:даст|позволит|"
        r"снизит|поможет)|позволит|снизит|даст|за (?:квартал|месяц|год|неделю)",
        re.I,
    ),
    "en": re.compile(
        r"\bbecause\b|\bsince\b|\breasons?\b|\bso that\b|\bdue to\b|\bin order to\b|\bgoal|"
        r"\baim|\bwill (?:help|let|cut|save|give|reduce|keep|raise)|\bthis (?:helps|lets|"
        r"cuts|saves|keeps|gives)|\bto (?:cut|keep|reduce|save|raise|protect|avoid)",
        re.I,
    ),
}
HIDDEN_SHARE = 0.6  # share of a hidden remark's words that makes it a leak


def company_side(context: Context) -> Ruling:
    """P07: no delegate of the team upwards, no siding or leaking downwards."""
    word = context.has("side_with_staff")
    if word:
        return Ruling("fail", f"takes a side: {word}", context.sentence_with(word), serious=True)
    leak = _leak(context)
    if leak:
        return Ruling("fail", "passes on what was not to be passed on", leak, serious=True)
    return Ruling("pass", "speaks for the company", sure=False)


def no_devaluing(context: Context) -> Ruling:
    """P14: no word that takes the decision's weight, and a reason or a marked gap is there."""
    word = context.has("devalue")
    if word:
        return Ruling("fail", f"devalues: {word}", context.sentence_with(word))
    reason = _REASON[context.lang].search(context.text)
    if reason:
        return Ruling(
            "pass", f"reason: {reason.group()}", context.sentence_with(reason.group()), sure=False
        )
    if context.fields.get("reasons"):
        return Ruling("pass", "the reasons have a place of their own", sure=False)
    if context.gap("reasons", "value"):
        return Ruling("pass", "left open and marked")
    return Ruling("fail", "no reason of the company is given", sure=False)


def _leak(context: Context) -> str:
    """Return the sentence that repeats a remark the draft marks as not to be passed on."""
    if not context.draft:
        return ""
    hidden = next(role for role in load_roles(context.kind) if role.id == "hidden")
    for unit in split_units(context.draft, context.lang):
        if not hidden.hits(unit.text, context.lang):
            continue
        words = _content(unit.text, context)
        for sentence in context.sentences:
            if len(words) >= 3 and len(
                words & _content(sentence.text, context)
            ) >= HIDDEN_SHARE * len(words):
                return sentence.text
    return ""


def _content(text: str, context: Context) -> set[str]:
    return {stem(word, context.lang) for word in re.findall(r"[^\W\d_]{4,}", text)}
