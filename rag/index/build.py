"""Build the index aside and switch to it atomically; repair it when it is missing or broken.

Layout of `PROVODNIK_HOME/index/`: one folder per build, `current` (a JSON pointer with folder and
fingerprint, replaced atomically) and `write.lock` (one writer). A reader follows the pointer, so a
killed or failed build leaves the old index answering. The fingerprint covers embedder, splitter,
knowledge and uploads; when it differs, the index is out of date.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import StorageUnavailable
from rag.index import split as splitting
from rag.index import store
from rag.index.sources import knowledge_documents, upload_documents, upload_files
from rag.knowledge.source import knowledge_hash
from rag.paths import home
from rag.vocabulary import Embedder, Passage

OnProgress = Callable[[int, int], None]
_BATCH = 32
PROBE_SECONDS = 60


@dataclass(frozen=True)
class Built:
    """A usable index: its folder, its fingerprint, and whether it was just built."""

    folder: Path
    fingerprint: str
    passages: int
    fresh: bool


def sync(
    embedder: Embedder, on_progress: OnProgress = lambda done, total: None, rebuild: bool = False
) -> Built:
    """Return an index that is up to date and answers, building it where needed.

    Raises StorageUnavailable when it cannot be written.
    """
    from filelock import FileLock

    root = home() / "index"
    wanted = fingerprint(embedder)
    found = None if rebuild else _current(root)
    if found and found.fingerprint == wanted:
        return found
    try:
        root.mkdir(exist_ok=True)
        with FileLock(str(root / "write.lock")):
            found = None if rebuild else _current(root)  # another process may have built it
            if found and found.fingerprint == wanted:
                return found
            return _build(root, wanted, embedder, on_progress)
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot write the index to {root}: {error.strerror}. Free some disk space or set "
            "PROVODNIK_HOME to a folder you can write to.",
            f"Не удалось записать индекс в {root}: {error.strerror}. Освободите место или укажите "
            "в PROVODNIK_HOME папку, куда можно писать.",
        ) from error


def fingerprint(embedder: Embedder) -> str:
    """Return what the index depends on, as a short hash."""
    digest = hashlib.sha256(f"{embedder.name}|{splitting.SETTINGS}|{knowledge_hash()}".encode())
    for path in upload_files():
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _current(root: Path) -> Built | None:
    """Return the index the pointer names if it answers a query, else None."""
    try:
        pointer = json.loads((root / "current").read_text("utf-8"))
        folder = root / Path(pointer["folder"]).name
        found = Built(folder, pointer["fingerprint"], _probe(folder), fresh=False)
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return None
    return found if found.passages else None


def _probe(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    answer = subprocess.run(
        [sys.executable, "-m", "rag.index.store", str(folder)],
        capture_output=True,
        text=True,
        timeout=PROBE_SECONDS,
        check=False,
    )
    return int(answer.stdout) if answer.returncode == 0 and answer.stdout.strip().isdigit() else 0


def _build(root: Path, wanted: str, embedder: Embedder, on_progress: OnProgress) -> Built:
    passages = splitting.split([*knowledge_documents(), *upload_documents()])
    vectors = _vectors(root, passages, embedder, on_progress)
    folder = root / uuid.uuid4().hex
    store.write(folder, passages, vectors)
    pointer = root / f"current.{os.getpid()}"
    pointer.write_text(json.dumps({"folder": folder.name, "fingerprint": wanted}), "utf-8")
    pointer.replace(root / "current")
    _remove_old(root, keep=folder)
    return Built(folder, wanted, len(passages), fresh=True)


def _vectors(
    root: Path, passages: list[Passage], embedder: Embedder, on_progress: OnProgress
) -> NDArray[np.float32]:
    """Embed the passages, reusing the vectors of unchanged ones from the last build."""
    cache_path = root / "vectors.npz"
    cached = _read_cache(cache_path, embedder.name)
    missing = [passage for passage in passages if passage.id not in cached]
    for at in range(0, len(missing), _BATCH):
        batch = missing[at : at + _BATCH]
        rows = embedder.embed_passages([passage.text for passage in batch])
        cached.update({passage.id: row for passage, row in zip(batch, rows, strict=True)})
        on_progress(min(at + _BATCH, len(missing)), len(missing))
    vectors = np.stack([cached[passage.id] for passage in passages])
    partial = root / f"vectors.{os.getpid()}.npz"
    np.savez(partial, ids=[passage.id for passage in passages], rows=vectors, name=embedder.name)
    partial.replace(cache_path)
    return vectors


def _read_cache(path: Path, name: str) -> dict[str, NDArray[np.float32]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            if str(data["name"]) == name:
                return dict(zip(data["ids"].tolist(), data["rows"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # no cache or a damaged one: embed everything again
    return {}


def _remove_old(root: Path, keep: Path) -> None:
    """Remove earlier builds but the newest: a reader may still be opening it."""
    builds = [path for path in root.iterdir() if path.is_dir() and path != keep]
    builds.sort(key=lambda path: path.stat().st_mtime)
    for path in builds[:-1]:
        shutil.rmtree(path, ignore_errors=True)
