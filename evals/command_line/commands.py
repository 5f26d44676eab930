"""What each command of `python -m evals` does; heavy parts are imported where they are used."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.command_line.show import show
from rag import settings
from rag.command_line.io import Bar, print_json
from rag.errors import NothingMeasured
from rag.vocabulary import JudgeMode

if TYPE_CHECKING:
    from evals.scoring import Scorer

Row = dict[str, Any]


def run(args: argparse.Namespace) -> int:
    """Rewrite and score drafts into a run folder; compare and gate it where asked."""
    from evals.datasets import DATA, load_rows
    from evals.experiment import run_cases
    from evals.runs import rewrite_row, write_reports
    from evals.scoring import make_scorer
    from evals.store import find_run, run_folder
    from rag.tools import open_tools

    rows = load_rows(args.cases or DATA / "drafts" / "dev.jsonl", "drafts")[: args.limit]
    baseline = find_run(args.baseline) if args.baseline else None
    tools = open_tools(Bar())
    scorer = None if args.judge == "rules" else make_scorer(args.judge, tools.model)
    folder = run_folder(rows, args.judge, tools.model.name if tools.model else "")
    tick = _ticks(len(rows), "drafts")
    results = run_cases(rows, folder, lambda row: rewrite_row(row, tools, scorer), tick)
    report = write_reports(folder, results, args.judge)
    return _concluded(args, report, folder, baseline)


def _concluded(args: argparse.Namespace, report: Row, folder: Path, baseline: Path | None) -> int:
    """Print a finished run beside its baseline, and let the gate decide the exit code."""
    from evals.compare import compare_runs

    found: Row = {"folder": str(folder), **report}
    code = 0
    if baseline:
        found["comparison"] = compare_runs(baseline, folder)
    if args.gate:
        found["gate"], code = _gated(lambda: _gate_reasons(folder, baseline))
    show(found, args.json)
    return code


def _gated(reasons_of: Callable[[], list[str]]) -> tuple[Row, int]:
    """Return what a gate says of figures that are to be shown in any case, and the exit code."""
    try:
        reasons = reasons_of()
    except NothingMeasured as error:
        reason = error.message(settings.get("PROVODNIK_LANG"))
        return {"passed": None, "reasons": [reason]}, error.exit_code
    return {"passed": not reasons, "reasons": reasons}, int(bool(reasons))


def score(args: argparse.Namespace) -> int:
    """Score given texts; labels in the rows are not looked at."""
    from evals.datasets import load_rows
    from rag.checks.overall import overall
    from rag.rewriting.result import verdicts_json

    rows = load_rows(args.file, "texts")
    scorer = _scorer(args.judge)
    results = []
    for row in _drawn(rows, len(rows), "texts"):
        verdicts = scorer(row, row["text"])
        mark, found = overall(verdicts, row["text"]), verdicts_json(dict(verdicts))
        results.append({"id": row["id"], "overall": mark, "verdicts": found})
    if args.json:
        print_json(results)
    else:
        print("\n".join(_score_line(result) for result in results))
    return 0


def _score_line(result: Row) -> str:
    fails = [id for id, item in result["verdicts"].items() if item["verdict"] == "fail"]
    return f"{result['id']}\t{result['overall'] or '–'}\t{' '.join(fails) or '–'}"


def calibrate(args: argparse.Namespace) -> int:
    """Measure the evaluator against labelled pairs or rated texts; gate it where asked."""
    from evals.calibration import calibrate_pairs, calibrate_rated
    from evals.datasets import load_labelled
    from evals.metagate import judge_gate
    from evals.runs import write_calibration

    shape, rows = load_labelled(args.file)
    measure = calibrate_pairs if shape == "pairs" else calibrate_rated
    found = measure(rows, _scorer(args.judge), _ticks(len(rows), "rows"))
    found = {"judge": args.judge, "data": args.file.name, **found}
    page = write_calibration(found, rows)
    code = 0
    if args.gate:
        found["gate"], code = _gated(lambda: judge_gate(found))
    shown = found if args.json else {k: v for k, v in found.items() if k != "worst"}
    show({"report": str(page), **shown}, args.json)
    return code


def cases(args: argparse.Namespace) -> int:
    """Print what people said of texts on the page as rows of a data set, or write a file of them.

    Raises NothingMeasured where nobody has said anything yet.
    """
    from evals.cases import cases as rated
    from evals.store import write_text
    from rag.history import History

    rows = rated(History())
    if not rows:
        raise NothingMeasured(
            "There is no feedback yet. Open the page (make run) and rate a finished text below it.",
            "Отзывов ещё нет. Откройте страницу (make run) и оцените готовый текст под ним.",
        )
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if args.out:
        write_text(args.out, text)
    if args.json:
        print_json(rows)
    elif args.out:
        show({"cases": len(rows), "file": str(args.out)}, as_json=False)
    else:
        print(text, end="")
    return 0


def agree(args: argparse.Namespace) -> int:
    """Measure the agreement of a second labeller."""
    from evals.agreement import agreement
    from evals.datasets import load_labelled, load_rows

    pairs = [row for path in args.files for row in load_labelled(path)[1]]
    show(agreement(pairs, load_rows(args.labels, "labels")), args.json)
    return 0


def compare(args: argparse.Namespace) -> int:
    """Compare two runs over the drafts they share."""
    from evals.compare import compare_runs
    from evals.store import find_run

    show(compare_runs(find_run(args.a), find_run(args.b)), args.json)
    return 0


def report(args: argparse.Namespace) -> int:
    """Write the HTML report of a run again and print its path."""
    from evals.runs import write_html
    from evals.store import find_run, read_report

    folder = find_run(args.name)
    show({"report": str(write_html(folder, read_report(folder)))}, args.json)
    return 0


def gate_run(args: argparse.Namespace) -> int:
    """Say whether a run is good enough."""
    from evals.store import find_run

    baseline = find_run(args.baseline) if args.baseline else None
    reasons = _gate_reasons(find_run(args.name), baseline)
    show({"passed": not reasons, "reasons": reasons}, args.json)
    return 1 if reasons else 0


def _gate_reasons(folder: Path, baseline: Path | None) -> list[str]:
    from evals.gate import gate
    from evals.store import read_report

    return gate(read_report(folder), read_report(baseline) if baseline else None)


def bench(args: argparse.Namespace) -> int:
    """Measure on the test split and write the figures, or print README's table of them."""
    from evals.benchmark import table

    if not args.table:
        show(_measured(args), args.json)
        return 0
    found = _kept(args.out)
    if args.json:
        print_json(found)
    else:
        print(table(found))
    return 0


