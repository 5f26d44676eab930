"""Compare two runs draft by draft, to tell a real difference from chance.

Each principle of each draft that both runs decided is one pair of yes/no results; the exact McNemar
test looks at the pairs where the runs disagree. Verdicts on one text are not independent, so over
all principles the difference of the pass rates has an interval by the cluster bootstrap, whole
drafts drawn again, and is real where that excludes 0. The p values of the single principles are
adjusted by Holm, or one in fifteen would differ by chance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.statistics import cluster_bootstrap, holm, mcnemar_exact
from evals.store import read_report, read_results
from rag.errors import NothingMeasured
from rag.knowledge.principles import load_principles

Row = dict[str, Any]
Pairs = list[tuple[bool, bool]]  # does it hold in a, in b
LEVEL = 0.05


def compare_runs(a: Path, b: Path) -> Row:
    """Return what differs between two finished runs. Raises NothingMeasured for unlike ones."""
    first, second = read_report(a), read_report(b)
    if first["judge"] != second["judge"]:
        raise NothingMeasured(
            "The runs are not comparable: they have different judges.",
            "Прогоны несравнимы: у них разные судьи.",
        )
    changed = {
        name: [first["versions"].get(name), second["versions"].get(name)]
        for name in first["versions"]
        if first["versions"].get(name) != second["versions"].get(name)
    }
    found = compare_results(read_results(a), read_results(b))
    return {"a": first["name"], "b": second["name"], "changed": changed, **found}


def compare_results(a: list[Row], b: list[Row]) -> Row:
    """Return counts and p values over all principles and for each. Raises NothingMeasured."""
    twins = _twins(a, b)
    pairs = {id: _pairs(id, twins) for id in load_principles()}
    every = [pair for found in pairs.values() for pair in found]
    if not every:
        raise NothingMeasured(
            "The runs share no scored draft.", "В прогонах нет общих оценённых черновиков."
        )
    interval = cluster_bootstrap([_differences(*twin) for twin in twins])
    assert interval is not None
    decided = {id: _figures(found) for id, found in pairs.items() if found}
    adjusted = holm([item["p"] for item in decided.values()])
    for item, p in zip(decided.values(), adjusted, strict=True):
        item |= {"p_holm": p, "different": p < LEVEL}
    real = not interval[0] <= 0 <= interval[1]
    difference = sum(second - first for first, second in every) / len(every)
    return {
        "drafts": len(twins),
        "difference": difference,
        "difference_interval": interval,
        "different": real,
        "all": _figures(every),
        "by_principle": decided,
    }


def _differences(first: Row, second: Row) -> list[float]:
    """Return b less a for every principle that both runs decided on one draft."""
    pairs = [(first[id]["verdict"], second[id]["verdict"]) for id in first.keys() & second.keys()]
    return [float((b == "pass") - (a == "pass")) for a, b in pairs if {a, b} <= {"pass", "fail"}]


def _twins(a: list[Row], b: list[Row]) -> list[tuple[Row, Row]]:
    """Return the verdicts of the drafts both runs wrote: the same id and the same words."""
    others = {(row["id"], row["draft"]): row["verdicts"] for row in b if "verdicts" in row}
    own = [row for row in a if "verdicts" in row and (row["id"], row["draft"]) in others]
    return [(row["verdicts"], others[row["id"], row["draft"]]) for row in own]


def _pairs(id: str, twins: list[tuple[Row, Row]]) -> Pairs:
    verdicts = [(first[id]["verdict"], second[id]["verdict"]) for first, second in twins]
    decided = [pair for pair in verdicts if set(pair) <= {"pass", "fail"}]
    return [(first == "pass", second == "pass") for first, second in decided]


def _figures(pairs: Pairs) -> Row:
    only_a, only_b = pairs.count((True, False)), pairs.count((False, True))
    return {
        "pairs": len(pairs),
        "pass_a": sum(first for first, _ in pairs),
        "pass_b": sum(second for _, second in pairs),
        "only_a": only_a,
        "only_b": only_b,
        "p": mcnemar_exact(only_a, only_b),
    }
