"""What each command of `python -m evals` does; heavy parts are imported where they are used."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from evals.datasets import DATA, load_rows, shape_of
from rag.command_line.io import Bar, print_json
from rag.vocabulary import Model

Row = dict[str, Any]
BENCHMARK = Path(__file__).parents[1] / "benchmark" / "latest.json"


def run(args: argparse.Namespace) -> int:
    """Rewrite and score drafts into a run folder; gate it where asked."""
    from evals.compare import compare_runs
    from evals.runs import find_run, read_results, run_drafts, run_folder, write_summary
    from rag.tools import open_tools

    path = args.cases or DATA / "drafts" / "dev.jsonl"
    rows = load_rows(path)[: args.limit]
    shape_of(rows, path)
    tools = open_tools(Bar())
    folder = run_folder(rows, args.judge, tools.model.name if tools.model else "")
    results = list(_progress(run_drafts(rows, folder, tools, args.judge), len(rows), "drafts"))
    found = write_summary(folder, rows, results, args.judge)
    if args.baseline:
        found["comparison"] = compare_runs(read_results(find_run(args.baseline)), results)
    failed = _gate_reasons(folder, args.baseline) if args.gate else []
    _show(args, found | {"folder": str(folder)} | ({"gate": failed} if args.gate else {}))
    return 1 if failed else 0


def score(args: argparse.Namespace) -> int:
    """Score given texts; labels in the rows are not looked at."""
    from rag.checks.check import check
    from rag.checks.overall import overall
    from rag.rewriting.result import verdicts_json

    rows, model = load_rows(args.file), _model(args.judge)
    shape_of(rows, args.file)
    results = []
    for row in _progress(rows, len(rows), "texts"):
        verdicts = check(
            row["text"], kind=row["kind"], lang=row["lang"], draft=row.get("draft"), model=model,
            mode=args.judge,
        )
        score = overall(verdicts, row["text"])
        results.append({"id": row["id"], "overall": score, "verdicts": verdicts_json(verdicts)})
    if args.json:
        print_json(results)
    for result in [] if args.json else results:
        fails = [id for id, item in result["verdicts"].items() if item["verdict"] == "fail"]
        print(f"{result['id']}\t{result['overall']}\t{' '.join(fails)}")
    return 0


def calibrate(args: argparse.Namespace) -> int:
    """Measure the evaluator against labelled pairs or rated texts."""
    from evals.calibration import calibrate_pairs, calibrate_rated

    rows = load_rows(args.file)
    measure = calibrate_pairs if shape_of(rows, args.file) == "pairs" else calibrate_rated
    bar = _Ticks(len(rows), "rows")
    _show(args, measure(rows, _model(args.judge), args.judge, bar.tick))
    return 0


def compare(args: argparse.Namespace) -> int:
    """Compare two runs over the drafts they share."""
    from evals.compare import compare_runs
    from evals.runs import find_run, read_results

    _show(args, compare_runs(read_results(find_run(args.a)), read_results(find_run(args.b))))
    return 0


def report(args: argparse.Namespace) -> int:
    """Write the HTML report of a run again and print its path."""
    from evals.runs import find_run, read_summary, write_html

    folder = find_run(args.name)
    path = write_html(folder, read_summary(folder))
    _show(args, {"report": str(path)})
    return 0


def gate_run(args: argparse.Namespace) -> int:
    """Say whether a run is good enough."""
    from evals.runs import find_run

    failed = _gate_reasons(find_run(args.name), args.baseline)
    _show(args, {"passed": not failed, "reasons": failed})
    return 1 if failed else 0


def bench(args: argparse.Namespace) -> int:
    """Measure rewriting, retrieval and start-up on the test split; write the figures."""
    from evals.benchmark import benchmark, help_seconds, machine
    from evals.retrieval import recall_at_1
    from rag.tools import open_tools

    tools = open_tools(Bar())
    rows = load_rows(DATA / "drafts" / "test.jsonl")[: args.limit]
    questions = load_rows(DATA / "retrieval" / "test.jsonl")
    found = {
        "machine": machine(),
        "model": tools.model.name if tools.model else "",
        "--help, seconds": help_seconds(),
        "retrieval R@1": recall_at_1(questions, tools.retriever),
        **benchmark(rows, tools, _Ticks(len(rows), "drafts").tick),
    }
    out = args.out or BENCHMARK
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    _show(args, found)
    return 0


def _gate_reasons(folder: Path, baseline: str | None) -> list[str]:
    from evals.gate import gate
    from evals.runs import find_run, read_summary

    return gate(read_summary(folder), read_summary(find_run(baseline)) if baseline else None)


def _model(mode: str) -> Model | None:
    if mode == "rules":
        return None
    from rag.model.catalogue import open_model

    bar = Bar()
    return open_model(lambda done, total: bar("model", done, total))


class _Ticks:
    """A progress bar on stderr that counts calls of `tick`."""

    def __init__(self, total: int, unit: str) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, unit=unit, file=sys.stderr)

    def tick(self) -> None:
        self._bar.update()


def _progress(rows: Iterable[Row], total: int, unit: str) -> Iterator[Row]:
    bar = _Ticks(total, unit)
    for row in rows:
        yield row
        bar.tick()


def _show(args: argparse.Namespace, found: Row) -> None:
    """Print JSON where asked, else one line a figure."""
    if args.json:
        print_json(found)
        return
    for name, value in found.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, item in value.items():
                print(f"  {key}: {_short(item)}")
        else:
            print(f"{name}: {_short(value)}")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_short(item) for item in value) + "]"
    return str(value)
