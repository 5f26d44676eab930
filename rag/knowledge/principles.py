"""The fifteen principles, one file each, in both languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rag.knowledge.source import Strict, read_rows
from rag.paths import knowledge_dir


class PrincipleText(Strict):
    """A principle in one language. `question` is answered Yes where the principle holds."""

    title: str
    rule: str
    holds: str
    fails: str
    question: str
    why: str
    good: list[str]
    bad: list[str]


class Principle(Strict):
    """One principle. `fields` names, by kind, the fields the judge looks at; [] means all."""

    id: str
    name: str
    kinds: list[str]
    fields: dict[str, list[str]]
    ru: PrincipleText
    en: PrincipleText

    def __getitem__(self, lang: str) -> PrincipleText:
        text: PrincipleText = getattr(self, lang)
        return text


@cache
def load_principles(folder: Path | None = None) -> dict[str, Principle]:
    """Return the principles by id, P01 first. Raises BadKnowledge for a malformed file."""
    rows = read_rows(folder or knowledge_dir() / "principles", Principle)
    return {row.id: row for row in sorted(rows, key=lambda row: row.id)}
