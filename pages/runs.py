"""The door to the evaluation's reports: files it left behind, read without trusting their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals import charts
from rag.paths import home

_DRAWN = {"by_principle", "by_lang", "worst"}  # shown as a plot and as cases, not as figures


def latest_reports(limit: int = 5) -> list[tuple[str, dict[str, Any] | str]]:
    """Return the newest evaluation runs: name and report, or what is wrong with it."""
    paths = sorted((home() / "runs").glob("*/report.json"), key=lambda p: -p.stat().st_mtime)
    return [(path.parent.name, read_report(path)) for path in paths[:limit]]


def read_report(path: Path) -> dict[str, Any] | str:
    """Return a JSON report, or the reason why it cannot be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return str(error)
    return found if isinstance(found, dict) else "not an object"


def benchmark() -> dict[str, Any] | None:
    """Return the stored comparison on the test drafts, if there is one."""
    found = read_report(Path(__file__).parent.parent / "evals" / "benchmark" / "latest.json")
    return found if isinstance(found, dict) else None


def figures(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the report's single values, those of one level down as "part: name"."""
    found: dict[str, str] = {}
    for name, value in report.items():
        if name in _DRAWN:
            continue
        if isinstance(value, Mapping):
            found |= {f"{name}: {k}": _shown(v) for k, v in value.items() if _single(v)}
        elif _single(value):
            found[name] = _shown(value)
    return found


def plot(report: Mapping[str, Any]) -> str:
    """Return the plot of principles by language as HTML, "" where the report has none."""
    try:
        return charts.plot(report)
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""


def worst(report: Mapping[str, Any], limit: int = 10) -> list[dict[str, str]]:
    """Return the verdicts that people do not share, the surest first, as text."""
    rows = report.get("worst")
    cases = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    names = ("id", "principle", "lang", "label", "verdict", "quote", "reason")
    return [{name: _shown(row.get(name)) for name in names} for row in cases[:limit]]


def tables(report: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the report's tables: lists of rows, and rows named by their key."""
    found: dict[str, list[dict[str, str]]] = {}
    for name, value in report.items():
        if name in _DRAWN:
            continue
        rows: list[Any] = list(value) if isinstance(value, list) else []
        if isinstance(value, Mapping):
            rows = [{"": k, **v} for k, v in value.items() if isinstance(v, Mapping)]
        rows = [row for row in rows if isinstance(row, Mapping)]
        if rows:
            found[name] = [{str(k): _shown(v) for k, v in row.items()} for row in rows]
    return found


def _single(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if _single(value):
        return "—" if value is None else str(value)
    return json.dumps(value, ensure_ascii=False)
