"""Decide whether a run may pass: a gate that can fail, and that refuses what measures nothing."""

from __future__ import annotations

import math
from typing import Any

from rag.errors import NothingMeasured

Row = dict[str, Any]
MIN_TEXTS = 5
MIN_PASS_RATE = 0.9
MAX_UNSCORED = 0.2  # of the verdicts that were due
SLACK = 0.02  # how far below the baseline's pass rate a run may lie


def gate(report: Row, baseline: Row | None = None) -> list[str]:
    """Return the reasons why a run fails, none when it passes.

    Raises NothingMeasured for a run that is too small, has no rate, is mostly unscored, or is not
    comparable with its baseline (other drafts or another judge).
    """
    rate = _rate(report)
    _refuse_too_little(report)
    reasons = []
    if report["facts_added"]:
        reasons.append(f"{report['facts_added']} facts were invented; none may be")
    if report.get("refused_wrongly"):
        reasons.append(f"{report['refused_wrongly']} working drafts were refused; none may be")
    if rate < MIN_PASS_RATE:
        reasons.append(f"the pass rate {rate:.3f} is below {MIN_PASS_RATE}")
    if baseline is not None:
        _refuse_unlike(report, baseline)
        if rate < _rate(baseline) - SLACK:
            reasons.append(f"the pass rate fell from {_rate(baseline):.3f} to {rate:.3f}")
    return reasons


def _rate(report: Row) -> float:
    rate = report.get("pass_rate")
    if not isinstance(rate, (int, float)) or not math.isfinite(rate):
        raise _ungateable("it has no pass rate", "в нём нет доли выполненных принципов")
    return float(rate)


def _refuse_too_little(report: Row) -> None:
    if report["texts"] < MIN_TEXTS:
        raise _ungateable(
            f"it has {report['texts']} texts, {MIN_TEXTS} are needed",
            f"в нём текстов: {report['texts']}, нужно не меньше {MIN_TEXTS}",
        )
    missing, decided = report.get("unscored", 0), report.get("decided", 0)
    if missing > MAX_UNSCORED * (missing + decided):
        raise _ungateable(f"{missing} verdicts are missing", f"не вынесено оценок: {missing}")


def _refuse_unlike(report: Row, baseline: Row) -> None:
    unlike = [key for key in ("drafts_hash", "judge") if report.get(key) != baseline.get(key)]
    if unlike:
        names = ", ".join(unlike)
        raise _ungateable(
            f"it differs from its baseline in {names}", f"он отличается от базового: {names}"
        )


def _ungateable(en: str, ru: str) -> NothingMeasured:
    return NothingMeasured(f"The run cannot be gated: {en}.", f"Прогон нельзя оценить: {ru}.")
