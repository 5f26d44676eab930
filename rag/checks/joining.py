"""Join what the rule, the classifier and the judge say of a principle into one log-odds.

Each source has a weight for each principle, and each language its own zero (`weights.yaml`, fitted
on the development split by `python -m evals.training.weights`). A source that has no opinion adds
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.checks.context import Ruling
from rag.knowledge.source import read_yaml
from rag.vocabulary import Lang

PATH = Path(__file__).with_name("weights.yaml")
MOST = 6.0  # no source is surer than this: an endpoint without log-probabilities says ±infinity


@dataclass(frozen=True)
class Weights:
    """How much each source counts for one principle; `zero` is added, by language."""

    classifier: float
    judge: float
    rule: Mapping[str, float]  # by "fail", "sure fail", "pass", "sure pass"
    zero: Mapping[str, float]


# Where the classifier that the fitted weights count on is missing, the rule decides as it can.
_PLAIN = Weights(1.0, 0.5, {"fail": -1.0, "sure fail": -4.0, "pass": 1.0, "sure pass": 4.0}, {})


def join(
    principle: str,
    lang: Lang,
    ruling: Ruling,
    classifier: float | None = None,
    judge: float | None = None,
) -> float:
    """Return the log-odds that the principle holds."""
    weights = load_weights().get(principle, _PLAIN)
    if classifier is None and judge is None and weights.classifier:
        weights = _PLAIN
    total = weights.zero.get(lang, 0.0) + weights.rule.get(state(ruling), 0.0)
    total += weights.classifier * bounded(classifier) + weights.judge * bounded(judge)
    return total


def judge_counts(principle: str) -> bool:
    """Tell whether a judge was found to help where the others are in doubt."""
    return load_weights().get(principle, _PLAIN).judge > 0


def state(ruling: Ruling) -> str:
    """Return the rule's opinion as the weights name it."""
    return f"sure {ruling.verdict}" if ruling.sure else ruling.verdict


def bounded(odds: float | None) -> float:
    """Return log-odds no surer than MOST; none at all weigh nothing."""
    return 0.0 if odds is None else max(-MOST, min(MOST, odds))


@cache
def load_weights() -> dict[str, Weights]:
    """Return the fitted weights by principle."""
    table = read_yaml(PATH) or {}
    return {id: Weights(**row) for id, row in table.items()}
