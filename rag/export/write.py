"""Write blocks to a file whose suffix names the form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.errors import BadInput, StorageUnavailable
from rag.export import to_docx, to_markdown, to_pdf
from rag.export.blocks import Block


def write_blocks(path: Path, blocks: Sequence[Block]) -> None:
    """Write .md, .docx or .pdf. Raises BadInput for another suffix, StorageUnavailable."""
    writers = {
        ".md": lambda: to_markdown(blocks).encode(),
        ".docx": lambda: to_docx(blocks),
        ".pdf": lambda: to_pdf(blocks),
    }
    if path.suffix.lower() not in writers:
        raise BadInput(
            f"{path.name}: the name must end in .md, .docx or .pdf.",
            f"{path.name}: имя должно оканчиваться на .md, .docx или .pdf.",
        )
    try:
        path.write_bytes(writers[path.suffix.lower()]())
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot write {path}: {error.strerror}. Choose another place with --out.",
            f"Не удалось записать {path}: {error.strerror}. Выберите другое место в --out.",
        ) from error
