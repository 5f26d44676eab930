"""`rag check`: score a text against the principles, no rewriting."""

from __future__ import annotations

import argparse
from typing import Any

from rag.command_line.io import Bar, add_common, print_json, read_input


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("check", help="score a text against the principles")
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="a text file, or -")
    parser.add_argument("--kind", default="auto", choices=["auto", "proposal", "report", "cascade"])
    parser.add_argument("--lang", default="auto", choices=["auto", "ru", "en"])
    parser.add_argument("--draft", metavar="FILE", help="the draft the text was written from")
    parser.add_argument("--judge", default="rules", choices=["rules", "model", "both"])
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print verdicts; exit 1 where a principle fails."""
    from rag.checks.check import check
    from rag.checks.overall import overall
    from rag.rewriting.prepare import make_draft
    from rag.rewriting.result import verdicts_json

    text = make_draft(read_input(args.file), args.kind, args.lang)
    draft = read_input(args.draft) if args.draft else None
    model = None
    if args.judge != "rules":
        from rag.model.catalogue import open_model

        bar = Bar()
        model = open_model(lambda done, total: bar("model", done, total))
    verdicts = check(
        text.text, kind=text.kind, lang=text.lang, draft=draft, model=model, mode=args.judge
    )
    score = overall(verdicts, text.text)
    if args.json:
        rows = verdicts_json(verdicts)
        print_json({"lang": text.lang, "kind": text.kind, "verdicts": rows, "overall": score})
    else:
        for id, verdict in verdicts.items():
            print(
                f"{id} {verdict.verdict:9}{verdict.reason}"
                + (f" — {verdict.quote}" if verdict.verdict == "fail" and verdict.quote else "")
            )
        print(f"overall: {score if score is not None else 'not scored'} of 5")
    return 1 if any(verdict.verdict == "fail" for verdict in verdicts.values()) else 0
