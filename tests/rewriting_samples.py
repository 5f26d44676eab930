"""Material made by hand and a retriever that has learnt nothing, for tests of the rewriting."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conftest import WordEmbedder

from rag.facts.contradictions import find_contradictions
from rag.index.sources import knowledge_documents
from rag.index.split import split
from rag.knowledge.levers import Theme, load_levers
from rag.knowledge.roles import load_roles
from rag.retrieval import HybridRetriever
from rag.rewriting.compose import Composer
from rag.rewriting.material import Material, Piece
from rag.rewriting.openpoints import OpenPoints
from rag.rewriting.proposing import Line
from rag.text.sentences import Unit
from rag.vocabulary import Draft, Lang, Model

Row = tuple[str, str] | tuple[str, str, Line]


@cache
def unlearnt() -> HybridRetriever:
    """Return a retriever over knowledge without exemplars: roles follow from cues alone."""
    passages = [p for p in split(knowledge_documents()) if p.group not in ("unit", "measure")]
    words = WordEmbedder()
    return HybridRetriever(passages, words.embed_passages([p.text for p in passages]), words)


def material(kind: str, lang: Lang, *rows: Row, more: str = "", consequence: str = "") -> Material:
    """Return material of phrases with their roles; `more` is said in the draft and left out."""
    roles = {role.id: role for role in load_roles(kind)}
    draft = Draft("\n".join([*(row[1] for row in rows), more]), lang, kind)
    made = Material(draft, None, consequence=consequence)
    made.contradictions = find_contradictions(draft.text, lang)
    start = 0
    for row in rows:
        role, text = roles[row[0]], row[1]
        start = draft.text.index(text, start)
        unit = Unit(text, start, start + len(text))
        made.pieces.setdefault(role.field, []).append(
            Piece(unit, role, *row[2:], proven=len(row) > 2)
        )
    return made


def composer(
    made: Material,
    theme: str = "general",
    answers: Mapping[str, str] | None = None,
    model: Model | None = None,
) -> Composer:
    """Return a composer of `made` material."""
    points = OpenPoints(made.draft.lang, answers or {})
    return Composer(made, theme_of(theme), points, unlearnt(), model)


def theme_of(id: str) -> Theme:
    """Return the theme `id`."""
    return next(theme for theme in load_levers() if theme.id == id)
