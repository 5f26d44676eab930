"""`rag index`: bring the knowledge index up to date; add or remove guidelines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rag.command_line.io import Bar, add_common, print_json


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("index", help="sync the knowledge index; add guidelines")
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="guidelines to add: txt, md, docx, pdf"
    )
    parser.add_argument(
        "--remove", action="append", default=[], metavar="NAME", help="remove an added guideline"
    )
    parser.add_argument("--rebuild", action="store_true", help="build anew even if up to date")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Add and remove uploads, then sync."""
    from rag.embedding import open_embedder
    from rag.index.build import sync
    from rag.index.uploads import add_upload, remove_upload

    for path in args.paths:
        add_upload(Path(path).name, Path(path))
    for name in args.remove:
        remove_upload(name)
    bar = Bar()
    built = sync(open_embedder(), lambda done, total: bar("index", done, total), args.rebuild)
    if args.json:
        print_json(
            {"passages": built.passages, "fingerprint": built.fingerprint, "built": built.fresh}
        )
    else:
        print(f"{built.passages} passages, {'built' if built.fresh else 'up to date'}")
    return 0
