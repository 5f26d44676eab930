"""Ground each field: the guideline it follows, with the exact words it rests on."""

from __future__ import annotations

from rag.knowledge.kinds import load_kinds
from rag.knowledge.levers import Theme
from rag.rewriting.theme import GENERAL
from rag.vocabulary import Citation, Document, Passage, Retriever

_GUIDES = ["principle", "handbook", "upload"]


def cite(document: Document, theme: Theme, retriever: Retriever) -> list[Citation]:
    """Return one guideline per field, and the lever behind every suggested option."""
    citations = []
    for id in document.fields:
        says = load_kinds()[document.kind].field(id).says[document.lang]
        for passage in retriever.search(says, 1, lang=document.lang, groups=_GUIDES):
            citations.append(_citation(passage, id))
    return citations + _levers(document, theme, retriever)


def _levers(document: Document, theme: Theme, retriever: Retriever) -> list[Citation]:
    options = document.fields.get("options")
    ideas = [o for o in options if o.origin != "author"] if isinstance(options, list) else []
    citations = []
    for idea in ideas:
        found = retriever.search(idea.action, 5, lang=document.lang, groups=["lever"])
        wanted = {f"{id}/{idea.origin}" for id in (theme.id, GENERAL)}
        citations += [_citation(p, "options") for p in found if p.title in wanted][:1]
    return citations


def _citation(passage: Passage, field: str) -> Citation:
    principle = passage.section if passage.group == "principle" else None
    return Citation(passage.source, (passage.start, passage.end), passage.text, principle, field)
