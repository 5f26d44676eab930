"""Mutation operators: from a good text with marks, texts that break one principle each.

They work on what each stretch is (`evals.situations`), so they need no words of their own: a
stretch is left out, moved or said twice. What must differ in wording is written by hand in the
data; these add breadth for nothing, for training and for checking that a scorer notices.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from evals.situations import marks, plain, tidy
from rag.text.sentences import split_sentences

Row = dict[str, Any]
Stretch = tuple[str, str]  # what it is, its text
Operator = Callable[[Sequence[Stretch], random.Random], list[Stretch] | None]


def mutations(row: Row, chance: random.Random) -> dict[str, str]:
    """Return, by principle, the good text of a situation broken by an operator, where one fits."""
    text = plain(row["good"])
    stretches = [(mark, text[start:end]) for mark, start, end in marks(row["good"])]
    found = {}
    for principle, operator in OPERATORS[row["kind"]].items():
        changed = operator(stretches, chance) if stretches else None
        broken = tidy("".join(part for _, part in changed)) if changed else ""
        if broken:
            found[principle] = broken
    return found


def _without(*names: str) -> Operator:
    """Leave out every stretch of the given marks; None where one of them is missing."""

    def leave_out(stretches: Sequence[Stretch], chance: random.Random) -> list[Stretch] | None:
        present = {mark for mark, _ in stretches}
        if not present.issuperset(names):
            return None
        return [stretch for stretch in stretches if stretch[0] not in names]

    return leave_out


def _ask_first(stretches: Sequence[Stretch], chance: random.Random) -> list[Stretch] | None:
    moved = [part for part in stretches if part[0] == "ask"]
    rest = [part for part in stretches if part[0] != "ask"]
    if not moved or not rest:
        return None
    place = 1 if rest[0][0] == "frame" else 0
    spaced = [(mark, f"{part.strip()} ") for mark, part in moved]
    return [*rest[:place], *spaced, *rest[place:]]


def _one_option(stretches: Sequence[Stretch], chance: random.Random) -> list[Stretch] | None:
    options = [n for n, (mark, _) in enumerate(stretches) if mark == "option"]
    if len(options) < 2:
        return None
    kept = chance.choice(options)
    return [part for n, part in enumerate(stretches) if n not in options or n == kept]


def _formula_broken(stretches: Sequence[Stretch], chance: random.Random) -> list[Stretch] | None:
    if {mark for mark, _ in stretches}.issuperset(("situation", "conclusions", "actions")):
        missing = chance.choice(["situation", "conclusions", "actions"])
        return _without(missing)(stretches, chance)
    return None


def _said_twice(stretches: Sequence[Stretch], chance: random.Random) -> list[Stretch] | None:
    long = [
        unit.text
        for mark, part in stretches
        if mark != "frame"
        for unit in split_sentences(part)
        if len(unit.text.split()) > 5
    ]
    return [*stretches, ("repeat", "\n" + chance.choice(long))] if long else None


OPERATORS: dict[str, dict[str, Operator]] = {
    "proposal": {
        "P01": _ask_first,
        "P02": _without("problem"),
        "P03": _one_option,
        "P09": _without("efforts"),
        "P11": _without("ask"),
        "P15": _said_twice,
    },
    "report": {"P13": _formula_broken, "P15": _said_twice},
    "cascade": {"P14": _without("reasons", "value"), "P15": _said_twice},
}
