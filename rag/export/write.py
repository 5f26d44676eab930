"""Write blocks to a file whose suffix names the form."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.errors import BadInput, StorageUnavailable
from rag.export import to_docx, to_markdown, to_pdf
from rag.export.blocks import Block
from rag.whole import write_whole

_WRITERS: dict[str, Callable[[Sequence[Block]], bytes]] = {
    ".md": lambda blocks: to_markdown(blocks).encode(),
    ".docx": to_docx,
    ".pdf": to_pdf,
}


def check_suffix(path: Path) -> None:
    """Raise BadInput where the suffix names no form we write: before the work, not after it."""
    if path.suffix.lower() not in _WRITERS:
        raise BadInput(
            f"{path.name}: the name must end in .md, .docx or .pdf.",
            f"{path.name}: имя должно оканчиваться на .md, .docx или .pdf.",
        )


def write_blocks(path: Path, blocks: Sequence[Block]) -> None:
    """Write .md, .docx or .pdf. Raises BadInput for another suffix, StorageUnavailable.

    A file that was there stays as it was until the new one is whole.
    """
    check_suffix(path)
    data = _WRITERS[path.suffix.lower()](blocks)
    try:
        write_whole(Path(os.path.realpath(path)), data)  # through a link, as in place
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot write {path}: {error.strerror}. Choose another place with --out.",
            f"Не удалось записать {path}: {error.strerror}. Выберите другое место в --out.",
        ) from error
