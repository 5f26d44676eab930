"""Measure the evaluator itself against labels: minimal pairs and rated texts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from evals.statistics import spearman, wilson
from rag.checks.check import check
from rag.checks.overall import overall
from rag.vocabulary import JudgeMode, Model, Verdict

Row = dict[str, Any]
OnRow = Callable[[], None]


def calibrate_pairs(
    rows: list[Row], model: Model | None, mode: JudgeMode, on_row: OnRow = lambda: None
) -> dict[str, Any]:
    """Return, per principle and language, how well good passes and bad fails."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        groups[row["principle"], row["lang"]].append(
            (_one(row, row["good"], model, mode), _one(row, row["bad"], model, mode))
        )
        on_row()
    every = [pair for pairs in groups.values() for pair in pairs]
    return {
        "shape": "pairs",
        "judge": mode,
        "all": _pair_figures(every),
        "by_lang": {
            lang: _pair_figures([p for (_, at), pairs in groups.items() if at == lang for p in pairs])
            for lang in sorted({lang for _, lang in groups})
        },
        "by_principle": {
            id: {lang: _pair_figures(groups[id, lang]) for at, lang in sorted(groups) if at == id}
            for id in sorted({id for id, _ in groups})
        },
    }


def _one(row: Row, text: str, model: Model | None, mode: JudgeMode) -> str:
    return _scored(row, text, model, mode)[row["principle"]].verdict


def _scored(row: Row, text: str, model: Model | None, mode: JudgeMode) -> dict[str, Verdict]:
    return check(
        text, kind=row["kind"], lang=row["lang"], draft=row.get("draft"), model=model, mode=mode
    )


def _pair_figures(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Positive means "holds": a good text that passes is a true positive."""
    true_positive = sum(good == "pass" for good, _ in pairs)
    false_negative = sum(good == "fail" for good, _ in pairs)
    true_negative = sum(bad == "fail" for _, bad in pairs)
    false_positive = sum(bad == "pass" for _, bad in pairs)
    right = sum(good == "pass" and bad == "fail" for good, bad in pairs)
    return {
        "n": len(pairs),
        "tp": true_positive,
        "fp": false_positive,
        "tn": true_negative,
        "fn": false_negative,
        "precision": _ratio(true_positive, true_positive + false_positive),
        "recall": _ratio(true_positive, true_positive + false_negative),
        "pair_accuracy": _ratio(right, len(pairs)),
        "pair_accuracy_interval": wilson(right, len(pairs)),
        "unscored": sum(v not in ("pass", "fail") for pair in pairs for v in pair),
    }


def calibrate_rated(
    rows: list[Row], model: Model | None, mode: JudgeMode, on_row: OnRow = lambda: None
) -> dict[str, Any]:
    """Return balanced accuracy per principle and the rank correlation of `overall`."""
    by_principle: dict[str, list[tuple[str, str]]] = defaultdict(list)
    ours, theirs = [], []
    for row in rows:
        verdicts = _scored(row, row["text"], model, mode)
        for id, label in row["scores"].items():
            if label in ("pass", "fail"):
                by_principle[id].append((label, verdicts[id].verdict))
        score = overall(verdicts, row["text"])
        if score is not None and "overall" in row:
            ours.append(float(score))
            theirs.append(float(row["overall"]))
        on_row()
    correlation = spearman(ours, theirs)
    return {
        "shape": "rated",
        "judge": mode,
        "n": len(rows),
        "overall_rank_correlation": None if math.isnan(correlation) else correlation,
        "by_principle": {id: _balanced(found) for id, found in sorted(by_principle.items())},
    }


def _balanced(found: list[tuple[str, str]]) -> dict[str, Any]:
    passes = [got for label, got in found if label == "pass"]
    fails = [got for label, got in found if label == "fail"]
    sides = [
        sum(got == label for got in side) / len(side)
        for label, side in (("pass", passes), ("fail", fails))
        if side
    ]
    return {
        "n": len(found),
        "balanced_accuracy": sum(sides) / len(sides) if sides else None,
        "unscored": sum(got not in ("pass", "fail") for _, got in found),
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
