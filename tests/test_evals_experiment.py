"""Cases one at a time: order, the first error, and what a kill leaves behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic_evals import Case, Dataset

from evals.experiment import NothingInvented, Principles, run_cases
from evals.store import read_results
from rag.errors import BadInput, StorageUnavailable

Row = dict[str, Any]


def rows_of(count: int) -> list[Row]:
    """Return rows with ids that sort otherwise than they stand."""
    return [{"id": f"r{count - n}", "number": n} for n in range(count)]


def double(row: Row) -> Row:
    """Return the work of a row."""
    return {"text": "Ж" * row["number"], "double": 2 * row["number"]}


# In this process.


def test_results_come_in_order_with_their_ids(tmp_path: Path) -> None:
    rows, ticks = rows_of(12), []
    found = run_cases(rows, tmp_path / "run", double, lambda: ticks.append(1))
    assert found == [{"id": row["id"], **double(row)} for row in rows]
    assert read_results(tmp_path / "run") == found
    assert len(ticks) == 12


def test_finished_rows_are_not_redone_and_keep_their_place(tmp_path: Path) -> None:
    rows, worked, ticks = rows_of(5), [], []

    def work(row: Row) -> Row:
        worked.append(row["id"])
        return double(row)

    run_cases(rows[1:4:2], tmp_path, work)
    found = run_cases(rows, tmp_path, work, lambda: ticks.append(1))
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    assert sorted(worked) == sorted(row["id"] for row in rows)
    assert len(ticks) == 5
    assert run_cases(rows, tmp_path, work) == found
    assert len(worked) == 5


def test_no_rows_are_no_error(tmp_path: Path) -> None:
    assert run_cases([], tmp_path, double) == []


@pytest.mark.parametrize(
    "error",
    [ValueError("a bug"), BadInput("bad", "плохо"), KeyboardInterrupt(), SystemExit(3)],
    ids=lambda error: type(error).__name__,
)
def test_the_first_error_ends_the_run_and_is_raised_as_itself(
    tmp_path: Path, error: BaseException
) -> None:
    rows, worked, ticks = rows_of(6), [], []

    def work(row: Row) -> Row:
        worked.append(row["number"])
        if row["number"] >= 2:
            raise error
        return double(row)

    with pytest.raises(type(error)) as caught:
        run_cases(rows, tmp_path, work, lambda: ticks.append(1))
    assert caught.value is error
    assert worked == [0, 1, 2]
    assert len(ticks) == 2
    assert read_results(tmp_path) == [{"id": row["id"], **double(row)} for row in rows[:2]]

    assert run_cases(rows, tmp_path, double)[1:3] == read_results(tmp_path)[1:3]
    assert len(read_results(tmp_path)) == 6


def test_a_full_disk_is_an_expected_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(StorageUnavailable):
        run_cases(rows_of(3), tmp_path / "file" / "run", double)


def test_a_result_has_the_id_of_its_row(tmp_path: Path) -> None:
    [found] = run_cases(rows_of(1), tmp_path, lambda row: {"id": "another"})
    assert found["id"] == "r1"


# Killed from outside.

CHILD = """
import signal, sys, time
from pathlib import Path
from evals.experiment import run_cases

signal.signal(signal.SIGINT, signal.default_int_handler)
folder, log, count, seconds = Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:])

def work(row):
    with log.open("a") as file:
        file.write(row["id"] + "\\n")
    time.sleep(seconds)
    return {"text": row["id"]}

run_cases([{"id": str(n)} for n in range(int(count))], folder, work)
"""


def start(tmp_path: Path, count: int, seconds: float) -> subprocess.Popen[str]:
    """Start the run in a process of its own, as the command line would."""
    arguments = [str(tmp_path / "run"), str(tmp_path / "log"), str(count), str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments],
        cwd=Path(__file__).parents[1],
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(true: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    """Wait for something that the child does."""
    deadline = time.monotonic() + 60
    while not true():
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_run_is_finished_by_the_same_call(tmp_path: Path) -> None:
    child = start(tmp_path, 40, 0.1)
    with child:
        wait_until(lambda: len(read_results(tmp_path / "run")) >= 3, child)
        child.send_signal(signal.SIGKILL)
        assert child.wait(30) == -signal.SIGKILL
    finished = [row["id"] for row in read_results(tmp_path / "run")]
    assert finished == [str(n) for n in range(len(finished))]
    assert 3 <= len(finished) < 40

    with start(tmp_path, 40, 0.0) as child:
        assert child.wait(60) == 0
    everything = [str(n) for n in range(40)]
    found = read_results(tmp_path / "run")
    assert [row["id"] for row in found] == everything
    assert all(row["text"] == row["id"] for row in found)
    worked = (tmp_path / "log").read_text("utf-8").split()
    assert sorted(set(worked), key=int) == everything
    assert [id for id in finished if worked.count(id) > 1] == []
    assert len(worked) <= 41  # the row that the kill met was begun twice


def test_an_interrupt_reaches_the_work(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with start(tmp_path, 2, 120.0) as child:
        wait_until(log.is_file, child)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert child.returncode != 0
    assert "KeyboardInterrupt" in said
    assert read_results(tmp_path / "run") == []
    assert log.read_text("utf-8").split() == ["0"]


# What pydantic-evals is told.


def test_verdicts_become_labels_and_the_ledger_an_assertion() -> None:
    verdict = {"verdict": "fail", "reason": "shouted", "quote": "!", "scorer": "rules", "odds": -1}
    unscored = {**verdict, "verdict": "unscored", "reason": "no draft"}
    outputs: dict[str, Row] = {
        "written": {
            "verdicts": {"P05": verdict, "P12": unscored},
            "ledger": {"kept": ["9"], "dropped": [], "added": []},
        },
        "invented": {"verdicts": {}, "ledger": {"added": ["12%", "Bob"]}},
        "refused": {"refused": "OffTopic"},
    }
    cases: list[Case[Row, Row, Any]] = [Case(name=id, inputs={"id": id}) for id in outputs]
    dataset = Dataset(name="x", cases=cases, evaluators=[Principles(), NothingInvented()])

    async def task(row: Row) -> Row:
        return outputs[row["id"]]

    report = dataset.evaluate_sync(task, max_concurrency=1, progress=False)
    assert not report.failures
    found = {case.name: case for case in report.cases}
    assert not any(case.evaluator_failures for case in report.cases)

    labels = {id: (item.value, item.reason) for id, item in found["written"].labels.items()}
    assert labels == {"P05": ("fail", "shouted"), "P12": ("unscored", "no draft")}
    assertions = {
        name: {key: (item.value, item.reason) for key, item in case.assertions.items()}
        for name, case in found.items()
    }
    assert assertions == {
        "written": {"nothing_invented": (True, "")},
        "invented": {"nothing_invented": (False, "12%; Bob")},
        "refused": {},
    }
    assert found["invented"].labels == found["refused"].labels == {}
