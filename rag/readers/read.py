"""Turn a file into clean text: txt, md, docx, pdf, decided by content rather than by suffix.

DOCX and PDF are parsed in a child process with limits on memory and time; what was left out
(deletions, hidden text) is told. Nothing is ever loaded from outside the file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import UnreadableFile
from rag.readers.decode import decode
from rag.text.clean import clean_text

MAX_BYTES = 5_000_000
PARSE_SECONDS = 30


@dataclass(frozen=True)
class ReadText:
    """A file's clean text, its encoding ("" for DOCX and PDF), and codes of what was left out."""

    text: str
    encoding: str = ""
    dropped: list[str] = field(default_factory=list)


def read_file(path: Path) -> ReadText:
    """Return the text of a file. Raises UnreadableFile with what to do."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _too_big()
        return read_bytes(path.name, path.read_bytes())
    except OSError as error:
        raise UnreadableFile(
            f"Cannot open {path.name}: {error.strerror}. Check the name and the rights.",
            f"Не удалось открыть {path.name}: {error.strerror}. Проверьте имя и права.",
        ) from error


def read_bytes(name: str, data: bytes) -> ReadText:
    """Return the text of a file's bytes; `name` is used in messages only."""
    if len(data) > MAX_BYTES:
        raise _too_big()
    if data.startswith(b"%PDF"):
        return _in_child("pdf", data)
    if data.startswith(b"PK\x03\x04"):
        return _in_child("docx", data)
    text, encoding = decode(name, data)
    return ReadText(clean_text(text), encoding)


def _in_child(kind: str, data: bytes) -> ReadText:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rag.readers.child", kind],
            input=data,
            capture_output=True,
            timeout=PARSE_SECONDS,
            check=False,
        )
        broken = {"error": "broken"}
        answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else broken
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"error": "broken"}
    if "error" in answer:
        raise _PROBLEMS.get(answer["error"], _PROBLEMS["broken"])
    return ReadText(clean_text(answer["text"]), "", answer["dropped"])


def _too_big() -> UnreadableFile:
    return UnreadableFile(
        "The file is larger than 5 MB. Keep only the draft or the guideline itself.",
        "Файл больше 5 МБ. Оставьте только сам черновик или регламент.",
    )


_PROBLEMS = {
    "broken": UnreadableFile(
        "The file is damaged, too complex, or not what its name says. Save it again or paste the "
        "text.",
        "Файл повреждён, слишком сложен или не того вида. Сохраните его заново или вставьте текст.",
    ),
    "encrypted": UnreadableFile(
        "The PDF is protected by a password. Remove the protection or paste the text.",
        "PDF защищён паролем. Снимите защиту или вставьте текст.",
    ),
    "empty": UnreadableFile(
        "The file has no text in it (a scan, perhaps). Recognise it first or paste the text.",
        "В файле нет текста (возможно, это скан). Распознайте его или вставьте текст.",
    ),
}
