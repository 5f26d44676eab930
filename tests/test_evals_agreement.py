"""The second labeller: kappa, and what the two dispute."""

from __future__ import annotations

from typing import Any

import pytest

from evals.agreement import agreement
from evals.datasets import DATA, load_labelled, load_rows
from rag.errors import NothingMeasured

PAIRS = [{"id": "a", "principle": "P05"}, {"id": "b", "principle": "P12"}]


def label(pair: str, side: str, said: str, sure: bool = True) -> dict[str, Any]:
    return {"pair": pair, "side": side, "label": said, "sure": sure}


def test_disputed_items_are_listed_and_strangers_left_out() -> None:
    labels = [
        label("a", "good", "pass"),
        label("a", "bad", "fail"),
        label("b", "good", "fail", sure=False),
        label("b", "bad", "fail"),
        label("of another file", "good", "fail"),
    ]
    found = agreement(PAIRS, labels)
    assert (found["n"], found["agree"]) == (4, 3 / 4)
    assert found["kappa"] == pytest.approx(0.5)
    assert found["by_principle"]["P05"]["kappa"] == 1.0
    assert found["disputed"] == [label("b", "good", "fail", sure=False)]


def test_labels_of_other_pairs_measure_nothing() -> None:
    with pytest.raises(NothingMeasured):
        agreement(PAIRS, [label("x", "good", "pass")])


def test_the_test_split_was_labelled_twice_and_the_two_agree() -> None:
    names = ("pairs", "situations")
    pairs = [row for name in names for row in load_labelled(DATA / name / "test.jsonl")[1]]
    found = agreement(pairs, load_rows(DATA / "labels" / "test.jsonl", "labels"))
    assert found["n"] == len(pairs)
    assert found["kappa"] > 0.9
    assert all(item["n"] >= 20 for item in found["by_principle"].values())
