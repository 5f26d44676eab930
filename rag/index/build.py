"""Build the index aside and switch to it atomically; repair it when it is missing or broken.

Layout of `PROVODNIK_HOME/index/`: one folder per build, `current` (a JSON pointer, replaced
atomically), `vectors.npz` (what was embedded) and `write.lock` (one writer). A reader follows the
pointer, so a killed or failed build leaves the old index answering.

The pointer holds the fingerprint, over embedder, splitter, knowledge and uploads, and the mark of
the embedder (`rag.index.vectors`): when either differs, the index is out of date. It also holds a
seal over the folder's bytes, so that damaged files are told before Chroma, which they can crash,
meets them; what bears the seal is still asked first in a child process.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexUnavailable, StorageUnavailable
from rag.index import split as splitting
from rag.index import store
from rag.index import vectors as embedding
from rag.index.sources import knowledge_documents, read_uploads, upload_documents
from rag.knowledge.source import knowledge_hash
from rag.paths import home
from rag.vocabulary import Embedder
from rag.whole import PARTIAL, write_whole

OnProgress = Callable[[int, int], None]
PROBE_SECONDS = 60
WAIT_SECONDS = 600  # for another process that is building; a build takes a minute or two


@dataclass(frozen=True)
class Built:
    """A usable index: its folder, its fingerprint, and whether it was just built."""

    folder: Path
    fingerprint: str
    passages: int
    fresh: bool


@dataclass(frozen=True)
class _Wanted:
    """What an index is to be built from, all of one moment."""

    embedder: Embedder
    mark: NDArray[np.float32]
    uploads: Mapping[str, bytes]

    @property
    def fingerprint(self) -> str:
        name = self.embedder.name
        digest = hashlib.sha256(f"{name}|{splitting.SETTINGS}|{knowledge_hash()}".encode())
        for upload, data in self.uploads.items():
            digest.update(upload.encode() + b"\0" + hashlib.sha256(data).digest())
        return digest.hexdigest()[:16]


def sync(
    embedder: Embedder, on_progress: OnProgress = lambda done, total: None, rebuild: bool = False
) -> Built:
    """Return an index that is up to date and answers, building it where needed.

    Raises StorageUnavailable when it cannot be written, IndexUnavailable when another process does
    not get done with building, and whatever the embedder raises.
    """
    from filelock import FileLock, Timeout

    root = home() / "index"
    mark = embedding.mark(embedder)
    found = None if rebuild else _current(root, _Wanted(embedder, mark, read_uploads()))
    if found:
        return found
    try:
        root.mkdir(exist_ok=True)
        with FileLock(str(root / "write.lock"), timeout=WAIT_SECONDS):
            wanted = _Wanted(embedder, mark, read_uploads())  # again: waiting may have taken long
            found = None if rebuild else _current(root, wanted)  # another may have built it
            return found or _build(root, wanted, on_progress)
    except Timeout as error:
        raise _busy() from error
    except OSError as error:
        reason = error.strerror or error
        raise StorageUnavailable(
            f"Cannot write the index to {root}: {reason}. Free some disk space or set "
            "PROVODNIK_HOME to a folder you can write to.",
            f"Не удалось записать индекс в {root}: {reason}. Освободите место или укажите "
            "в PROVODNIK_HOME папку, куда можно писать.",
        ) from error


def _busy() -> IndexUnavailable:
    return IndexUnavailable(
        f"Another process has been building the index for {WAIT_SECONDS / 60:.0f} minutes. Wait "
        "until it is done or close it, then try again.",
        f"Другой процесс строит индекс уже {WAIT_SECONDS / 60:.0f} минут. Дождитесь его или "
        "закройте и повторите.",
    )


def _current(root: Path, wanted: _Wanted) -> Built | None:
    """Return the index the pointer names if it is what is wanted, whole, and answers."""
    try:
        pointer = _pointer(root)
        folder = root / Path(pointer["folder"]).name
        if pointer["fingerprint"] != wanted.fingerprint or pointer["seal"] != _seal(folder):
            return None
        if not embedding.same_space(np.array(pointer["mark"], np.float32), wanted.mark):
            return None
        found = Built(folder, wanted.fingerprint, _probe(folder), fresh=False)
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return None
    return found if found.passages else None


def _pointer(root: Path) -> Any:
    try:
        return json.loads((root / "current").read_text("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _seal(folder: Path) -> str:
    """Return a hash over the names and bytes of a folder's files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _probe(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        answer = subprocess.run(
            [sys.executable, "-m", "rag.index.store", str(folder)],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
            env={**os.environ, "TMPDIR": scratch},  # a child that crashes leaves no copy behind
        )
    return int(answer.stdout) if answer.returncode == 0 and answer.stdout.strip().isdigit() else 0


def _build(root: Path, wanted: _Wanted, on_progress: OnProgress) -> Built:
    _sweep(root, keep=_pointed(root))
    documents = [*knowledge_documents(), *upload_documents(wanted.uploads)]
    passages = splitting.split(documents)
    folder = root / uuid.uuid4().hex
    try:
        rows = embedding.embed(
            root / "vectors.npz", passages, wanted.embedder, wanted.mark, on_progress
        )
        store.write(folder, passages, rows)
        _point(root, folder, wanted)
    except BaseException:  # a full disk is not to be filled further by what is of no use
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _sweep(root, keep=folder.name)
    return Built(folder, wanted.fingerprint, len(passages), fresh=True)


def _point(root: Path, folder: Path, wanted: _Wanted) -> None:
    """Switch to a finished folder."""
    pointer = {
        "folder": folder.name,
        "fingerprint": wanted.fingerprint,
        "seal": _seal(folder),
        "mark": wanted.mark.tolist(),
    }
    write_whole(root / "current", json.dumps(pointer).encode())


def _pointed(root: Path) -> str:
    try:
        return str(_pointer(root)["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _sweep(root: Path, keep: str) -> None:
    """Remove earlier builds and what killed ones left: what was deleted is not to lie on there.

    A folder is renamed first, so that a reader who is copying it gets an error, never a part.
    """
    for path in root.iterdir():
        if path.is_dir() and path.name != keep:
            with suppress(OSError):
                path = path.replace(root / f"{path.name}{PARTIAL}")
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == PARTIAL:
            path.unlink(missing_ok=True)
