"""`rag doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from typing import Any

from rag import settings
from rag.command_line.io import add_common, print_json
from rag.errors import ProvodnikError

NEEDED_BYTES = 1_500_000_000


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("doctor", help="say what works here and what to do")
    parser.add_argument("--settings", action="store_true", help="print the settings table")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the checks; exit 4 where one fails."""
    if args.settings:
        print(settings_table())
        return 0
    rows = [_checked(name, check) for name, check in _CHECKS]
    if args.json:
        print_json(rows)
    else:
        for row in rows:
            print(f"{'ok  ' if row['ok'] else 'FAIL'} {row['what']}: {row['says']}")
    return 0 if all(row["ok"] for row in rows) else 4


def settings_table() -> str:
    """Return the settings as a Markdown table, the one in README."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    lines += [f"| `{s.name}` | {s.default or '–'} | {s.meaning} |" for s in settings.SETTINGS]
    return "\n".join(lines)


def _checked(name: str, check: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"what": name, "ok": True, "says": check()}
    except ProvodnikError as error:
        return {"what": name, "ok": False, "says": error.message(settings.get("PROVODNIK_LANG"))}


def _home() -> str:
    from rag.paths import home

    free = shutil.disk_usage(home()).free
    return f"{home()}, {free / 1e9:.1f} GB free" + (" (little)" if free < NEEDED_BYTES else "")


def _index() -> str:
    from rag.retrieval import open_retriever

    return f"{len(open_retriever().passages)} passages"


def _model() -> str:
    from rag.model.catalogue import open_model

    model = open_model()
    model.choose([{"role": "user", "content": "Say yes."}], ["Yes", "No"])
    return model.name


_CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("data folder", _home),
    ("knowledge index", _index),
    ("language model", _model),
)
