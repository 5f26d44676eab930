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

from rag.errors import Unavailable, UnreadableFile
from rag.readers.child import SECONDS
from rag.readers.decode import decode
from rag.text.clean import clean_text

MAX_BYTES = 5_000_000
PARSE_SECONDS: float = SECONDS
_CHILD = (sys.executable, "-m", "rag.readers.child")
_BEFORE_PDF = b"\xef\xbb\xbf\0\t\n\f\r "  # what mail and web programs put before a PDF
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Office before 2007, or with a password
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
_RTF = b"{\\rtf"


@dataclass(frozen=True)
class ReadText:
    """A file's clean text, its encoding ("" for DOCX and PDF), and codes of what was left out."""

    text: str
    encoding: str = ""
    dropped: list[str] = field(default_factory=list)


def read_file(path: Path) -> ReadText:
    """Return the text of a file. Raises UnreadableFile with what to do."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a device or a growing file has no size to go by
    except OSError as error:
        raise UnreadableFile(
            f"Cannot open {path.name}: {error.strerror}. Check the name and the rights.",
            f"Не удалось открыть {path.name}: {error.strerror}. Проверьте имя и права.",
        ) from error
    return read_bytes(path.name, data)


def read_bytes(name: str, data: bytes) -> ReadText:
    """Return the text of a file's bytes; `name` is used in messages only."""
    if len(data) > MAX_BYTES:
        raise _problem("long")
    document = data[:1024].lstrip(_BEFORE_PDF)
    if document.startswith(b"%PDF"):
        return _in_child("pdf", data.lstrip(_BEFORE_PDF))
    if data.startswith(b"PK\x03\x04"):
        return _in_child("docx", data)
    if data.startswith(_OLE):
        raise _problem("encrypted" if _PROTECTED in data else "old")
    if data.startswith(_RTF):
        raise _problem("old")
    text, encoding = decode(name, data)
    return ReadText(clean_text(text), encoding)


def _in_child(kind: str, data: bytes) -> ReadText:
    """Parse in a process of its own. Raises UnreadableFile, or Unavailable where none starts."""
    try:
        done = subprocess.run(
            [*_CHILD, kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PARSE_SECONDS,
            check=False,
        )
        broken = {"error": "broken"}
        answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else broken
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"error": "broken"}
    except OSError as error:
        raise Unavailable(
            f"Cannot start the reader of DOCX and PDF: {error.strerror}. Close other programs and "
            "try again, or paste the text.",
            f"Не удалось запустить чтение DOCX и PDF: {error.strerror}. Закройте другие программы "
            "и повторите либо вставьте текст.",
        ) from error
    if "error" in answer:
        raise _problem(answer["error"])
    return ReadText(clean_text(answer["text"]), "", answer["dropped"])


_PROBLEMS = {
    "broken": (
        "The file is damaged, too complex, or not what its name says. Save it again or paste the "
        "text.",
        "Файл повреждён, слишком сложен или не того вида. Сохраните его заново или вставьте текст.",
    ),
    "encrypted": (
        "The file is protected by a password. Remove the protection or paste the text.",
        "Файл защищён паролем. Снимите защиту или вставьте текст.",
    ),
    "empty": (
        "The file has no text in it (a scan, perhaps). Recognise it first or paste the text.",
        "В файле нет текста (возможно, это скан). Распознайте его или вставьте текст.",
    ),
    "long": (
        "The file, or the text in it, is larger than 5 MB. Keep only the draft or the guideline "
        "itself.",
        "Файл или текст в нём больше 5 МБ. Оставьте только сам черновик или регламент.",
    ),
    "old": (
        "This is a file of an older office program (DOC, XLS, PPT, RTF). Save it as DOCX or PDF, "
        "or paste the text.",
        "Это файл старой офисной программы (DOC, XLS, PPT, RTF). Сохраните его в DOCX или PDF "
        "либо вставьте текст.",
    ),
}


def _problem(code: str) -> UnreadableFile:
    return UnreadableFile(*_PROBLEMS[code])
