"""The gate of the evaluator: judges that cannot judge do not get through, a good one does."""

from __future__ import annotations

import copy
import math
import random
from statistics import median
from typing import Any

import pytest

from evals.calibration import calibrate_pairs, calibrate_rated
from evals.datasets import DATA, load_labelled
from evals.metagate import MIN_PAIRS, MIN_TEXTS, judge_gate
from evals.scoring import Scorer, Verdicts
from rag.errors import NothingMeasured
from rag.vocabulary import Verdict, VerdictValue

Row = dict[str, Any]


@pytest.fixture(scope="module")
def pairs() -> list[Row]:
    """Return the minimal pairs of the situations."""
    return load_labelled(DATA / "situations" / "dev.jsonl")[1]


@pytest.fixture(scope="module")
def texts() -> list[Row]:
    """Return the rated texts."""
    return load_labelled(DATA / "rated" / "dev.jsonl")[1]


def say(row: Row, value: VerdictValue) -> Verdicts:
    """Return one verdict on every principle the row is about."""
    about = [row["principle"]] if "principle" in row else row["scores"]
    return {id: Verdict(id, value) for id in about}


def label(row: Row, text: str) -> VerdictValue:
    """Return what people say of a text of a pair."""
    return "pass" if text == row["good"] else "fail"


def right(row: Row, text: str) -> Verdicts:
    """Judge by looking the label up."""
    if "scores" in row:
        return {id: Verdict(id, value) for id, value in row["scores"].items()}
    return say(row, label(row, text))


def always(value: VerdictValue) -> Scorer:
    """Return a judge with one answer."""
    return lambda row, text: say(row, value)


def long_ones(rows: list[Row]) -> Scorer:
    """Return a judge that passes what is longer than half of the texts."""
    sides = ("good", "bad") if "good" in rows[0] else ("text",)
    middle = median(len(row[side]) for row in rows for side in sides)
    return lambda row, text: say(row, "pass" if len(text) > middle else "fail")


def short_ones(rows: list[Row]) -> Scorer:
    """Return a judge with the opposite taste."""
    long = long_ones(rows)

    def score(row: Row, text: str) -> Verdicts:
        values = {item.verdict for item in long(row, text).values()}
        return say(row, "fail" if "pass" in values else "pass")

    return score


def coin(seed: int) -> Scorer:
    """Return a judge that tosses a coin for every verdict."""
    chance = random.Random(seed)
    return lambda row, text: {
        id: Verdict(id, chance.choice(["pass", "fail"])) for id in say(row, "na")
    }


def blind_judges(rows: list[Row]) -> dict[str, Scorer]:
    """Return judges that do not look at what a text says."""
    return {
        "always pass": always("pass"),
        "always fail": always("fail"),
        "long": long_ones(rows),
        "short": short_ones(rows),
        **{f"coin {seed}": coin(seed) for seed in range(5)},
    }


# Pairs.


def test_a_perfect_judge_gets_through(pairs: list[Row]) -> None:
    assert judge_gate(calibrate_pairs(pairs, right)) == []


def test_judges_that_cannot_judge_are_stopped(pairs: list[Row]) -> None:
    for name, judge in blind_judges(pairs).items():
        reasons = judge_gate(calibrate_pairs(pairs, judge))
        assert reasons and reasons[0].startswith("pair accuracy is 0."), name


def test_false_alarms_are_named(pairs: list[Row]) -> None:
    def fails(judge: Scorer) -> bool:
        reasons = judge_gate(calibrate_pairs(pairs, judge))
        return any(reason.startswith("false alarms on clean texts") for reason in reasons)

    assert fails(always("fail")) and not fails(always("pass"))


def test_right_verdicts_that_are_too_few_fail_by_that_reason(pairs: list[Row]) -> None:
    asked = iter(range(10**6))

    def mute(row: Row, text: str) -> Verdicts:
        return say(row, "unscored") if next(asked) % 20 == 0 else right(row, text)

    [reason] = judge_gate(calibrate_pairs(pairs, mute))
    assert reason.startswith("unscored is 0.05") and reason.endswith("above 0.02")


def test_a_few_unscored_verdicts_are_forgiven(pairs: list[Row]) -> None:
    asked = iter(range(10**6))

    def mute(row: Row, text: str) -> Verdicts:
        return say(row, "unscored") if next(asked) % 60 == 0 else right(row, text)

    assert judge_gate(calibrate_pairs(pairs, mute)) == []


@pytest.mark.parametrize(("nth", "stopped"), [(8, True), (12, False)])
def test_nine_pairs_of_ten_must_be_right(pairs: list[Row], nth: int, stopped: bool) -> None:
    lenient = {pair["bad"] for pair in pairs[::nth]}

    def judge(row: Row, text: str) -> Verdicts:
        return say(row, "pass") if text in lenient else right(row, text)

    reasons = judge_gate(calibrate_pairs(pairs, judge))
    assert any(reason.startswith("pair accuracy is 0.8") for reason in reasons) == stopped


