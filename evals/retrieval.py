"""Measure retrieval: how often the best passage is of the section that answers the question.

R@1 over questions with a known section, in Russian, in English, and for Russian questions over
the English passages alone.
"""

from __future__ import annotations

from typing import Any

from rag.vocabulary import Lang, Passage, Retriever

Row = dict[str, Any]
GROUPS = ("principle", "handbook", "theme", "lever")
# How a column is called, the language asked in, the language of the passages.
WAYS: tuple[tuple[str, Lang, Lang], ...] = (
    ("ru", "ru", "ru"),
    ("en", "en", "en"),
    ("ru→en", "ru", "en"),
)


def recall_at_1(rows: list[Row], retriever: Retriever) -> Row:
    """Return R@1 for ru, en and ru→en over the same questions, and the questions missed."""
    missed = {
        name: [row["id"] for row in rows if not _hit(row, row[asked], passages, retriever)]
        for name, asked, passages in WAYS
    }
    rates = {name: round(1 - len(missed[name]) / len(rows), 3) for name, _, _ in WAYS}
    return {"questions": len(rows), **rates, "missed": missed}


def _hit(row: Row, question: str, lang: Lang, retriever: Retriever) -> bool:
    best = retriever.search(question, 1, lang=lang, groups=GROUPS)
    return bool(best) and bool({row["section"], *row.get("also", [])} & _names(best[0]))


def _names(passage: Passage) -> set[str]:
    """Return the ids a passage answers by: a lever by its own, its theme's, or both joined."""
    return {passage.section, passage.title, passage.title.split("/")[-1]}
