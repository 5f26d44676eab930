"""Write a file so that a reader, a kill or a power cut never meets half of it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

PARTIAL = ".part"


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` beside `path` and put it in its place at once. Raises OSError.

    What is unfinished has a hidden name of its own, so that two writers never share it.
    """
    partial = path.with_name(f".{uuid.uuid4().hex}{PARTIAL}")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
