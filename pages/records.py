"""The door to the history: drafts are saved before the work starts, results when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.vocabulary import Draft


@dataclass(frozen=True)
class Entry:
    """One draft of the history, with its result once there is one."""

    id: str
    when: str
    kind: str
    draft: str
    result: dict[str, Any] | None


_MEM: dict[str, Entry] = {}


def save(draft: Draft) -> str:
    """Keep a draft and return its place."""
    id = str(len(_MEM) + 1)
    _MEM[id] = Entry(id, "2026-01-01 10:00", draft.kind, draft.text, None)
    return id


def finish(id: str, result: Mapping[str, Any]) -> None:
    """Keep the result of a draft."""
    e = _MEM[id]
    _MEM[id] = Entry(id, e.when, e.kind, e.draft, dict(result))


def entries(limit: int) -> list[Entry]:
    """Return the newest entries."""
    return list(reversed(_MEM.values()))[:limit]


def remove(id: str) -> None:
    """Delete one entry."""
    _MEM.pop(id, None)


def clear() -> None:
    """Delete every entry."""
    _MEM.clear()