def _kept(out: Path | None) -> Row:
    """Return the figures an earlier benchmark kept. Raises NothingMeasured."""
    from evals.benchmark import LATEST, OURS, PLAIN
    from evals.store import read_json

    path = out or LATEST
    found = read_json(path) or {}
    if not {OURS, PLAIN} <= found.keys():
        raise NothingMeasured(
            f"There is no benchmark at {path}. Make one: make bench.",
            f"Замеров в {path} нет. Сделайте их: make bench.",
        )
    return found


def _measured(args: argparse.Namespace) -> Row:
    from evals import benchmark
    from evals.datasets import DATA, load_rows, spread
    from evals.experiment import run_cases
    from evals.retrieval import recall_at_1
    from evals.store import run_folder, versions, write_json
    from rag.model.catalogue import open_model
    from rag.retrieval import open_retriever
    from rag.tools import Tools

    rows = spread(load_rows(DATA / "drafts" / "test.jsonl", "drafts"), args.limit)
    questions = load_rows(DATA / "retrieval" / "test.jsonl", "questions")
    bar = Bar()
    retriever = open_retriever(lambda done, total: bar("index", done, total))
    model = open_model(lambda done, total: bar("model", done, total))
    systems = benchmark.make_systems(Tools(model, retriever), model)
    folder = run_folder(rows, model.name, under="benchmarks")
    tick = _ticks(len(rows), "drafts")
    results = run_cases(rows, folder, lambda row: benchmark.benchmark_row(row, systems), tick)
    found = {
        "machine": benchmark.machine(),
        "model": model.name,
        "versions": versions(),
        "--help, seconds": benchmark.help_seconds(),
        "retrieval R@1": recall_at_1(questions, retriever),
        **benchmark.totals(results),
    }
    if args.out or not args.limit:  # a part of the drafts is a try, not the benchmark
        write_json(args.out or benchmark.LATEST, found)
    return found


def _scorer(mode: JudgeMode) -> Scorer:
    """Return the scorer of a mode; what it once decided it decides at once.

    The judge is tried first: else a dead one would leave every verdict to the rules.
    """
    from evals.cache import CachedModel, Kept
    from evals.scoring import make_scorer, remembering
    from rag.paths import home

    verdicts = Kept(home() / "cache" / "verdicts.jsonl")
    if mode == "rules":
        return remembering(make_scorer(mode), verdicts, mode)
    from rag.model.catalogue import identity, open_model

    bar = Bar()
    model = open_model(lambda done, total: bar("model", done, total))
    model.choose([{"role": "user", "content": "Say yes."}], ["Yes", "No"])
    cached = CachedModel(Kept(home() / "cache" / "answers.jsonl"), model, identity(model))
    return remembering(make_scorer(mode, cached), verdicts, mode, identity(model))


def _ticks(total: int, unit: str) -> Callable[[], None]:
    """Return what to call after each row: it moves a progress bar on stderr."""
    bar, done = Bar(), count(1)
    bar(unit, 0, total)
    return lambda: bar(unit, next(done), total)


def _drawn(rows: Iterable[Row], total: int, unit: str) -> Iterator[Row]:
    """Yield the rows and move a progress bar with them."""
    tick = _ticks(total, unit)
    for row in rows:
        tick()
        yield row
