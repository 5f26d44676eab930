"""Decide whether a run may pass: a gate that can fail, and that refuses what measures nothing."""

from __future__ import annotations

import math
from typing import Any

from rag.errors import NothingMeasured

MIN_TEXTS = 5
MIN_PASS_RATE = 0.9
SLACK = 0.02  # how far below the baseline's pass rate a run may lie


def gate(summary: dict[str, Any], baseline: dict[str, Any] | None = None) -> list[str]:
    """Return the reasons why a run fails, none when it passes.

    Raises NothingMeasured for a run that is too small, has no rate, or is not comparable with
    its baseline (other drafts or another judge).
    """
    rate = summary.get("pass_rate")
    if summary.get("texts", 0) < MIN_TEXTS or rate is None or not math.isfinite(rate):
        raise NothingMeasured(
            f"The run cannot be gated: it needs at least {MIN_TEXTS} scored texts.",
            f"Прогон нельзя оценить: нужно не меньше {MIN_TEXTS} оценённых текстов.",
        )
    reasons = []
    if summary["added_facts"]:
        reasons.append(f"{summary['added_facts']} facts were invented; none may be")
    if rate < MIN_PASS_RATE:
        reasons.append(f"pass rate {rate:.3f} is below {MIN_PASS_RATE}")
    if baseline is not None:
        _refuse_unlike(summary, baseline)
        if rate < baseline["pass_rate"] - SLACK:
            reasons.append(f"pass rate {rate:.3f} fell from {baseline['pass_rate']:.3f}")
    return reasons


def _refuse_unlike(summary: dict[str, Any], baseline: dict[str, Any]) -> None:
    unlike = [key for key in ("drafts_hash", "judge") if summary.get(key) != baseline.get(key)]
    if unlike or baseline.get("pass_rate") is None:
        raise NothingMeasured(
            f"The runs are not comparable: they differ in {', '.join(unlike) or 'pass_rate'}.",
            f"Прогоны несравнимы: различаются {', '.join(unlike) or 'pass_rate'}.",
        )
