"""Themes and their levers: known obstacles, what they cost a business, and ways out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rag.knowledge.source import Bilingual, BilingualList, Strict, read_rows
from rag.paths import knowledge_dir


class Lever(Strict):
    """One way out, with its limits left open for the author."""

    id: str
    action: Bilingual
    value: Bilingual
    limits: Bilingual
    effect: Bilingual
    risk: Bilingual
    signs: BilingualList


class Theme(Strict):
    """One obstacle: how people talk about it, its consequence, its levers."""

    id: str
    theme: Bilingual
    signs: BilingualList
    consequence: Bilingual
    options: list[Lever]


@cache
def load_levers(folder: Path | None = None) -> tuple[Theme, ...]:
    """Return all themes. Raises BadKnowledge for a malformed file."""
    return tuple(read_rows(folder or knowledge_dir() / "levers", Theme))
