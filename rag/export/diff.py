"""Compare two texts word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Change:
    """A stretch of text that stays, comes or goes."""

    what: Literal["equal", "insert", "delete"]
    text: str


def word_diff(before: str, after: str) -> list[Change]:
    """Return changes such that equal + delete give `before` and equal + insert give `after`."""
    old, new = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changes = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            changes.append(Change("equal", "".join(old[a:b])))
            continue
        if b > a:
            changes.append(Change("delete", "".join(old[a:b])))
        if d > c:
            changes.append(Change("insert", "".join(new[c:d])))
    return changes
