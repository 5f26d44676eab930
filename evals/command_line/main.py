"""`python -m evals`: parse, call one command, turn expected errors into messages and exit codes.

Exit codes: 0 done · 1 the gate failed · 2 usage or bad input · 3 nothing measured or not
comparable · 4 model or index unavailable · 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rag import settings
from rag.errors import ProvodnikError

Run = Callable[[argparse.Namespace], int]
JUDGES = ["rules", "model", "both"]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    from evals.command_line import commands

    parser = argparse.ArgumentParser(
        prog="python -m evals", description="Measure rewrites, and the evaluator itself."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        made = subparsers.add_parser(name, help=about, description=about)
        made.add_argument("--json", action="store_true", help="print one JSON document on stdout")
        made.set_defaults(run=run)
        return made

    run = add("run", commands.run, "rewrite and score a set of drafts; resumable")
    run.add_argument("--cases", type=Path, metavar="F.jsonl", help="drafts (default: the dev split)")
    run.add_argument("--judge", default="rules", choices=JUDGES)
    run.add_argument("--limit", type=int, metavar="N", help="only the first N drafts")
    run.add_argument("--baseline", metavar="RUN", help="compare with this run")
    run.add_argument("--gate", action="store_true", help="exit 1 where the run is not good enough")

    score = add("score", commands.score, "score given texts without rewriting")
    score.add_argument("file", type=Path, metavar="F.jsonl", help="rated-text rows")
    score.add_argument("--judge", default="rules", choices=JUDGES)

    calibrate = add("calibrate", commands.calibrate, "measure the evaluator itself against labels")
    calibrate.add_argument("file", type=Path, metavar="F.jsonl", help="minimal pairs or rated texts")
    calibrate.add_argument("--judge", default="both", choices=JUDGES)

    compare = add("compare", commands.compare, "say whether two runs really differ")
    compare.add_argument("a", metavar="RUN")
    compare.add_argument("b", metavar="RUN")

    report = add("report", commands.report, "write the run's HTML report and say where it is")
    report.add_argument("name", metavar="RUN", nargs="?", default="latest")

    gate = add("gate", commands.gate_run, "exit 0 where a run is good enough, 1 where it is not")
    gate.add_argument("name", metavar="RUN", nargs="?", default="latest")
    gate.add_argument("--baseline", metavar="RUN")

    bench = add("bench", commands.bench, "measure on the test split beside a plain prompt")
    bench.add_argument("--limit", type=int, metavar="N", help="only the first N drafts")
    bench.add_argument("--out", type=Path, metavar="FILE", help="where the figures go")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except ProvodnikError as error:
        print(error.message(settings.get("PROVODNIK_LANG")), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
