"""What people said of texts on the page, as evaluation cases.

A row is a draft (`evals run --cases`) and a rated text (`evals calibrate`) at once. Labels are
only what was said: a reason is a fail of the principle it means. A thumbs-up labels nothing, since
a reader who is content has not looked at each principle; nor does a thumbs-down without reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.feedback import principles_of
from rag.history import Feedback, History
from rag.text.clean import clean_text

Row = dict[str, Any]


def cases(history: History) -> list[Row]:
    """Return a row a rated text, what was said last first.

    Raises StorageUnavailable where the history cannot be read.
    """
    return [_case(said, said.entry.result) for said in history.feedback() if said.entry.result]


def _case(said: Feedback, result: Mapping[str, Any]) -> Row:
    """Return one row. The kind is the text's own: a rewrite may know better than the guess."""
    reasons = said.reasons if said.thumb == "down" else ()
    return {
        "id": said.entry.id,
        "lang": result["lang"],
        "kind": result["kind"],
        "draft": clean_text(said.entry.draft),
        "text": clean_text(result["text"]),
        "scores": dict.fromkeys(principles_of(reasons, result["kind"]), "fail"),
        "thumb": said.thumb,
        "reasons": list(reasons),
        "comment": said.comment,
    }
