"""`rag model`: list, select and prepare models."""

from __future__ import annotations

import argparse
from typing import Any

from rag.command_line.io import Bar, add_common, print_json


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("model", help="list and prepare models")
    parser.add_argument("action", nargs="?", default="list", choices=["list", "prepare"])
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List what can be used, or assemble and try the chosen model."""
    from rag.model.catalogue import describe_models, open_model

    if args.action == "prepare":
        bar = Bar()
        model = open_model(lambda done, total: bar("model", done, total))
        if args.json:
            print_json({"model": model.name, "ready": True})
        else:
            print(f"Ready: {model.name}")
        return 0
    rows = describe_models()
    if args.json:
        print_json(rows)
    else:
        for row in rows:
            print(f"{'*' if row['selected'] else ' '} {row['name']}: {row['how']}")
    return 0
