"""The measure of the evaluator itself: a fake scorer, and judges that cannot judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from conftest import FakeModel
from evals_samples import scorer_of, verdicts

from evals.calibration import calibrate_pairs, calibrate_rated, figures
from evals.datasets import DATA, load_rows
from evals.scoring import make_scorer
from rag.errors import ModelUnavailable, NothingMeasured
from rag.knowledge.principles import load_principles
from rag.vocabulary import Message, VerdictValue


def pair(principle: str, lang: str, good: str, bad: str) -> dict[str, Any]:
    """Return a minimal pair whose texts are the verdicts they shall get."""
    return {"principle": principle, "lang": lang, "kind": "proposal", "good": good, "bad": bad}


VERDICT_OF_ITSELF: dict[str, VerdictValue] = {
    "pass": "pass",
    "fail": "fail",
    "na": "na",
    "unscored": "unscored",
}


def test_pairs_are_counted_by_principle_and_language() -> None:
    rows = [
        pair("P01", "ru", "pass", "fail"),
        pair("P01", "ru", "pass", "pass"),
        pair("P01", "en", "fail", "fail"),
        pair("P05", "en", "pass", "unscored"),
        pair("P05", "en", "na", "fail"),
    ]
    ticks: list[int] = []
    found = calibrate_pairs(rows, scorer_of(VERDICT_OF_ITSELF), lambda: ticks.append(1))
    assert len(ticks) == 5
    every = found["all"]
    assert {key: every[key] for key in ("n", "tp", "fp", "tn", "fn", "na", "unscored")} == {
        "n": 5,
        "tp": 3,
        "fp": 1,
        "tn": 3,
        "fn": 1,
        "na": 1,
        "unscored": 1,
    }
    assert (every["precision"], every["recall"]) == (3 / 4, 3 / 4)
    # The pair with an unscored text is set apart; the one with an `na` is decided, and wrong.
    assert (every["pairs_decided"], every["pair_accuracy"]) == (4, 1 / 4)
    assert every["pair_accuracy_interval"] == pytest.approx((0.0456, 0.6994), abs=1e-4)
    assert found["by_principle"]["P01"]["ru"]["pair_accuracy"] == 1 / 2
    assert found["by_principle"]["P01"]["all"]["n"] == 3
    assert found["by_lang"]["en"]["n"] == 3
    assert "ru" not in found["by_principle"]["P05"]


def test_balanced_accuracy_is_the_mean_of_both_sides() -> None:
    found = [("pass", "pass")] * 8 + [("pass", "fail")] * 2 + [("fail", "fail"), ("fail", "pass")]
    measured = figures(found)  # type: ignore[arg-type]
    assert measured["balanced_accuracy"] == pytest.approx((0.8 + 0.5) / 2)
    assert figures([("pass", "pass")])["balanced_accuracy"] == 1.0
    assert figures([("pass", "na")])["balanced_accuracy"] is None


def rated(text: str, overall: float | None, **scores: str) -> dict[str, Any]:
    """Return a rated text."""
    return {"lang": "en", "kind": "report", "text": text, "scores": scores, "overall": overall}


def test_rated_texts_are_compared_label_by_label_and_overall_by_rank() -> None:
    texts = {
        "excellent": verdicts(),
        "fair": verdicts(P02="fail"),
        "poor": verdicts(P02="fail", P05="fail", P08="fail", P12="fail"),
    }
    rows = [
        rated("excellent", 5, P02="pass", P03="na", P05="pass"),
        rated("fair", 4, P02="fail", P05="fail"),
        rated("poor", 1, P02="fail", P05="fail"),
        rated("poor", None, P05="pass"),
    ]
    found = calibrate_rated(rows, lambda row, text: texts[text])
    assert (found["texts"], found["overall_texts"]) == (4, 3)
    assert found["overall_rank_correlation"] == pytest.approx(1.0)
    assert found["by_principle"].keys() == {"P02", "P05"}  # a label `na` is not counted
    assert found["by_principle"]["P02"]["all"]["balanced_accuracy"] == 1.0
    calm = found["by_principle"]["P05"]["en"]
    assert (calm["tp"], calm["fn"], calm["tn"], calm["fp"]) == (1, 1, 1, 1)


def test_an_evaluator_that_decides_nothing_measures_nothing() -> None:
    rows = [pair("P01", "ru", "unscored", "unscored")]
    with pytest.raises(NothingMeasured):
        calibrate_pairs(rows, scorer_of(VERDICT_OF_ITSELF))


class Stubborn(FakeModel):
    """A judge that gives one answer whatever it is asked."""

    def __init__(self, answer: int) -> None:
        super().__init__()
        self.answer = answer

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> dict[str, float]:
        self.asked.append(messages)
        return {choice: -9.0 * (i != self.answer) for i, choice in enumerate(choices)}


@pytest.mark.parametrize("answer", [0, 1], ids=["always yes", "always no"])
def test_a_judge_with_one_answer_scores_nothing_on_the_pairs(answer: int) -> None:
    """Pairs must not be won by a habit: the very same judge has to pass one and fail the other."""
    rows = load_rows(DATA / "pairs" / "dev.jsonl", "pairs")
    found = calibrate_pairs(rows, make_scorer("model", Stubborn(answer)))
    assert found["all"]["pairs_decided"] == len(rows)
    assert found["all"]["pair_accuracy"] < 0.1
    assert found["all"]["balanced_accuracy"] == pytest.approx(0.5, abs=0.05)


def test_a_judge_that_does_not_answer_is_unscored_not_wrong() -> None:
    model = FakeModel()
    model.choices.extend(ModelUnavailable("down") for _ in range(1000))
    rows = load_rows(DATA / "pairs" / "dev.jsonl", "pairs")[:4]
    with pytest.raises(NothingMeasured):
        calibrate_pairs(rows, make_scorer("model", model))


def test_a_pair_costs_a_question_a_text() -> None:
    model = Stubborn(0)
    rows = load_rows(DATA / "pairs" / "dev.jsonl", "pairs")[:10]
    calibrate_pairs(rows, make_scorer("model", model))
    assert 0 < len(model.asked) <= 2 * len(rows)
    questions = [load_principles()[row["principle"]][row["lang"]].question for row in rows]
    for messages in model.asked:
        assert any(question in str(messages) for question in questions)


def test_a_text_of_no_principle_is_judged_by_all() -> None:
    model = Stubborn(0)
    row = {"lang": "en", "kind": "report", "draft": "We lost 9 of 30."}
    make_scorer("model", model)(row, "We lost 9 of 30 in May. Bob calls them on Monday.")
    assert len(model.asked) > 5
