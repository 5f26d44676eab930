"""Shared by the commands: read an input, print JSON, draw progress on stderr.

What a terminal would act on or hide stands in JSON as an escape: a program reads exactly what
there is, and a person is shown it.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from rag import settings
from rag.readers.leftout import left_out
from rag.readers.read import MAX_BYTES, ReadText, read_bytes, read_file
from rag.text.clean import clean_text


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the arguments most commands share."""
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def read_input(name: str) -> str:
    """Return the text of a file, or of stdin for "-", and say on stderr what was left out of it.

    Raises UnreadableFile.
    """
    found = _read(name)
    for code in found.dropped:
        print(left_out(code, settings.get("PROVODNIK_LANG")), file=sys.stderr)
    return found.text


def _read(name: str) -> ReadText:
    if name == "-":
        return read_bytes("stdin", sys.stdin.buffer.read(MAX_BYTES + 1))
    return read_file(Path(name))


def message_language(args: argparse.Namespace) -> str:
    """Return the language for messages: the one asked for, else the setting."""
    asked = getattr(args, "lang", None)
    return asked if asked in ("ru", "en") else settings.get("PROVODNIK_LANG")


def print_json(data: Any) -> None:
    """Print one JSON document."""
    print("".join(map(_visible, json.dumps(data, ensure_ascii=False, indent=2))))


@cache
def _visible(char: str) -> str:
    """Return a character of a JSON document, as an escape where cleaning would not keep it."""
    return char if clean_text(char) == char else json.dumps(char)[1:-1]


_LABELS = {"index": "Indexing knowledge", "model": "Assembling the model"}


class Bar:
    """A progress bar per named long step, on stderr."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` of the step `what` is done."""
        if total == 0:
            return
        if what != self._what:
            from tqdm import tqdm

            self.close()
            weighs = what == "model"  # its steps are bytes
            self._what = what
            self._bar = tqdm(
                total=total,
                desc=_LABELS.get(what, what),
                file=sys.stderr,
                unit="B" if weighs else "it",
                unit_scale=weighs,
            )
        self._bar.update(done - self._bar.n)
        if done >= total:
            self.close()

    def close(self) -> None:
        """End the current bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._what = None, ""
