"""Situations: one draft, one good text, and for each principle the smallest change that breaks it.

A row is expanded into minimal pairs. `good` may carry marks of what each stretch is
("{situation}In March … {ask}Which of the two?"), which training uses; they are no part of the text.
`breaks` holds by principle either `edits`, a list of [old, new] where old stands once in the good
text, or `text`, the whole broken text (for another order); and a `note` that says why it fails.
"""

from __future__ import annotations

import re
from typing import Any

Row = dict[str, Any]
_MARK = re.compile(r"\{([a-z]+)\}")


def pairs_of(row: Row) -> list[Row]:
    """Return the minimal pairs of a situation. Raises ValueError for an edit that does not fit."""
    good = plain(row["good"])
    common = {name: row[name] for name in ("lang", "kind", "draft")}
    return [
        {
            "id": f"{row['id']}-{principle}",
            "situation": row["id"],
            "principle": principle,
            **common,
            "good": good,
            "bad": broken(good, change),
            "note": change.get("note", ""),
        }
        for principle, change in row["breaks"].items()
    ]


def plain(marked: str) -> str:
    """Return the text without marks."""
    return _MARK.sub("", marked).strip()


def marks(marked: str) -> list[tuple[str, int, int]]:
    """Return (what it is, start, end) of every marked stretch of the plain text."""
    found, length = [], 0
    for piece in re.split(r"(?=\{[a-z]+\})", marked.strip()):
        mark = _MARK.match(piece)
        end = length + len(piece) - (mark.end() if mark else 0)
        if mark:
            found.append((mark.group(1), length, end))
        length = end
    return found


def broken(good: str, change: Row) -> str:
    """Return the broken text of a change. Raises ValueError for an edit that does not fit."""
    if "text" in change:
        return str(change["text"]).strip()
    text = good
    for old, new in change["edits"]:
        if text.count(old) != 1:
            raise ValueError(f"{old!r:.60} stands {text.count(old)} times in the good text")
        text = text.replace(old, new)
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"\n{3,}", "\n\n", text)).strip()