def test_a_principle_that_is_never_judged_right_is_named(pairs: list[Row]) -> None:
    def deaf(row: Row, text: str) -> Verdicts:
        return say(row, "pass") if row["principle"] == "P14" else right(row, text)

    [reason] = judge_gate(calibrate_pairs(pairs, deaf))
    assert reason == "pair accuracy of P14 is 0.000, below 0.75"


def test_a_judge_of_one_language_is_named(pairs: list[Row]) -> None:
    chance = random.Random(1)

    def foreign(row: Row, text: str) -> Verdicts:
        guess = row["lang"] == "ru" and label(row, text) == "fail" and chance.random() < 0.14
        return say(row, "pass") if guess else right(row, text)

    [reason] = judge_gate(calibrate_pairs(pairs, foreign))
    assert reason.startswith("gap between languages is 0.1")


def test_one_language_has_no_gap(pairs: list[Row]) -> None:
    assert judge_gate(calibrate_pairs([p for p in pairs if p["lang"] == "en"], right)) == []


def test_too_few_pairs_measure_nothing(pairs: list[Row]) -> None:
    assert judge_gate(calibrate_pairs(pairs[:MIN_PAIRS], right)) == []
    with pytest.raises(NothingMeasured) as error:
        judge_gate(calibrate_pairs(pairs[: MIN_PAIRS - 1], right))
    assert "59 pairs, 60 are needed" in error.value.message("en")
    assert "слишком мало данных (59" in error.value.message("ru")


def test_a_judge_that_decides_nothing_measures_nothing(pairs: list[Row]) -> None:
    with pytest.raises(NothingMeasured, match="decided nothing"):
        calibrate_pairs(pairs, always("unscored"))
    with pytest.raises(NothingMeasured, match="false alarms on clean texts is not a number"):
        judge_gate(calibrate_pairs(pairs, always("na")))


def put(found: Row, place: str, value: float | None) -> None:
    """Set a figure deep inside a calibration, "all/pair_accuracy"."""
    *path, last = place.split("/")
    for name in path:
        found = found[name]
    found[last] = value


RATES = ["all/pair_accuracy", "all/false_alarms", "by_principle/P05/all/pair_accuracy"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [*RATES, "all/unscored", "lang_gap"])
def test_what_is_not_finite_is_not_gated(pairs: list[Row], place: str, value: float) -> None:
    found = calibrate_pairs(pairs, right)
    put(found, place, value)
    with pytest.raises(NothingMeasured, match="not a number"):
        judge_gate(found)


@pytest.mark.parametrize("place", RATES)
def test_what_is_missing_is_not_gated(pairs: list[Row], place: str) -> None:
    found = calibrate_pairs(pairs, right)
    put(found, place, None)
    with pytest.raises(NothingMeasured, match="not a number"):
        judge_gate(found)


def test_the_gate_changes_nothing(pairs: list[Row]) -> None:
    found = calibrate_pairs(pairs, coin(1))
    before = copy.deepcopy(found)
    assert judge_gate(found) == judge_gate(found)
    assert found == before


# Rated texts.


def test_a_perfect_judge_of_rated_texts_gets_through(texts: list[Row]) -> None:
    assert judge_gate(calibrate_rated(texts, right)) == []


def test_judges_of_rated_texts_that_cannot_judge_are_stopped(texts: list[Row]) -> None:
    for name, judge in blind_judges(texts).items():
        [reason] = judge_gate(calibrate_rated(texts, judge))
        assert reason.startswith("rank correlation of overall is "), name


def test_too_few_rated_texts_measure_nothing(texts: list[Row]) -> None:
    with pytest.raises(NothingMeasured) as error:
        judge_gate(calibrate_rated(texts[: MIN_TEXTS - 1], right))
    assert "14 texts with a score, 15 are needed" in error.value.message("en")


def test_a_rank_correlation_that_is_no_number_is_not_gated(texts: list[Row]) -> None:
    found = calibrate_rated(texts, right) | {"overall_rank_correlation": math.nan}
    with pytest.raises(NothingMeasured, match="not a number"):
        judge_gate(found)


def test_two_scored_texts_of_twenty_do_not_get_a_judge_through(texts: list[Row]) -> None:
    best = max(texts, key=lambda row: float(row["overall"]))
    worst = min(texts, key=lambda row: float(row["overall"]))

    def mute(row: Row, text: str) -> Verdicts:
        return right(row, text) if row in (best, worst) else say(row, "unscored")

    found = calibrate_rated(texts, mute)
    assert (found["texts"], found["overall_texts"]) == (20, 2)
    try:
        reasons = judge_gate(found)
    except NothingMeasured:
        return
    assert reasons
