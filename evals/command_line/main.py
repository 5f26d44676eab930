"""`python -m evals`: parse, call one command, turn expected errors into messages and exit codes.

Exit codes: 0 done · 1 the gate failed · 2 usage or bad input · 3 nothing measured or not
comparable · 4 model or index unavailable · 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.command_line import commands
from rag import settings
from rag.errors import ProvodnikError
from rag.text.clean import clean_text

Run = Callable[[argparse.Namespace], int]
JUDGES = ("rules", "model", "both")
_RUN = "a run's name, a unique start of it, its folder, or latest"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
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
    run.add_argument("--cases", type=Path, metavar="F.jsonl", help="drafts; default: the dev split")
    _add_judge(run, "rules")
    _add_limit(run)
    run.add_argument("--baseline", metavar="RUN", help="compare with this run")
    run.add_argument("--gate", action="store_true", help="exit 1 where the run is not good enough")

    score = add("score", commands.score, "score given texts without rewriting")
    score.add_argument("file", type=Path, metavar="F.jsonl", help="texts, as in rated-text rows")
    _add_judge(score, "rules")

    calibrate = add("calibrate", commands.calibrate, "measure the evaluator itself against labels")
    calibrate.add_argument(
        "file", type=Path, metavar="F.jsonl", help="pairs, situations or rated texts"
    )
    _add_judge(calibrate, "both")
    calibrate.add_argument(
        "--gate", action="store_true", help="exit 1 where the evaluator misses its goals"
    )

    cases = add("cases", commands.cases, "turn feedback given on the page into rows to measure on")
    cases.add_argument("--out", type=Path, metavar="F.jsonl", help="where to write; default: print")

    agree = add("agree", commands.agree, "say how far a second labeller agrees with the labels")
    agree.add_argument("labels", type=Path, metavar="LABELS.jsonl", help="the second labels")
    agree.add_argument(
        "files", type=Path, nargs="+", metavar="F.jsonl", help="the pairs or situations they label"
    )

    compare = add("compare", commands.compare, "say whether two runs really differ")
    compare.add_argument("a", metavar="RUN_A", help=_RUN)
    compare.add_argument("b", metavar="RUN_B", help=_RUN)

    report = add("report", commands.report, "write a run's HTML report and say where it is")
    report.add_argument("name", metavar="RUN", nargs="?", default="latest", help=_RUN)

    gate = add("gate", commands.gate_run, "exit 0 where a run is good enough, 1 where it is not")
    gate.add_argument("name", metavar="RUN", nargs="?", default="latest", help=_RUN)
    gate.add_argument("--baseline", metavar="RUN", help="fail where the run is worse than this one")

    bench = add("bench", commands.bench, "measure on the test split beside a plain prompt")
    bench.add_argument(
        "--limit", type=_positive, metavar="N", help="only N drafts, evenly spread over the split"
    )
    bench.add_argument("--out", type=Path, metavar="FILE", help="where the figures are kept")
    bench.add_argument("--table", action="store_true", help="print README's table of kept figures")
    return parser


def _add_judge(parser: argparse.ArgumentParser, default: str) -> None:
    words = f"who scores: rules, the model, or rules first and the model in doubt ({default})"
    parser.add_argument("--judge", default=default, choices=JUDGES, help=words)


def _add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=_positive, metavar="N", help="only the first N drafts")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except ProvodnikError as error:
        print(clean_text(error.message(settings.get("PROVODNIK_LANG"))), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
