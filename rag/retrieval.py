"""Hybrid retrieval: meaning across languages, words within one.

score = cosine + 0.15 × (BM25 ÷ the query's own ideal BM25). The ideal is the sum,
over the query's terms, of the best score any passage reaches for that term; the ratio lies between
0 and 1 for every query, so a weak lexical match cannot outvote meaning as it does in rank fusion.
BM25 counts only for passages in the query's language: across languages its ranks are noise.
BM25: Robertson & Zaragoza (2009), via bm25s and Snowball stems.

Knowledge is hundreds of passages, so vectors are read from the store once and compared exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.embedding import open_embedder
from rag.errors import IndexUnavailable
from rag.facts.figures import stem
from rag.index import build, store
from rag.index.sources import is_removed
from rag.index.vectors import unusable
from rag.text.clean import clean_text
from rag.text.language import detect_language
from rag.vocabulary import LANGS, Embedder, Lang, Passage, Retriever

LEXICAL_WEIGHT = 0.15
# People ask for rules more often than for obstacles, and obstacles are written as people talk.
PRIOR = {"theme": -0.015, "lever": -0.015}
# Characters of a query that are looked at: E5 reads 512 tokens, and time grows with length.
MAX_QUERY = 2000
# Groups the product learns from; a search never shows them.
LEARNT = {"unit", "measure"}
_TRIES = 3


class HybridRetriever(Retriever):
    """Search over the passages of one index; implements `rag.vocabulary.Retriever`."""

    __hash__ = object.__hash__

    def __init__(
        self,
        passages: list[Passage],
        vectors: NDArray[np.float32],
        embedder: Embedder,
        is_removed: Callable[[str], bool] = lambda source: False,
    ) -> None:
        searched = [passage.group not in LEARNT for passage in passages]
        self.passages = [passage for passage, kept in zip(passages, searched, strict=True) if kept]
        self._vectors = vectors[searched]
        self._all = (passages, vectors)
        self._embedder = embedder
        self._is_removed = is_removed
        self._sources = {passage.source for passage in self.passages}
        self._prior = np.array([PRIOR.get(p.group, 0.0) for p in self.passages], np.float32)
        self._lexical = {lang: _Lexical(self.passages, lang) for lang in LANGS}

    def search(
        self,
        query: str,
        k: int = 5,
        *,
        lang: Lang | None = None,
        groups: Sequence[str] | None = None,
    ) -> list[Passage]:
        """Return up to k passages, best first; `lang` and `groups` restrict the passages."""
        query = clean_text(query).strip()[:MAX_QUERY]
        if not query or not self.passages:
            return []
        scores = self._vectors @ self._query_vector(query)
        scores = scores + LEXICAL_WEIGHT * self._lexical[detect_language(query)].scores(query)
        scores = scores + self._prior
        removed = {source for source in self._sources if self._is_removed(source)}
        allowed = [
            index
            for index, passage in enumerate(self.passages)
            if (lang is None or passage.lang == lang)
            and (groups is None or passage.group in groups)
            and passage.source not in removed
        ]
        best = sorted(allowed, key=lambda index: -scores[index])[:k]
        return [replace(self.passages[i], score=round(float(scores[i]), 4)) for i in best]

    def _query_vector(self, query: str) -> NDArray[np.float32]:
        vector = self._embedder.embed_query(query)
        if vector.shape != self._vectors.shape[1:] or not np.isfinite(vector).all():
            raise unusable(self._embedder)
        return vector

    def examples(self, group: str) -> tuple[list[Passage], NDArray[np.float32]]:
        """Return the passages of a group that is learnt from, not searched, and their vectors."""
        passages, vectors = self._all
        kept = [index for index, passage in enumerate(passages) if passage.group == group]
        return [passages[index] for index in kept], vectors[kept]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors comparable with those of `examples`, shape (len(texts), dimension)."""
        return self._embedder.embed_passages([clean_text(text) for text in texts])


class _Lexical:
    """BM25 over the passages of one language, scaled by the query's own ideal."""

    def __init__(self, passages: list[Passage], lang: Lang) -> None:
        self._lang = lang
        self._size = len(passages)
        self._rows = [i for i, passage in enumerate(passages) if passage.lang == lang]
        self._index = None
        if self._rows:
            import bm25s

            self._index = bm25s.BM25()
            tokens = [self._tokens(passages[i].text) for i in self._rows]
            self._vocabulary = {token for row in tokens for token in row}
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return the scaled score of every passage, shape (passages,); 0 in other languages."""
        result = np.zeros(self._size, np.float32)
        tokens = sorted(set(self._tokens(query)) & self._vocabulary) if self._index else []
        if self._index is None or not tokens:
            return result
        found = self._index.get_scores(tokens)
        ideal = sum(float(self._index.get_scores([token]).max()) for token in tokens)
        result[self._rows] = found / max(ideal, 1e-6)
        return result

    def _tokens(self, text: str) -> list[str]:
        return [stem(word, self._lang) for word in re.findall(r"\w{2,}", text)]


def open_retriever(
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    embedder: Embedder | None = None,
) -> HybridRetriever:
    """Return a retriever over an up-to-date index, building it first where needed.

    It never quotes an upload that was removed, even by another process after it was opened.
    Raises IndexUnavailable and what `build.sync` raises.
    """
    embedder = embedder or open_embedder()
    for _ in range(_TRIES):
        built = build.sync(embedder, on_progress)
        try:
            passages, vectors = store.read(built.folder)
        except OSError as error:  # another process may just have switched to a newer one
            reason = error.strerror or error
        else:
            return HybridRetriever(passages, vectors, embedder, is_removed)
    raise IndexUnavailable(
        f"Cannot read the knowledge index in {built.folder.parent}: {reason}. Free some disk "
        "space and try again; if it stays so, run `python -m rag index --rebuild`.",
        f"Не удалось прочитать индекс знаний в {built.folder.parent}: {reason}. Освободите место "
        "и повторите; если не поможет, запустите `python -m rag index --rebuild`.",
    )
