"""Rule on faithfulness (P12): figures, units, names, hedges and conflicting figures.

What changes without a figure or a name (causes, agreements, who does what) is the classifier's.
"""

from __future__ import annotations

import re

from rag.checks.context import Context, Ruling
from rag.facts.contradictions import find_contradictions
from rag.facts.ledger import GAP
from rag.facts.matching import (
    Number,
    added_names,
    added_numbers,
    changed_units,
    find_numbers,
    lost_numbers,
)

_BESIDE, _NEAR = 2, 5  # words around a figure in which its hedge stands, for sure and at most


def faithful(context: Context) -> Ruling:
    """P12: nothing added, no figure that matters lost, no conflict silently settled."""
    if context.draft is None:
        return Ruling("unscored", "no draft to compare with")
    source = "\n".join([context.draft, *context.answers])
    said = GAP.sub(lambda gap: " " * len(gap.group()), context.text)
    added = added_numbers(source, said, context.lang)
    if added:
        return _fail(context, "added", added[0], serious=True)
    changed = changed_units(source, said, context.lang)
    if changed:
        return _fail(context, "another unit", changed[0], serious=True)
    settled = _settled(context, context.text)
    if settled:
        return Ruling("fail", f"a conflict was settled silently: {settled} is gone")
    names = added_names(source, said, context.lang)
    if names:
        quote = context.sentence_with(names[0].text)
        return Ruling("fail", f"added: {names[0].text}", quote, sure=False, serious=True)
    hedge = _lost_hedge(context, said)
    if hedge:
        quote = context.sentence_with(hedge)
        return Ruling("fail", f"hedge lost at {hedge}", quote, sure=False)
    lost = lost_numbers(source, context.text, context.lang)
    if len(lost) > max(1, len(find_numbers(source, context.lang)) // 5):
        return Ruling("fail", f"left out: {', '.join(n.shown for n in lost)}", sure=False)
    return Ruling("pass", "no figure or name is added or lost", sure=False)


def _fail(context: Context, why: str, number: Number, *, serious: bool) -> Ruling:
    quote = context.sentence_with(context.text[number.start : number.end])
    return Ruling("fail", f"{why}: {number.shown}", quote, serious=serious)


def _settled(context: Context, said: str) -> str:
    """Return the figure of a conflict in the draft that the text does not show."""
    assert context.draft is not None
    values = {value for n in find_numbers(said, context.lang) for value in n.values}
    for pair in find_contradictions(context.draft, context.lang):
        for fact in (pair.first, pair.second):
            numbers = find_numbers(fact.text, context.lang)
            if numbers and not numbers[0].values & values:
                return fact.text
    return ""


def _lost_hedge(context: Context, said: str) -> str:
    """Return a figure that the draft hedges wherever it stands, and the text nowhere."""
    assert context.draft is not None
    draft, known = context.draft, find_numbers(context.draft, context.lang)
    for number in find_numbers(said, context.lang):
        twins = [n for n in known if n.values & number.values and _in_digits(number)]
        hedged = [_is_hedged(context, draft, twin, _BESIDE) for twin in twins]
        if twins and all(hedged) and not _is_hedged(context, said, number, _NEAR):
            return number.shown
    return ""


def _in_digits(number: Number) -> bool:
    return any(char.isdigit() for char in number.shown)


def _is_hedged(context: Context, text: str, number: Number, words: int) -> bool:
    """Tell whether a hedge stands within `words` of a figure: "about 30", "30 or so"."""
    before = re.split(r"[.!?;:\n]\s|\d", text[: number.start])[-1].split()[-words:]
    after = re.split(r"[.!?;:\n](?:\s|$)|\d", text[number.end :])[0].split()[:words]
    return bool(context.has("hedge", " ".join([*before, *after]))) or "~" in " ".join(before)
