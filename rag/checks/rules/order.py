"""Rules on order: the situation comes first (P01), the report follows its formula (P13)."""

from __future__ import annotations

from rag.checks.context import Context, Ruling
from rag.facts.figures import find_dates, find_figures
from rag.text.sentences import Unit

_FORMULA = ("situation", "conclusions", "actions")
_SHORT_LINE = 6  # words: a greeting or a subject line


def situation_first(context: Context) -> Ruling:
    """P01: the first sentence that says something is a fact, not a request or a proposal."""
    for unit in _body(context):
        role = context.role(unit.text)
        if role in ("option", "ask"):
            counted = find_figures(unit.text, context.lang) or find_dates(unit.text, context.lang)
            return Ruling("fail", "opens with a request or a proposal", unit.text, sure=not counted)
        return Ruling("pass", "opens with the situation", unit.text, sure=role in ("fact", ""))
    return Ruling("fail", "nothing is said")


def report_formula(context: Context) -> Ruling:
    """P13: situation, conclusions and actions are all there, in that order."""
    found = [name for name in context.fields if name in _FORMULA]
    missing = [name for name in _FORMULA if name not in found]
    if missing:
        return Ruling("fail", f"missing: {', '.join(missing)}", sure=len(missing) > 1)
    if found != list(_FORMULA):
        return Ruling("fail", f"the order is {', '.join(found)}")
    return Ruling("pass", "situation, conclusions, actions")


def _body(context: Context) -> list[Unit]:
    """Return the sentences without greeting and subject."""
    units = list(context.sentences)
    while len(units) > 1 and _is_opening(units[0], context.text):
        units.pop(0)
    return units


def _is_opening(unit: Unit, text: str) -> bool:
    words = unit.text.split()
    subject = unit.text.casefold().startswith(("тема:", "subject:", "re:"))
    ends = (unit.text + text[unit.end : unit.end + 1]).rstrip().endswith((",", "!", ":"))
    return subject or (len(words) <= _SHORT_LINE and ends)
