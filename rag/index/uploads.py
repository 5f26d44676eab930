"""The user's guidelines: copied into the data folder under safe names, removed from there."""

from __future__ import annotations

import re
from pathlib import Path

from rag.errors import BadInput, StorageUnavailable
from rag.index.sources import UPLOADS, upload_files
from rag.paths import home
from rag.readers.read import read_bytes, read_file
from rag.whole import write_whole


def add_upload(name: str, source: Path | bytes) -> str:
    """Keep a guideline after proving that it can be read; return the name it got.

    Raises UnreadableFile or StorageUnavailable.
    """
    safe = safe_name(name)
    folder = home() / UPLOADS
    try:
        if isinstance(source, Path):
            read_file(source)
            data = source.read_bytes()
        else:
            read_bytes(name, source)
            data = source
        folder.mkdir(exist_ok=True)
        write_whole(folder / safe, data)
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot keep {name}: {error.strerror}. Free some space in {folder}.",
            f"Не удалось сохранить {name}: {error.strerror}. Освободите место в {folder}.",
        ) from error
    return safe


def remove_upload(name: str) -> None:
    """Remove a guideline; the next sync removes its passages.

    Raises BadInput if unknown, StorageUnavailable.
    """
    for path in upload_files():
        if path.name == name:
            _unlink(path)
            return
    names = ", ".join(path.name for path in upload_files()) or "—"
    raise BadInput(
        f"There is no added guideline {name}. Added: {names}.",
        f"Нет добавленного регламента {name}. Добавлены: {names}.",
    )


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)  # another process may have been quicker
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot remove {path.name}: {error.strerror}. Check the rights to {path.parent}.",
            f"Не удалось удалить {path.name}: {error.strerror}. Проверьте права на {path.parent}.",
        ) from error


def safe_name(name: str) -> str:
    """Return a file name without path, control characters or leading dots."""
    base = re.split(r"[\\/]", name)[-1]
    kept = re.sub(r"[^\w .()-]", "_", base).strip(" .")
    return kept[-100:] or "guideline.txt"
