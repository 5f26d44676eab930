"""Measure retrieval: is the best passage from the section that answers the question?

R@1 over questions with a known section, in Russian, in English, and for Russian questions over
the English passages alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.vocabulary import Lang, Passage, Retriever

Row = dict[str, Any]
GROUPS = ("principle", "handbook", "theme", "lever")


def recall_at_1(rows: list[Row], retriever: Retriever) -> Row:
    """Return R@1 for ru, en and ru→en over the same questions, and the questions missed."""
    ways: Sequence[tuple[str, str, Lang]] = (("ru", "ru", "ru"), ("en", "en", "en"), ("ru→en", "ru", "en"))
    found: Row = {"questions": len(rows)}
    missed: Row = {}
    for name, asked, passages in ways:
        wrong = [row["id"] for row in rows if not _hit(row, row[asked], passages, retriever)]
        found[name] = round(1 - len(wrong) / len(rows), 3) if rows else None
        missed[name] = wrong
    return found | {"missed": missed}


def _hit(row: Row, question: str, lang: Lang, retriever: Retriever) -> bool:
    best = retriever.search(question, 1, lang=lang, groups=GROUPS)
    return bool(best) and bool({row["section"], *row.get("also", [])} & _names(best[0]))


def _names(passage: Passage) -> set[str]:
    """A lever answers by its own id, its theme, or both joined."""
    return {passage.section, passage.title, passage.title.split("/")[-1]}
