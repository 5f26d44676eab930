"""Data sets: drafts, minimal pairs and rated texts, one JSON object a line (UTF-8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag.errors import BadInput

DATA = Path(__file__).parent / "data"
_NEEDED = {
    "drafts": {"lang", "kind", "draft"},
    "pairs": {"principle", "lang", "kind", "good", "bad"},
    "rated": {"lang", "kind", "text", "scores"},
}


def load_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file, each with an id. Raises BadInput with file and line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"Cannot read {path}: {error}.", f"Не удалось прочитать {path}: {error}.") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append({**row, "id": str(row.get("id", number))})
        except (ValueError, AttributeError, TypeError) as error:
            raise _bad(path, number, "not a JSON object") from error
    return rows


def shape_of(rows: list[dict[str, Any]], path: Path) -> str:
    """Return "pairs", "rated" or "drafts" by the keys of the rows. Raises BadInput."""
    for shape in ("pairs", "rated", "drafts"):
        if rows and all(_NEEDED[shape] <= row.keys() for row in rows):
            return shape
    raise _bad(path, 1, "rows are neither drafts, pairs nor rated texts, or there are none")


def _bad(path: Path, line: int, what: str) -> BadInput:
    return BadInput(
        f"{path}, line {line}: {what}. The row formats are in CONTRIBUTING.md.",
        f"{path}, строка {line}: {what}. Форматы строк описаны в CONTRIBUTING.md.",
    )
