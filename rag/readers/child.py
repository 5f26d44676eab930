"""Parse one DOCX or PDF from stdin under limits: `python -m rag.readers.child docx|pdf`.

Prints {"text", "dropped"} or {"error": broken|encrypted|empty|long}. A bomb can only kill this
child, and the child ends by itself where its parent is gone. Nothing outside the file is opened.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

MEMORY = 1 << 30  # bytes of address space
SECONDS = 30  # of processor time; the parent waits as long by the clock
UNZIPPED = 60_000_000  # bytes a document may declare
PAGES = 300
LENGTH = 5_000_000  # characters of text, as many as a plain text may have
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_GONE = (f"{_W}del", f"{_W}moveFrom")  # tracked deletions and the places text was moved from
_COPY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_FORMULA = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_UNREAD = (f"{_W}altChunk", f"{_W}sym", _FORMULA)  # a document inside, a sign of a symbol font
_BESIDE = ("header", "footer", "footnotes", "endnotes", "comments")  # parts beside the body
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def main() -> None:
    """Read stdin, parse, print JSON."""
    _limit()
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
    """Return the body's text and what was left out. Tracked insertions are kept."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(item.file_size for item in archive.infolist()) > UNZIPPED:
            raise _Problem("broken")
    import docx

    document = docx.Document(io.BytesIO(data))
    body = document.element.body
    if body.getroottree().docinfo.doctype:  # no Word writes one; its entities would cut the text
        raise _Problem("broken")
    dropped = set(_left_out(document))
    hidden_styles = _hidden_styles(document)
    paragraphs = []
    for paragraph in body.iter(f"{_W}p"):
        text, hidden = _paragraph(paragraph, hidden_styles)
        paragraphs.append(text)
        dropped |= {"hidden_text"} if hidden else set()
    return _answer("\n".join(paragraphs), dropped)


def _answer(text: str, dropped: set[str]) -> dict[str, Any]:
    if len(text) > LENGTH:
        raise _Problem("long")
    if not text.strip():
        raise _Problem("empty")
    return {"text": text.strip(), "dropped": sorted(dropped)}


def _left_out(document: Any) -> Iterator[str]:
    body = document.element.body
    if next(body.iter(*_GONE), None) is not None:
        yield "deleted_text"
    if next(body.iter(*_UNREAD), None) is not None:
        yield "other"
    for part in document.part.package.iter_parts():
        beside = part.partname.filename.startswith(_BESIDE)
        if beside and re.search(rb"<w:t[ >]", part.blob):
            yield "text_beside"


def _paragraph(paragraph: Any, hidden_styles: set[str]) -> tuple[str, bool]:
    """Return a paragraph's visible text, and whether some of it is hidden.

    A text box has paragraphs of its own, and a copy of them for old programs, which is left out.
    """
    parts, hidden = [], False
    style = _style(paragraph.find(f"{_W}pPr/{_W}pStyle"))
    for run in paragraph.iter(f"{_W}r"):
        if next(run.iterancestors(f"{_W}p")) is not paragraph:
            continue
        if any(parent.tag in (*_GONE, _COPY) for parent in run.iterancestors()):
            continue
        styles = {style, _style(run.find(f"{_W}rPr/{_W}rStyle"))}
        if _hides(run, inherited=not styles.isdisjoint(hidden_styles)):
            hidden = True
            continue
        for node in run:
            parts.append((node.text or "") if node.tag == f"{_W}t" else _SIGNS.get(node.tag, ""))
    return "".join(parts), hidden


def _hidden_styles(document: Any) -> set[str]:
    """Return the ids of the styles that hide their text, those based on them included."""
    styles = document.styles.element.findall(f"{_W}style")
    hidden: set[str] = set()
    while True:
        known = len(hidden)
        for style in styles:
            if _hides(style, inherited=_style(style.find(f"{_W}basedOn")) in hidden):
                hidden.add(style.get(f"{_W}styleId", ""))
        if len(hidden) == known:
            return hidden


def _hides(element: Any, *, inherited: bool) -> bool:
    """Tell whether a run or a style hides its text; what it says itself goes first."""
    mark = element.find(f"{_W}rPr/{_W}vanish")
    return inherited if mark is None else mark.get(f"{_W}val") not in ("0", "false", "off")


def _style(reference: Any) -> str | None:
    return None if reference is None else reference.get(f"{_W}val")


def read_pdf(data: bytes) -> dict[str, Any]:
    """Return the text layer of at most PAGES pages, and what was left out."""
    import pypdf

    if b"%%EOF" not in data.rstrip(b"\0\r\n\t ")[-1024:]:
        raise _Problem("broken")  # cut off: pypdf would show an earlier state as the whole
    repairs = _Repairs()
    logging.getLogger("pypdf").addHandler(repairs)
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise _Problem("encrypted")
    pages = list(reader.pages)
    dropped = {"further_pages"} if len(pages) > PAGES else set()
    texts: list[str] = []
    for page in pages[:PAGES]:
        texts.append(page.extract_text())
        if sum(map(len, texts)) > LENGTH:
            raise _Problem("long")
        dropped |= {"scanned_pages"} if not texts[-1].strip() and _shows_images(page) else set()
    if "pypdf.filters" in repairs.places:  # a stream could not be unpacked: its text is lost
        raise _Problem("broken")
    return _answer("\n\n".join(texts), dropped | ({"repaired"} if repairs.places else set()))


class _Repairs(logging.Handler):
    """Where pypdf met damage and went on: the names of its modules."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note a warning."""
        self.places.add(record.name)


def _shows_images(page: Any) -> bool:
    resources = page.get("/Resources")
    return resources is not None and "/XObject" in resources.get_object()


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource

    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        allowed = resource.getrlimit(kind)[1]
        if allowed != resource.RLIM_INFINITY:
            most = min(most, allowed)
        with suppress(ValueError, OSError):  # macOS refuses the first; the size limits stay
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
