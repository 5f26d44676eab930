"""The kinds of document, as data: fields in order, what to ask, which principles apply."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from rag.knowledge.source import Bilingual, BilingualList, Strict, read_rows
from rag.paths import knowledge_dir


class FieldSpec(Strict):
    """One field of a kind: its heading, what it says, what to ask when the draft lacks it."""

    id: str
    required: bool
    title: Bilingual
    says: Bilingual
    ask: Bilingual


class Kind(Strict):
    """One kind of document."""

    id: str
    direction: Literal["up", "down"]
    title: Bilingual
    about: Bilingual
    signs: BilingualList
    fields: list[FieldSpec]
    principles: list[str]

    def field(self, id: str) -> FieldSpec:
        """Return the field `id`. Raises StopIteration for an unknown one."""
        return next(spec for spec in self.fields if spec.id == id)


@cache
def load_kinds(folder: Path | None = None) -> dict[str, Kind]:
    """Return the kinds by id. Raises BadKnowledge for a malformed file."""
    kinds = read_rows(folder or knowledge_dir() / "kinds", Kind)
    return {kind.id: kind for kind in kinds}
