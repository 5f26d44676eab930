"""Data sets: drafts, minimal pairs, rated texts and questions, one JSON object a line (UTF-8).

A bad line is refused with its file, its number and what is wrong. Texts are cleaned; keys that a
shape does not need are kept: labels of one's own do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from evals.situations import pairs_of
from rag.errors import BadInput
from rag.knowledge.kinds import load_kinds
from rag.knowledge.principles import load_principles
from rag.text.clean import clean_text
from rag.vocabulary import LANGS

Row = dict[str, Any]
Shape = Literal[
    "drafts", "pairs", "situations", "faithful", "labels", "rated", "texts", "questions"
]
Test = Callable[[Any], bool]

DATA = Path(__file__).parent / "data"
LABELS = ("pass", "fail", "na")
_NEEDED: Mapping[Shape, tuple[str, ...]] = {
    "drafts": ("draft",),
    "pairs": ("principle", "lang", "kind", "good", "bad"),
    "situations": ("lang", "kind", "draft", "good", "breaks"),
    "faithful": ("lang", "kind", "draft", "good", "false", "clean"),
    "labels": ("pair", "side", "label"),
    "rated": ("lang", "kind", "text", "scores"),
    "texts": ("lang", "kind", "text"),
    "questions": ("section", "ru", "en"),
}


def spread(rows: list[Row], limit: int | None) -> list[Row]:
    """Return `limit` rows evenly spread over all, so that languages and kinds keep their share."""
    if limit is None or limit >= len(rows):
        return rows
    return [rows[n * len(rows) // limit] for n in range(limit)]


def load_rows(path: Path, shape: Shape) -> list[Row]:
    """Return the rows of a file, each with an id (else its line number). Raises BadInput."""
    rows: dict[str, Row] = {}
    for number, row in _parsed(path):
        _refuse_wrong(row, shape, path, number)
        row["id"] = clean_text(str(row.get("id", number)))
        if row["id"] in rows:
            id = row["id"]
            raise _bad(path, number, f"the id {id!r} occurs twice", f"id {id!r} встречается дважды")
        rows[row["id"]] = row
    if not rows:
        raise _bad(path, 1, "there are no rows", "строк нет")
    return list(rows.values())


def load_labelled(path: Path) -> tuple[Shape, list[Row]]:
    """Return minimal pairs or rated texts, told apart by the keys of the first row.

    Situations come as the minimal pairs they hold.
    """
    first = next(iter(_parsed(path)), (1, Row()))[1]
    if "breaks" in first:
        return "pairs", load_situations(path)
    shape: Shape = "pairs" if "principle" in first else "rated"
    return shape, load_rows(path, shape)


def load_situations(path: Path) -> list[Row]:
    """Return the minimal pairs of a file of situations. Raises BadInput."""
    pairs: list[Row] = []
    rows = load_rows(path, "situations")
    for (number, _), row in zip(_parsed(path), rows, strict=True):
        try:
            pairs += pairs_of(row)
        except ValueError as error:
            raise _bad(path, number, str(error), str(error)) from error
    return pairs


def _parsed(path: Path) -> list[tuple[int, Row]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Cannot read {path}: {error}.", f"Не удалось прочитать {path}: {error}."
        ) from error
    # Not splitlines(): it also breaks at U+2028 and the like, which JSON strings may hold.
    lines = enumerate(text.split("\n"), 1)
    return [(number, _object(path, number, line)) for number, line in lines if line.strip()]


def _object(path: Path, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _bad(path, number, f"not JSON: {error}", f"это не JSON: {error}") from error
    if not isinstance(row, dict):
        raise _bad(path, number, "not a JSON object", "это не JSON-объект")
    return {
        name: clean_text(value) if isinstance(value, str) else value for name, value in row.items()
    }


def _refuse_wrong(row: Row, shape: Shape, path: Path, number: int) -> None:
    missing = ", ".join(name for name in _NEEDED[shape] if name not in row)
    if missing:
        raise _bad(path, number, f"these keys are missing: {missing}", f"нет ключей: {missing}")
    for name, (test, expected) in _values(shape).items():
        found = row.get(name)
        if not test(found) and not (found is None and name not in _NEEDED[shape]):
            raise _bad(
                path,
                number,
                f"{name} must be {expected}, not {found!r:.60}",
                f"значение {name} — {expected}, а стоит {found!r:.60}",
            )


def _values(shape: Shape) -> dict[str, tuple[Test, str]]:
    """Return, by key, the test of its value and how a right one looks.

    A draft may be empty and of any kind (`offtopic`): the product has to cope with that itself.
    """
    principles, kinds = load_principles(), load_kinds()
    text, texts = (_filled, '"…"'), (_strings, '["…"]')
    free = shape == "drafts"
    return {
        "draft": (lambda value: isinstance(value, str), '"…"'),
        "lang": _one_of([*LANGS, "auto"] if free else LANGS),
        "kind": text if free else _one_of(kinds),
        "principle": _one_of(principles),
        "side": _one_of(("good", "bad")),
        "label": _one_of(("pass", "fail")),
        "scores": (lambda value: _labels(value, principles), '{"P01": "pass | fail | na"}'),
        "overall": (_score, "1…5"),
        "breaks": (
            lambda value: isinstance(value, dict) and value.keys() <= principles.keys(),
            '{"P05": {"edits": [["old", "new"]]}}',
        ),
        **dict.fromkeys(("good", "bad", "text", "section", "ru", "en", "pair"), text),
        **dict.fromkeys(("numbers", "must_not", "also"), texts),
    }


def _one_of(names: Collection[str]) -> tuple[Test, str]:
    return (lambda value: isinstance(value, str) and value in names), " | ".join(names)


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _labels(value: Any, principles: Collection[str]) -> bool:
    return isinstance(value, dict) and all(
        id in principles and label in LABELS for id, label in value.items()
    )


def _score(value: Any) -> bool:
    return isinstance(value, (int, float)) and 1 <= value <= 5


def _bad(path: Path, line: int, en: str, ru: str) -> BadInput:
    return BadInput(
        f"{path}, line {line}: {en}. The row formats are in CONTRIBUTING.md.",
        f"{path}, строка {line}: {ru}. Форматы строк описаны в CONTRIBUTING.md.",
    )
