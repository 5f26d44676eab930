"""Fit how rule, classifier and judge are joined: `python -m evals.training.weights`.

Regularised logistic regression for each principle on the development split, with a zero of its own
for each language (Hastie, Tibshirani & Friedman, 2009, 4.4). The classifier never saw this split,
so that its opinions here are as good as on any other text; the test split is not looked at.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import yaml

from evals.datasets import DATA, load_rows, load_situations
from evals.situations import broken, plain
from rag.checks.classifier import opinion_on
from rag.checks.context import Context
from rag.checks.joining import PATH, bounded, state
from rag.checks.rules import RULES
from rag.checks.segments import find_fields
from rag.errors import NothingMeasured
from rag.knowledge.principles import load_principles
from rag.vocabulary import LANGS

Row = dict[str, Any]
STATES = ("fail", "sure fail", "pass", "sure pass")
# What is believed before the data: the classifier counts as it is, a rule a little.
PRIOR = {"classifier": 1.0, "fail": -0.5, "sure fail": -1.5, "pass": 0.5, "sure pass": 0.5}
PULL = {"classifier": 8.0, "rule": 1.0, "zero": 0.3, "lang": 1.0}
JUDGE = 0.0  # the embedded judge was not found to help where the others are in doubt
STEPS, RATE = 4000, 0.05


def records() -> Iterator[Row]:
    """Yield what rule and classifier say of every labelled text of the development split."""
    for text, label, row in _labelled():
        lang, kind, id = row["lang"], row["kind"], row["principle"]
        context = Context(text, kind, lang, find_fields(text, kind, lang), row["draft"])
        ruling = RULES[id](context)
        opinion = opinion_on(id, text, kind)
        yield {
            "principle": id,
            "lang": lang,
            "holds": label,
            "state": state(ruling),
            "classifier": bounded(opinion.odds if opinion else None),
        }


def _labelled() -> Iterator[tuple[str, bool, Row]]:
    pairs = load_situations(DATA / "situations" / "dev.jsonl")
    pairs += load_rows(DATA / "pairs" / "dev.jsonl", "pairs")
    for pair in pairs:
        yield pair["good"], True, pair
        yield pair["bad"], False, pair
    yield from _faithful()
    for row in load_rows(DATA / "rated" / "dev.jsonl", "rated"):
        for id, label in row["scores"].items():
            if label != "na":
                yield row["text"], label == "pass", row | {"principle": id}


def _faithful() -> Iterator[tuple[str, bool, Row]]:
    """Yield texts for P12, of the train split too: no classifier has learnt them by heart."""
    for split in ("train", "dev"):
        for row in load_rows(DATA / "faithful" / f"{split}.jsonl", "faithful"):
            good, about = plain(row["good"]), row | {"principle": "P12"}
            for change in row["clean"]:
                yield broken(good, change), True, about
            for change in row["false"]:
                yield good, True, about
                yield broken(good, change), False, about


def fit(rows: list[Row]) -> Row:
    """Return the weights of one principle. Raises NothingMeasured where a side is missing."""
    holds = np.array([row["holds"] for row in rows], float)
    if not 0 < holds.sum() < len(holds):
        raise NothingMeasured("There is only one kind of label.", "Есть метки только одного вида.")
    features = np.array([_features(row) for row in rows])
    names = ["classifier", *STATES, "zero", *LANGS]
    prior = np.array([PRIOR.get(name, 0.0) for name in names])
    pull = np.array([_pull(name) for name in names])
    balance = np.where(holds > 0, 0.5 / holds.sum(), 0.5 / (1 - holds).sum()) * len(holds)
    weights = prior.copy()
    for _ in range(STEPS):
        error = (1 / (1 + np.exp(-features @ weights)) - holds) * balance
        weights -= RATE * (features.T @ error + pull * (weights - prior)) / len(holds)
    value = dict(zip(names, (round(float(weight), 3) for weight in weights), strict=True))
    read = any(row["classifier"] for row in rows)
    return {
        "classifier": value["classifier"] if read else 0.0,
        "judge": JUDGE,
        "rule": {name: value[name] for name in STATES},
        "zero": {lang: round(value["zero"] + value[lang], 3) for lang in LANGS},
    }


def _features(row: Row) -> list[float]:
    return [
        row["classifier"],
        *(float(row["state"] == name) for name in STATES),
        1.0,
        *(float(row["lang"] == lang) for lang in LANGS),
    ]


def _pull(name: str) -> float:
    if name in STATES:
        return PULL["rule"]
    return PULL["lang"] if name in LANGS else PULL[name]


def main() -> None:
    """Fit the weights of every principle and write them beside the checks."""
    argparse.ArgumentParser(
        prog="python -m evals.training.weights", description=__doc__
    ).parse_args()
    found: dict[str, list[Row]] = defaultdict(list)
    for record in records():
        found[record["principle"]].append(record)
    table = {id: fit(found[id]) for id in load_principles()}
    head = "# Fitted by `python -m evals.training.weights`; not edited by hand.\n"
    PATH.write_text(head + yaml.safe_dump(table, sort_keys=False), "utf-8")


if __name__ == "__main__":
    main()
