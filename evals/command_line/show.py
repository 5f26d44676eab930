"""Print what a command found: one JSON document, or figures and tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rag.command_line.io import print_json

Row = Mapping[str, Any]
_INTERVAL = "_interval"


def show(found: Row, as_json: bool) -> None:
    """Print JSON where asked, else text."""
    if as_json:
        print_json(found)
    else:
        print("\n".join(lines(found)))


def lines(found: Row) -> list[str]:
    """Return one line a figure, and an aligned table where a value holds rows."""
    result = []
    for name, value in _merged(found).items():
        rows = dict(_rows(value)) if isinstance(value, Mapping) else {}
        if rows:
            result += [f"{name}:", *_table(rows)]
        elif isinstance(value, Mapping):
            result += [f"{name}:", *(f"  {key}: {item}" for key, item in _merged(value).items())]
        else:
            result.append(f"{name}: {value}")
    return result


def _rows(value: Row, name: str = "") -> Iterable[tuple[str, Row]]:
    """Yield the rows inside a mapping, however deep, under the joined names that lead there."""
    for key, item in value.items():
        if not isinstance(item, Mapping):
            return
        path = f"{name} {key}".strip()
        inner = dict(_rows(item, path))
        yield from inner.items() if inner else [(path, _merged(item))]


def _merged(found: Row) -> Row:
    """Return the values as text, each interval in brackets after the figure it belongs to."""
    result: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, Mapping):
            result[key] = value
        elif not key.endswith(_INTERVAL):
            bounds = found.get(f"{key}{_INTERVAL}")
            shown = f" ({_bounds(bounds)})" if bounds and value is not None else ""
            result[key] = _short(value) + shown
    return result


def _table(rows: Mapping[str, Row]) -> list[str]:
    heads = list(dict.fromkeys(key for row in rows.values() for key in row))
    cells = [["", *heads]]
    cells += [[name, *(str(row.get(head, "")) for head in heads)] for name, row in rows.items()]
    widths = [max(len(line[i]) for line in cells) for i in range(len(heads) + 1)]
    return ["  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]


def _bounds(bounds: Sequence[float]) -> str:
    return "–".join(f"{bound:.2f}" for bound in bounds)


def _short(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, (list, tuple)):
        return "; ".join(_short(item) for item in value) or "–"
    return str(value)
