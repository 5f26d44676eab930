"""How far a second, blind labeller agrees with the labels of minimal pairs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from evals.statistics import kappa, share, wilson
from rag.errors import NothingMeasured

Row = dict[str, Any]
OF_SIDE = {"good": "pass", "bad": "fail"}  # what the maker of a pair says of its texts


def agreement(pairs: list[Row], labels: list[Row]) -> Row:
    """Return kappa, by principle too, and the items on which the two disagree.

    Raises NothingMeasured where no label is about one of the pairs.
    """
    known = {pair["id"]: pair for pair in pairs}
    found = [label for label in labels if label["pair"] in known]
    if not found:
        raise NothingMeasured(
            "No label is about one of these pairs.", "Ни одна метка не относится к этим парам."
        )
    groups: dict[str, list[Row]] = defaultdict(list)
    for label in found:
        groups[known[label["pair"]]["principle"]].append(label)
    return {
        **_figures(found),
        "by_principle": {id: _figures(groups[id]) for id in sorted(groups)},
        "disputed": [
            {name: label[name] for name in ("pair", "side", "label", "sure")}
            for label in found
            if label["label"] != OF_SIDE[label["side"]]
        ],
    }


def _figures(labels: list[Row]) -> Row:
    first = [OF_SIDE[label["side"]] for label in labels]
    second = [label["label"] for label in labels]
    same = sum(a == b for a, b in zip(first, second, strict=True))
    return {
        "n": len(labels),
        "agree": share(same, len(labels)),
        "agree_interval": wilson(same, len(labels)),
        "kappa": kappa(first, second),
    }
