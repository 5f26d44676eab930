"""The vectors of the passages: only those of one embedder are ever put side by side.

A name does not prove that: another server may answer to the same one. So a fixed text is embedded
as well, the mark, and vectors are reused only where today's mark is the one they were made with.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexUnavailable
from rag.vocabulary import Embedder, Passage
from rag.whole import write_whole

_MARK = "Сначала факты, потом предложение. First the facts, then the proposal."
_SAME = 0.99  # cosine: one model on other hardware stays above it, another model below
_BATCH = 32


def mark(embedder: Embedder) -> NDArray[np.float32]:
    """Return the vector that tells an embedder from others, shape (dimension,)."""
    return embedder.embed_query(_MARK)


def same_space(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Tell whether two marks come from one embedder."""
    return one.shape == other.shape and float(one @ other) > _SAME


def embed(
    cache: Path,
    passages: list[Passage],
    embedder: Embedder,
    space: NDArray[np.float32],
    on_progress: Callable[[int, int], None],
) -> NDArray[np.float32]:
    """Return a row per passage, reusing those of unchanged passages from the last build.

    Raises IndexUnavailable for an embedder whose answer is of no use, OSError for a full disk.
    """
    known = _read(cache, embedder.name, space)
    missing = [passage for passage in passages if passage.id not in known]
    for at in range(0, len(missing), _BATCH):
        batch = missing[at : at + _BATCH]
        rows = embedder.embed_passages([passage.text for passage in batch])
        if rows.shape != (len(batch), *space.shape) or not np.isfinite(rows).all():
            raise unusable(embedder)
        known.update({passage.id: row for passage, row in zip(batch, rows, strict=True)})
        on_progress(min(at + _BATCH, len(missing)), len(missing))
    rows = np.array([known[passage.id] for passage in passages], np.float32)
    rows = rows.reshape(len(passages), *space.shape)
    file = io.BytesIO()
    ids = [passage.id for passage in passages]
    np.savez(file, ids=ids, rows=rows, name=embedder.name, mark=space)
    write_whole(cache, file.getvalue())
    return rows


def unusable(embedder: Embedder) -> IndexUnavailable:
    """Return the error for vectors that are cut short, of another size, or no numbers."""
    return IndexUnavailable(
        f"The embedding model {embedder.name} gives vectors that cannot be used, or was exchanged "
        "meanwhile. Check PROVODNIK_EMBEDDING_MODEL, or unset it, and start again.",
        f"Модель эмбеддингов {embedder.name} даёт непригодные векторы, или её успели подменить. "
        "Проверьте PROVODNIK_EMBEDDING_MODEL или уберите её и запустите снова.",
    )


def _read(path: Path, name: str, space: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            if str(data["name"]) == name and same_space(data["mark"], space):
                rows = data["rows"].reshape(-1, *space.shape)
                return dict(zip(data["ids"].tolist(), rows, strict=True))
    except Exception:  # garbage fails in many ways inside zipfile and NumPy, and none matters:
        pass  # without a cache everything is embedded again
    return {}
