"""The only file that meets Chroma: write a folder of vectors, read one, probe one.

Embeddings are always passed in (Chroma would otherwise download a model) and telemetry is off.
Chroma writes into a folder even to read it, so readers open a copy of their own: a finished folder
never changes, answers on a full or read-only disk, and two readers do not lock each other out.
"""

from __future__ import annotations

import errno
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.vocabulary import Passage

_NAME = "knowledge"
_BATCH = 500


def write(folder: Path, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
    """Write passages with their vectors, shape (len(passages), dimension), into a new folder.

    Raises OSError where the disk does not take them: Chroma has an error tree of its own.
    """
    with _as_os_errors():
        _write(folder, passages, vectors)


def _write(folder: Path, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
    with _client(folder) as client:
        collection = client.create_collection(_NAME, metadata={"hnsw:space": "cosine"})
        for at in range(0, len(passages), _BATCH):
            batch = passages[at : at + _BATCH]
            collection.upsert(
                ids=[passage.id for passage in batch],
                embeddings=vectors[at : at + _BATCH],
                documents=[passage.text for passage in batch],
                metadatas=[_metadata(passage) for passage in batch],
            )


def read(folder: Path) -> tuple[list[Passage], NDArray[np.float32]]:
    """Return all passages of a folder and their vectors, shape (n, dimension). Raises OSError."""
    with _collection(folder) as collection:
        rows = collection.get(include=["embeddings", "documents", "metadatas"])
    passages = [
        Passage(id=id, text=text, **metadata)
        for id, text, metadata in zip(
            rows["ids"], rows["documents"], rows["metadatas"], strict=True
        )
    ]
    return passages, np.array(rows["embeddings"], np.float32)


def probe(folder: Path) -> int:
    """Query a folder as a user would and return its number of passages."""
    with _collection(folder) as collection:
        one = collection.get(limit=1, include=["embeddings"])
        collection.query(query_embeddings=np.array(one["embeddings"], np.float32), n_results=1)
        return int(collection.count())


@contextmanager
def _collection(folder: Path) -> Iterator[Any]:
    with (
        tempfile.TemporaryDirectory(prefix="provodnik-", ignore_cleanup_errors=True) as copy,
        _as_os_errors(),
    ):
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        with _client(Path(copy)) as client:
            yield client.get_collection(_NAME)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as error:
        raise OSError(errno.EIO, str(error)) from error


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(
        str(folder), settings=Settings(anonymized_telemetry=False, allow_reset=False)
    )


def _metadata(passage: Passage) -> dict[str, Any]:
    return {
        "source": passage.source,
        "lang": passage.lang,
        "start": passage.start,
        "end": passage.end,
        "title": passage.title,
        "section": passage.section,
        "group": passage.group,
    }


if __name__ == "__main__":  # the health probe runs in a child: garbage in the files can crash it
    print(probe(Path(sys.argv[1])))
