"""What the classifier is trained on: groups of labelled texts. No torch, no training."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from evals.datasets import DATA, load_rows, load_situations
from evals.training.examples import Group, text_groups
from evals.training.weights import LANGS, STATES, fit
from rag.errors import NothingMeasured
from rag.knowledge.principles import load_principles

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return text_groups("train", random.Random(1))


def test_a_groups_first_text_is_good_but_for_what_all_share(groups: list[Group]) -> None:
    for group in groups:
        first, *rest = group.examples
        shared = {id for id, holds in first.labels.items() if not holds}
        assert not first.broken
        for example in rest:
            assert example.labels[example.broken] is False
            assert example.broken not in shared
            fails = {id for id, holds in example.labels.items() if not holds}
            assert fails == shared | {example.broken}
            assert example.text != first.text


def test_labels_are_of_the_principles_that_apply_and_never_of_p12(groups: list[Group]) -> None:
    principles = load_principles()
    for group in groups:
        for example in group.examples:
            assert "P12" not in example.labels
            assert all(group.kind in principles[id].kinds for id in example.labels)


def test_every_principle_is_broken_often(groups: list[Group]) -> None:
    broken = Counter(example.broken for group in groups for example in group.examples)
    assert all(broken[id] >= 30 for id in load_principles() if id != "P12")


def test_groups_come_out_the_same_for_one_seed(groups: list[Group]) -> None:
    assert text_groups("train", random.Random(1)) == groups
    assert text_groups("train", random.Random(2)) != groups


def test_no_text_of_another_split_is_trained_on(groups: list[Group]) -> None:
    trained = {group.draft for group in groups}
    other = {row["draft"] for row in load_situations(DATA / "situations" / "dev.jsonl")}
    other |= {row["draft"] for row in load_situations(DATA / "situations" / "test.jsonl")}
    for folder in ("rated", "faithful", "pairs"):
        for path in (DATA / folder).glob("*.jsonl"):
            if path.stem != "train":
                other |= {row["draft"] for row in load_rows(path, "drafts")}
    assert len(other) > 100 and not trained & other


def record(holds: bool, state: str, classifier: float, lang: str = "ru") -> dict[str, object]:
    return {"holds": holds, "state": state, "classifier": classifier, "lang": lang}


def test_weights_follow_what_tells_the_labels_apart() -> None:
    rows = [record(n % 2 == 0, "sure fail" if n % 2 else "pass", 0.0) for n in range(40)]
    by_rule = fit(rows)
    assert by_rule["rule"]["sure fail"] < -1.5 < 0 < by_rule["rule"]["pass"]
    assert set(by_rule["rule"]) == set(STATES) and set(by_rule["zero"]) == set(LANGS)
    rows = [record(n % 2 == 0, "pass", 3.0 if n % 2 == 0 else 1.0) for n in range(40)]
    by_classifier = fit(rows)
    odds = by_classifier["rule"]["pass"] + by_classifier["zero"]["ru"]
    assert odds + 3 * by_classifier["classifier"] > 0 > odds + by_classifier["classifier"]


def test_a_language_gets_a_zero_of_its_own() -> None:
    rows = [record(n % 2 == 0, "pass", 2.0 * (n % 2 == 0) + 2, "ru") for n in range(40)]
    rows += [record(n % 2 == 0, "pass", 2.0 * (n % 2 == 0) - 2, "en") for n in range(40)]
    zero = fit(rows)["zero"]
    assert zero["en"] - zero["ru"] > 1


def test_labels_of_one_kind_fit_nothing() -> None:
    with pytest.raises(NothingMeasured):
        fit([record(True, "pass", 1.0)] * 5)


def test_training_says_what_it_needs_without_reading_anything() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "evals.training.weights", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert found.returncode == 0 and "development split" in found.stdout
