"""Decide whether an evaluator may be trusted: its own errors against what was promised of it.

A judge that always agrees, never agrees, likes length or tosses a coin must not get through here.
"""

from __future__ import annotations

import math
from typing import Any

from rag.errors import NothingMeasured

Row = dict[str, Any]
MIN_PAIRS = 60  # in all; below it the interval is wider than the goals
MIN_PER_PRINCIPLE = 3
PAIR_ACCURACY, PRINCIPLE_ACCURACY = 0.90, 0.75
FALSE_ALARMS, LANG_GAP, UNSCORED = 0.05, 0.05, 0.02
MIN_TEXTS, RANK_CORRELATION = 15, 0.8


def judge_gate(found: Row) -> list[str]:
    """Return where a calibration misses its goals, nothing where it meets all.

    Raises NothingMeasured for one that is too small or has no figures.
    """
    if found.get("shape") == "rated":
        return _rated(found)
    every = found["all"]
    if every["n"] < MIN_PAIRS:
        raise _too_small(f"{every['n']} pairs, {MIN_PAIRS}")
    reasons = [
        _below("pair accuracy", every["pair_accuracy"], PAIR_ACCURACY),
        _above("false alarms on clean texts", every["false_alarms"], FALSE_ALARMS),
        _above("unscored", every["unscored"] / (2 * every["n"]), UNSCORED),
    ]
    if found["lang_gap"] is not None:
        reasons.append(_above("gap between languages", found["lang_gap"], LANG_GAP))
    for principle, parts in found["by_principle"].items():
        if parts["all"]["n"] >= MIN_PER_PRINCIPLE:
            accuracy = parts["all"]["pair_accuracy"]
            reasons.append(_below(f"pair accuracy of {principle}", accuracy, PRINCIPLE_ACCURACY))
    return [reason for reason in reasons if reason]


def _rated(found: Row) -> list[str]:
    if found["overall_texts"] < MIN_TEXTS:
        raise _too_small(f"{found['overall_texts']} texts with a score, {MIN_TEXTS}")
    rho, every = found["overall_rank_correlation"], found["all"]
    reasons = [
        _below("rank correlation of overall", -1.0 if rho is None else rho, RANK_CORRELATION),
        _above("unscored", every["unscored"] / every["n"], UNSCORED),
    ]
    return [reason for reason in reasons if reason]


def _below(name: str, value: float | None, goal: float) -> str:
    return "" if _number(name, value) >= goal else f"{name} is {value:.3f}, below {goal}"


def _above(name: str, value: float | None, goal: float) -> str:
    return "" if _number(name, value) <= goal else f"{name} is {value:.3f}, above {goal}"


def _number(name: str, value: float | None) -> float:
    if value is None or not math.isfinite(value):
        raise NothingMeasured(
            f"The calibration cannot be gated: {name} is not a number.",
            f"Калибровку нельзя проверить: {name} — не число.",
        )
    return value


def _too_small(counted: str) -> NothingMeasured:
    return NothingMeasured(
        f"The calibration cannot be gated: it has {counted} are needed.",
        f"Калибровку нельзя проверить: слишком мало данных ({counted.split(',')[0]}).",
    )
