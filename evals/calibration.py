"""Measure the evaluator itself against labels: minimal pairs and rated texts.

"Positive" means that a principle holds: a good text that passes is a true positive. A verdict that
was not reached (`unscored`) is neither right nor wrong and is counted apart; `na` on a text that
people did label is no answer either and is counted apart too, but makes its pair a wrong one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from evals.scoring import Scorer
from evals.statistics import cluster_bootstrap, share, spearman, wilson
from rag.checks.overall import overall
from rag.errors import NothingMeasured
from rag.vocabulary import Verdict, VerdictValue

Row = dict[str, Any]
OnRow = Callable[[], None]
Label = str  # pass · fail
Found = list[tuple[Label, VerdictValue]]  # what people say, what the evaluator says
Where = tuple[str, str]  # principle, language
WORST = 40  # wrong verdicts shown


def calibrate_pairs(rows: list[Row], scorer: Scorer, on_row: OnRow = lambda: None) -> Row:
    """Return how well good passes and bad fails: in all, by language, by principle.

    Raises NothingMeasured where the evaluator decided nothing.
    """
    groups: dict[Where, Found] = defaultdict(list)
    situations: dict[str, list[float]] = defaultdict(list)
    wrong: list[Row] = []
    for row in rows:
        found = []
        for label, text in (("pass", row["good"]), ("fail", row["bad"])):
            verdict = scorer(row, text)[row["principle"]]
            found.append((label, verdict.verdict))
            wrong += _wrong(row, label, verdict, text)
        groups[row["principle"], row["lang"]] += found
        if all(value != "unscored" for _, value in found):
            right = all(label == value for label, value in found)
            situations[str(row.get("situation", row.get("id", len(situations))))].append(right)
        on_row()
    grouped = _grouped(groups, pair_figures)
    return {
        "shape": "pairs",
        "lang_gap": _gap(grouped["by_lang"]),
        "pair_accuracy_by_situation_interval": cluster_bootstrap(list(situations.values())),
        **grouped,
        "worst": _worst(wrong),
    }


def calibrate_rated(rows: list[Row], scorer: Scorer, on_row: OnRow = lambda: None) -> Row:
    """Return the agreement with people's labels, and of `overall` with theirs by rank.

    Raises NothingMeasured where the evaluator decided nothing.
    """
    groups: dict[Where, Found] = defaultdict(list)
    overalls: list[tuple[float, float]] = []
    wrong: list[Row] = []
    for row in rows:
        verdicts = scorer(row, row["text"])
        for id, label in row["scores"].items():
            if label != "na":
                groups[id, row["lang"]].append((label, verdicts[id].verdict))
                wrong += _wrong(row, label, verdicts[id], row["text"])
        score = overall(verdicts, row["text"])
        if score is not None and row.get("overall") is not None:
            overalls.append((float(score), float(row["overall"])))
        on_row()
    return {
        "shape": "rated",
        "texts": len(rows),
        "overall_rank_correlation": spearman(*_columns(overalls)),
        "overall_texts": len(overalls),
        **_grouped(groups, figures),
        "worst": _worst(wrong),
    }


def figures(found: Found) -> Row:
    """Return the confusion counts of the verdicts, with rates and their Wilson intervals."""
    tp, fn = found.count(("pass", "pass")), found.count(("pass", "fail"))
    tn, fp = found.count(("fail", "fail")), found.count(("fail", "pass"))
    verdicts = [verdict for _, verdict in found]
    sides = [side for side in (share(tp, tp + fn), share(tn, tn + fp)) if side is not None]
    return {
        "n": len(found),
        "tp": tp,
        "fp": fp,
        "tn": tn,
        "fn": fn,
        "precision": share(tp, tp + fp),
        "precision_interval": wilson(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "recall_interval": wilson(tp, tp + fn),
        "false_alarms": share(fn, tp + fn),
        "false_alarms_interval": wilson(fn, tp + fn),
        "balanced_accuracy": sum(sides) / len(sides) if sides else None,
        "na": verdicts.count("na"),
        "unscored": verdicts.count("unscored"),
    }


def pair_figures(found: Found) -> Row:
    """Return the figures of pairs: a good text's verdict, then its bad twin's, and so on."""
    verdicts = [verdict for _, verdict in found]
    pairs = list(zip(verdicts[::2], verdicts[1::2], strict=True))
    decided = [pair for pair in pairs if "unscored" not in pair]
    right = decided.count(("pass", "fail"))
    return figures(found) | {
        "n": len(pairs),
        "pairs_decided": len(decided),
        "pair_accuracy": share(right, len(decided)),
        "pair_accuracy_interval": wilson(right, len(decided)),
    }


def _wrong(row: Row, label: Label, verdict: Verdict, text: str) -> list[Row]:
    """Return the case of a verdict that people do not share, nothing where they do."""
    if verdict.verdict == label:
        return []
    return [
        {
            "id": row.get("id", ""),
            "principle": verdict.principle,
            "lang": row["lang"],
            "label": label,
            "verdict": verdict.verdict,
            "odds": verdict.odds,
            "quote": verdict.quote,
            "reason": verdict.reason,
            "text": text,
        }
    ]


def _worst(wrong: list[Row]) -> list[Row]:
    """Return the wrong verdicts, the surest first."""
    return sorted(wrong, key=lambda case: -abs(case["odds"] or 0.0))[:WORST]


def _gap(by_lang: Row) -> float | None:
    """Return how far apart the languages' pair accuracies lie, None with fewer than two."""
    rates = [item["pair_accuracy"] for item in by_lang.values()]
    if len(rates) < 2 or None in rates:
        return None
    return float(max(rates) - min(rates))


def _grouped(groups: dict[Where, Found], measure: Callable[[Found], Row]) -> Row:
    """Return `measure` over all groups, over each language, and over each principle by language."""
    every = _joined(groups.values())
    if all(verdict == "unscored" for _, verdict in every):
        raise NothingMeasured(
            "The evaluator decided nothing: check that the model answers (python -m rag doctor).",
            "Оценщик ничего не решил: проверьте, отвечает ли модель (python -m rag doctor).",
        )
    langs = sorted({lang for _, lang in groups})
    principles = sorted({id for id, _ in groups})

    def of(principle: str) -> Row:
        own = {lang: groups[principle, lang] for lang in langs if (principle, lang) in groups}
        return {"all": measure(_joined(own.values()))} | {k: measure(v) for k, v in own.items()}

    return {
        "all": measure(every),
        "by_lang": {
            lang: measure(_joined(found for (_, at), found in groups.items() if at == lang))
            for lang in langs
        },
        "by_principle": {principle: of(principle) for principle in principles},
    }


def _joined(parts: Iterable[Found]) -> Found:
    return [item for part in parts for item in part]


def _columns(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [a for a, _ in pairs], [b for _, b in pairs]
