"""Parse one DOCX or PDF from stdin under limits: `python -m rag.readers.child docx|pdf`.

Prints {"text", "dropped"} or {"error": broken|encrypted|empty}. A bomb can only kill this child.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

MEMORY = 1 << 30  # bytes of address space
UNZIPPED = 60_000_000  # bytes a document may declare
PAGES = 300
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_GONE = (f"{_W}del", f"{_W}moveFrom")  # tracked deletions and the places text was moved from
_COPY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def main() -> None:
    """Read stdin, parse, print JSON."""
    _limit_memory()
    data = sys.stdin.buffer.read()
    try:
        answer = read_docx(data) if sys.argv[1] == "docx" else read_pdf(data)
    except _Problem as problem:
        answer = {"error": str(problem)}
    except Exception:  # whatever a parser makes of hostile bytes
        answer = {"error": "broken"}
    sys.stdout.write(json.dumps(answer))


class _Problem(Exception):
    """A known reason why there is no text."""


def read_docx(data: bytes) -> dict[str, Any]:
    """Return text and what was left out: deletions and hidden text. Insertions are kept."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(item.file_size for item in archive.infolist()) > UNZIPPED:
            raise _Problem("broken")
    import docx

    body = docx.Document(io.BytesIO(data)).element.body
    dropped = set()
    if next(body.iter(*_GONE), None) is not None:
        dropped.add("deleted_text")
    paragraphs = []
    for paragraph in body.iter(f"{_W}p"):
        text, hidden = _paragraph(paragraph)
        paragraphs.append(text)
        dropped |= {"hidden_text"} if hidden else set()
    text = "\n".join(paragraphs).strip()
    if not text:
        raise _Problem("empty")
    return {"text": text, "dropped": sorted(dropped)}


def _paragraph(paragraph: Any) -> tuple[str, bool]:
    """Return a paragraph's visible text, and whether some of it is hidden.

    A text box has paragraphs of its own, and a copy of them for old programs, which is left out.
    """
    parts, hidden = [], False
    for run in paragraph.iter(f"{_W}r"):
        if next(run.iterancestors(f"{_W}p")) is not paragraph:
            continue
        if any(parent.tag in (*_GONE, _COPY) for parent in run.iterancestors()):
            continue
        if _is_hidden(run):
            hidden = True
            continue
        for node in run:
            parts.append((node.text or "") if node.tag == f"{_W}t" else _SIGNS.get(node.tag, ""))
    return "".join(parts), hidden


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false", "off")


def read_pdf(data: bytes) -> dict[str, Any]:
    """Return the text layer of at most PAGES pages."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise _Problem("encrypted")
    pages = list(reader.pages)
    text = "\n\n".join(page.extract_text() for page in pages[:PAGES]).strip()
    if not text:
        raise _Problem("empty")
    return {"text": text, "dropped": ["further_pages"] if len(pages) > PAGES else []}


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
