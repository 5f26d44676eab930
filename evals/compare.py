"""Compare two runs draft by draft: is the difference real?

Each principle of each draft both runs decided is one pair of yes/no results; the exact McNemar
test looks at the pairs where the runs disagree.
"""

from __future__ import annotations

from typing import Any

from evals.statistics import mcnemar_exact
from rag.errors import NothingMeasured
from rag.knowledge.principles import load_principles

Row = dict[str, Any]
SIGNIFICANT = 0.05


def compare_runs(a: list[Row], b: list[Row]) -> Row:
    """Return counts and p values, over all principles and for each. Raises NothingMeasured."""
    pairs = {id: _pairs(id, a, b) for id in load_principles()}
    every = [pair for found in pairs.values() for pair in found]
    if not every:
        raise NothingMeasured(
            "The runs share no scored draft.", "В прогонах нет общих оценённых черновиков."
        )
    return {"all": _figures(every), "by_principle": {id: _figures(p) for id, p in pairs.items() if p}}


def _pairs(id: str, a: list[Row], b: list[Row]) -> list[tuple[bool, bool]]:
    other = {row["id"]: row["verdicts"][id]["verdict"] for row in b if "verdicts" in row}
    found = []
    for row in a:
        if "verdicts" not in row or row["id"] not in other:
            continue
        first, second = row["verdicts"][id]["verdict"], other[row["id"]]
        if {first, second} <= {"pass", "fail"}:
            found.append((first == "pass", second == "pass"))
    return found


def _figures(pairs: list[tuple[bool, bool]]) -> Row:
    only_a = sum(x and not y for x, y in pairs)
    only_b = sum(y and not x for x, y in pairs)
    p = mcnemar_exact(only_a, only_b)
    return {
        "pairs": len(pairs),
        "pass_a": sum(x for x, _ in pairs),
        "pass_b": sum(y for _, y in pairs),
        "only_a": only_a,
        "only_b": only_b,
        "p": p,
        "different": p < SIGNIFICANT,
    }
