"""Situations: one draft, one good text, and for each principle the smallest change that breaks it.

A row is expanded into minimal pairs. `good` may carry marks of what each stretch is
("{situation}In March … {ask}Which of the two?"), which training uses; they are no part of the text.
`breaks` holds by principle either `edits`, a list of [old, new] where old stands once in the good
text, or `text`, the whole broken text (for another order); and a `note` that says why it fails.
"""

from __future__ import annotations

import re
from typing import Any

from rag.text.clean import clean_text

Row = dict[str, Any]
_MARK = re.compile(r"\{([a-z]+)\}")


def pairs_of(row: Row) -> list[Row]:
    """Return the minimal pairs of a situation. Raises ValueError for an edit that does not fit."""
    good = plain(row["good"])
    common = {name: row[name] for name in ("lang", "kind", "draft")}
    pairs = []
    for principle, change in row["breaks"].items():
        try:
            bad = broken(good, change)
        except ValueError as error:
            raise ValueError(f"{row['id']}, {principle}: {error}") from error
        pairs.append(
            {
                "id": f"{row['id']}-{principle}",
                "situation": row["id"],
                "principle": principle,
                **common,
                "good": good,
                "bad": bad,
                "note": change.get("note", ""),
            }
        )
    return pairs


def plain(marked: str) -> str:
    """Return the text without marks."""
    return _MARK.sub("", marked).strip()


def marks(marked: str) -> list[tuple[str, int, int]]:
    """Return (what it is, start, end) of every stretch of the plain text.

    What stands before the first mark is a frame; a text without marks has no stretches.
    """
    if not _MARK.search(marked):
        return []
    text = plain(marked)
    bare = _MARK.sub("", marked)
    lead = len(bare) - len(bare.lstrip())
    found, name, start = [], "frame", 0
    for mark in [*_MARK.finditer(marked), None]:
        place = len(_MARK.sub("", marked[: mark.start()] if mark else marked)) - lead
        end = min(max(place, 0), len(text))
        if end > start:
            found.append((name, start, end))
        name, start = mark.group(1) if mark else "", end
    return found


def broken(good: str, change: Row) -> str:
    """Return the broken text of a change. Raises ValueError for one that does not fit."""
    found = clean_text(tidy(_text_of(good, change))).strip()
    if found in ("", good):
        raise ValueError("the change leaves nothing, or nothing changed")
    return found


def tidy(text: str) -> str:
    """Return a text without the holes that a stretch leaves where it was taken out."""
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"\n{3,}", "\n\n", text)).strip()


def _text_of(good: str, change: Any) -> str:
    if isinstance(change, dict) and isinstance(change.get("text"), str):
        return str(change["text"])
    edits = change.get("edits") if isinstance(change, dict) else None
    if not isinstance(edits, list) or not all(_is_edit(edit) for edit in edits):
        raise ValueError(f'a change is {{"edits": [["old", "new"]]}} or a text, not {change!r:.60}')
    text = good
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{old!r:.60} stands {text.count(old)} times in the text")
        text = text.replace(old, new)
    return text


def _is_edit(edit: Any) -> bool:
    return isinstance(edit, list) and len(edit) == 2 and all(isinstance(part, str) for part in edit)
