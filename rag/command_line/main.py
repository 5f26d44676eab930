"""The command line: parse, call one command, turn expected errors into messages and exit codes.

Exit codes: 0 done · 1 the check or gate failed · 2 usage or bad input · 3 nothing measured ·
4 model or index unavailable · 130 interrupted. Command modules import heavy parts inside their
`run`, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rag.command_line import check, doctor, index, model, rewrite, search
from rag.command_line.io import message_language
from rag.errors import ProvodnikError
from rag.text.clean import clean_text

_COMMANDS = (rewrite, check, index, search, doctor, model)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="python -m rag",
        description="Turn a manager's rough draft into a text an owner can decide on.",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except ProvodnikError as error:
        print(clean_text(error.message(message_language(args))), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
