"""Run cases through pydantic-evals, one at a time, so that a kill loses one case at most.

pydantic-evals calls the task and the evaluators; what it lacks stands here: every finished case is
kept as a line at once, and a case that was kept is not run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext
from pydantic_evals.lifecycle import CaseLifecycle
from pydantic_evals.reporting import ReportCase, ReportCaseFailure

from evals.store import ROWS, append_line, read_results
from rag.errors import StorageUnavailable

Row = dict[str, Any]
Work = Callable[[Row], Row]
OnRow = Callable[[], None]


@dataclass
class Principles(Evaluator[Row, Row]):
    """The verdicts of a written text as labels, with their reasons."""

    def evaluate(self, ctx: EvaluatorContext[Row, Row]) -> dict[str, EvaluationReason]:
        """Return a label for each principle; none for a refused draft."""
        found = ctx.output.get("verdicts", {})
        return {id: EvaluationReason(item["verdict"], item["reason"]) for id, item in found.items()}


@dataclass
class NothingInvented(Evaluator[Row, Row]):
    """The fact ledger as an assertion."""

    def evaluate(self, ctx: EvaluatorContext[Row, Row]) -> dict[str, EvaluationReason]:
        """Return whether no fact was added; nothing for a refused draft."""
        if "ledger" not in ctx.output:
            return {}
        added = ctx.output["ledger"]["added"]
        return {"nothing_invented": EvaluationReason(not added, "; ".join(added))}


def run_cases(rows: list[Row], folder: Path, work: Work, on_row: OnRow = lambda: None) -> list[Row]:
    """Return `work(row)` of every row, in order, with the row's id; finished ones are not redone.

    The first error ends the run. Raises StorageUnavailable, and whatever `work` raises.
    """
    done = {row["id"]: row for row in read_results(folder)}
    for _ in done:
        on_row()
    cases = [Case(name=row["id"], inputs=row) for row in rows if row["id"] not in done]
    if cases:
        _evaluate(cases, folder, work, on_row)
        done = {row["id"]: row for row in read_results(folder)}
    return [done[row["id"]] for row in rows]


def _evaluate(cases: list[Case[Row, Row, Any]], folder: Path, work: Work, on_row: OnRow) -> None:
    errors: list[BaseException] = []

    async def task(row: Row) -> Row:
        # In the main thread: an interrupt must reach the work, not wait for it.
        if errors:
            raise _Stopped
        try:
            return {**work(row), "id": row["id"]}
        except BaseException as error:
            errors.append(error)
            raise _Stopped from error

    class Kept(CaseLifecycle[Row, Row, Any]):
        async def teardown(
            self, result: ReportCase[Row, Row] | ReportCaseFailure[Row, Row] | None
        ) -> None:
            if isinstance(result, ReportCase):
                try:
                    append_line(folder / ROWS, result.output)
                except StorageUnavailable as error:
                    errors.append(error)
                else:
                    on_row()

    dataset = Dataset(name=folder.name, cases=cases, evaluators=[Principles(), NothingInvented()])
    dataset.evaluate_sync(task, max_concurrency=1, progress=False, lifecycle=Kept)
    if errors:
        raise errors[0]


class _Stopped(Exception):
    """The run ends here; the cause is raised once pydantic-evals has let go."""
