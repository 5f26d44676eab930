"""Hostile and broken files: read right, refused by name, or told what is missing.

What takes seconds is marked `chaos`.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from file_samples import (
    document_xml,
    docx_file,
    entity_bomb,
    paragraph,
    pdf_file,
    pdf_page,
    run,
    shown,
    understated,
    updated,
)

from rag.errors import StorageUnavailable, Unavailable, UnreadableFile
from rag.export import to_docx, to_pdf
from rag.export.blocks import Block
from rag.export.write import write_blocks
from rag.readers import child, read
from rag.readers.decode import decode
from rag.readers.read import MAX_BYTES, read_bytes, read_file
from rag.text.clean import clean_text

DRAFT = (
    "Олег, клиенты опять уходят из-за цены. За неделю было 30 заявок, 9 ушли к конкурентам; "
    "средний чек упал с 12 500 до 9 800 рублей. Предлагаю бесплатную доставку от 5 стоек, или "
    "пусть маркетинг поменяет объявления. Прошу решить до пятницы, 15 мая."
)
MIXED = (
    "The quarterly report for HubSpot and Google Ads, see the pipeline below. Отчёт за квартал: "
    "CRM показала 47 сделок, из них 12 закрыты. We need a decision: продлеваем подписку Miro?"
)
LIST = (
    "Итоги недели:\r\n1) отгружено 120 шт.;\r\n2) брак — 3 %;\r\n\r\n«Ромашка» ждёт счёт №17.\r\n"
)
TEXTS = [DRAFT, MIXED, LIST, DRAFT.upper(), (DRAFT + "\n") * 40, "{\n" + DRAFT + "\n}"]
LEGACY = ["cp1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be"]
MARKED = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


def _drafts() -> list[str]:
    """Return the Russian texts of the development data, of eighty characters or more."""
    root = Path(__file__).parents[1] / "evals" / "data"
    files = [path.read_text("utf-8") for path in root.glob("*/dev.jsonl")]
    rows = [json.loads(line) for file in files for line in file.split("\n") if line]
    texts = {str(row.get("draft", "")) for row in rows if row.get("lang") == "ru"}
    return sorted(text for text in texts if len(text) >= 80)


def _encodable(text: str, encoding: str) -> str:
    """Return the text without what an old encoding has no place for."""
    return text.encode(encoding, "ignore").decode(encoding)


# ---- encodings


@pytest.mark.parametrize("encoding", LEGACY)
@pytest.mark.parametrize("text", TEXTS, ids=["draft", "mixed", "list", "capitals", "long", "code"])
def test_russian_of_realistic_length_is_read_right_without_a_mark(text: str, encoding: str) -> None:
    text = _encodable(text, encoding)
    assert read_bytes("draft.txt", text.encode(encoding)).text == text.replace("\r\n", "\n")


@pytest.mark.parametrize("encoding", MARKED)
@pytest.mark.parametrize("text", [*TEXTS, "Да", "\U0001f600 Да"])
def test_any_text_with_a_mark_is_read_right(text: str, encoding: str) -> None:
    data = ("\ufeff" + text).encode(encoding)
    assert read_bytes("draft.txt", data).text == clean_text(text)


@pytest.mark.chaos
@pytest.mark.parametrize("encoding", LEGACY)
def test_every_development_draft_is_read_right(encoding: str) -> None:
    for draft in _drafts():
        for whole in (draft, draft.upper(), f"{MIXED}\r\n{draft}"):
            text = _encodable(whole, encoding)
            assert decode("draft.txt", text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", LEGACY)
def test_a_short_text_is_read_right_or_refused(encoding: str) -> None:
    words = DRAFT.split()
    for start in range(len(words)):
        for length in (2, 3, 5):
            text = " ".join(words[start : start + length])
            try:
                assert decode("draft.txt", text.encode(encoding))[0] == text
            except UnreadableFile as error:
                assert "UTF-8" in error.message("ru")


FOREIGN = {
    "Polish": ("Klienci odchodzą z powodu ceny, źle, żółć, zgłoszenie", "cp1250"),
    "French": (
        "Les clients s’en vont à cause du prix, déjà neuf départs, c’est très gênant",
        "cp1252",
    ),
    "Hebrew": ("לקוחות עוזבים אותנו בגלל המחיר. השבוע קיבלנו שלושים פניות", "cp1255"),
    "Arabic": ("العملاء يغادرون بسبب السعر. تلقينا هذا الأسبوع ثلاثين طلبا", "cp1256"),
    "Greek": ("Οι πελάτες φεύγουν λόγω τιμής. Αυτή την εβδομάδα είχαμε τριάντα", "cp1253"),
    "Chinese": ("客户因为价格离开我们，一周有三十个申请，九个去了竞争对手那里", "gb18030"),
    "Japanese": (
        "お客様は価格のために去っています。今週は三十件の申し込みがありました",
        "shift_jis",
    ),
    "ISO Cyrillic": (DRAFT, "iso8859-5"),
}


@pytest.mark.parametrize(("text", "encoding"), FOREIGN.values(), ids=FOREIGN)
def test_another_encoding_is_refused_rather_than_shown_as_other_letters(
    text: str, encoding: str
) -> None:
    with pytest.raises(UnreadableFile, match="known encoding"):
        decode("letter.txt", text.encode(encoding))


def test_english_with_the_quotes_of_windows_is_read() -> None:
    text = "We’re losing “big” clients — the price is too high, isn’t it?"
    assert decode("draft.txt", text.encode("cp1252"))[0] == text


def test_utf8_cut_anywhere_is_the_beginning_or_refused() -> None:
    data = DRAFT.encode()
    for end in range(80, len(data)):
        try:
            text, _ = decode("draft.txt", data[:end])
        except UnreadableFile:
            continue
        assert text.encode() == data[:end]


def test_utf8_with_a_bad_byte_anywhere_is_refused() -> None:
    data = DRAFT.encode()
    for place in range(len(data)):
        with pytest.raises(UnreadableFile, match="damaged"):
            decode("draft.txt", data[:place] + b"\xff" + data[place:])


# ---- what a file says it is, and what it is

_NOISE = bytes(range(128, 256)) * 8
_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
_PDF = to_pdf([Block("heading", "Отчёт"), Block("paragraph", DRAFT)])
_DOCX = to_docx([Block("heading", "Отчёт"), Block("paragraph", DRAFT)])


def _archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "a picture named .txt": ("photo.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + _NOISE, "encoding"),
    "a photograph named .docx": ("a.docx", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + _NOISE, "encoding"),
    "a sound named .pdf": ("song.pdf", b"ID3\x03\0\0\0\0" + _NOISE, "encoding"),
    "a program named .md": ("readme.md", b"MZ\x90\0\x03\0\0\0" + bytes(60) + _NOISE, "encoding"),
    "a packed file named .txt": ("a.txt", b"\x1f\x8b\x08\0" + _NOISE, "encoding"),
    "an empty archive": ("a.zip", _archive(), "encoding"),
    "an archive named .docx": ("a.docx", _archive("notes.txt"), "not what its name says"),
    "a table named .docx": (
        "a.docx",
        _archive("[Content_Types].xml", "xl/workbook.xml"),
        "not what",
    ),
    "an old Word file named .docx": ("a.docx", _OLD_WORD, "older office program"),
    "RTF named .txt": ("a.txt", b"{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0}", "older office program"),
    "a torn PDF named .txt": ("a.txt", _PDF[:400], "damaged"),
}


@pytest.mark.parametrize(("name", "data", "what"), REFUSED.values(), ids=REFUSED)
def test_a_file_of_another_kind_than_its_name_is_refused(name: str, data: bytes, what: str) -> None:
    with pytest.raises(UnreadableFile, match=what) as caught:
        read_bytes(name, data)
    assert re.search("[а-я]", caught.value.message("ru"))


RENAMED: dict[str, tuple[str, bytes]] = {
    "a PDF named .docx": ("report.docx", _PDF),
    "a DOCX named .pdf": ("report.pdf", _DOCX),
    "a PDF after a mark and an empty line": ("report.pdf", b"\xef\xbb\xbf\r\n" + _PDF),
    "a text named .pdf": ("report.pdf", f"Отчёт\n{DRAFT}".encode()),
}


@pytest.mark.parametrize(("name", "data"), RENAMED.values(), ids=RENAMED)
def test_a_readable_file_is_read_whatever_its_name(name: str, data: bytes) -> None:
    found = read_bytes(name, data)
    assert found.text.split() == f"Отчёт {DRAFT}".split()
    assert found.dropped == []


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\t"])
def test_an_empty_text_file_is_an_empty_text(data: bytes) -> None:
    assert read_bytes("draft.txt", data).text.strip() == ""


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
def test_a_file_without_an_end_is_refused_at_the_limit() -> None:
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="5 MB"):
        read_file(Path("/dev/zero"))
    assert time.monotonic() - started < 10


# ---- damaged and protected files


def _parsed(kind: str, data: bytes) -> dict[str, Any]:
    """Parse in this process: for cases too many for a child each."""
    try:
        return child.read_docx(data) if kind == "docx" else child.read_pdf(data)
    except Exception as error:
        return {"error": str(error)}


_LONG = [Block("paragraph", f"{number}. {DRAFT}") for number in range(60)]


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_a_document_cut_anywhere_is_refused(kind: str) -> None:
    data = to_docx(_LONG) if kind == "docx" else to_pdf(_LONG)
    assert "59. Олег" in _parsed(kind, data)["text"]
    for percent in [*range(1, 100, 7), 99]:
        assert "error" in _parsed(kind, data[: len(data) * percent // 100]), percent
    assert "error" in _parsed(kind, data[:-7])


def test_a_pdf_cut_in_its_second_state_is_not_shown_in_its_first() -> None:
    data = updated(_PDF)
    assert "Олег" in _parsed("pdf", data)["text"]
    assert "error" in _parsed("pdf", data[:-100])


def test_a_page_that_cannot_be_unpacked_is_not_left_out_in_silence() -> None:
    data = to_pdf(_LONG)
    pages = [match.end() for match in re.finditer(rb">>\nstream\n", data)][1:5]
    for place in pages:
        torn = data[: place + 60] + bytes(8) + data[place + 68 :]
        assert "error" in _parsed("pdf", torn)


def test_a_repaired_pdf_is_told() -> None:
    data = pdf_page(shown(b"30 orders"))
    assert _parsed("pdf", data) == {"text": "30 orders", "dropped": []}
    sloppy = re.sub(rb"startxref\n\d+", b"startxref\n3", data)
    assert _parsed("pdf", sloppy) == {"text": "30 orders", "dropped": ["repaired"]}


def test_a_page_that_is_a_picture_is_told() -> None:
    picture = pypdf.PdfReader(io.BytesIO(pdf_page(shown(b""), resources=b"/XObject<<>>")))
    text = pypdf.PdfReader(io.BytesIO(pdf_page(shown(b"30 orders"))))
    assert _written(text, picture) == {"text": "30 orders", "dropped": ["scanned_pages"]}
    assert _written(text, text)["dropped"] == []


def _written(*readers: pypdf.PdfReader) -> dict[str, Any]:
    writer = pypdf.PdfWriter()
    for reader in readers:
        writer.add_page(reader.pages[0])
    out = io.BytesIO()
    writer.write(out)
    return _parsed("pdf", out.getvalue())


def _locked_pdf() -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(_PDF))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PROTECTED = {
    "pdf": _locked_pdf(),
    "docx": _OLD_WORD + "EncryptionInfo\0EncryptedPackage\0".encode("utf-16-le") + _NOISE,
}


@pytest.mark.parametrize("kind", PROTECTED)
def test_a_document_with_a_password_says_so(kind: str) -> None:
    with pytest.raises(UnreadableFile, match="password") as caught:
        read_bytes(f"report.{kind}", PROTECTED[kind])
    assert "паролем" in caught.value.message("ru")


# ---- what is not in the text is told

_BOX = "<w:rPr><w:vanish/></w:rPr>"
_STYLES = f"""<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="character" w:styleId="Secret">{_BOX}</w:style>
<w:style w:type="paragraph" w:styleId="Below"><w:basedOn w:val="Secret"/></w:style>
<w:style w:type="paragraph" w:styleId="Open"><w:basedOn w:val="Secret"/>
<w:rPr><w:vanish w:val="0"/></w:rPr></w:style></w:styles>"""
_PLAIN = paragraph("видно")
LEFT_OUT: dict[str, tuple[str, dict[str, str], str, list[str]]] = {
    "nothing": (_PLAIN, {}, "видно", []),
    "inserted": (paragraph(f"<w:ins>{run('да')}</w:ins>"), {}, "да", []),
    "deleted": (
        _PLAIN + paragraph("<w:del><w:r><w:delText>нет</w:delText></w:r></w:del>"),
        {},
        "видно",
        ["deleted_text"],
    ),
    "hidden": (paragraph(run("видно") + run("тайно", "<w:vanish/>")), {}, "видно", ["hidden_text"]),
    "hidden by the style of words": (
        paragraph(run("видно") + run("тайно", '<w:rStyle w:val="Secret"/>')),
        {"styles": _STYLES},
        "видно",
        ["hidden_text"],
    ),
    "hidden by the style of a paragraph": (
        _PLAIN + paragraph("тайно", "Below"),
        {"styles": _STYLES},
        "видно",
        ["hidden_text"],
    ),
    "shown against its style": (
        _PLAIN
        + paragraph("и это", "Open")
        + paragraph(run("и то", '<w:rStyle w:val="Secret"/><w:vanish w:val="0"/>')),
        {"styles": _STYLES},
        "видно\nи это\nи то",
        [],
    ),
    "a footnote": (
        _PLAIN,
        {"footnotes": f"<w:footnotes {docx.oxml.ns.nsdecls('w')}>{_PLAIN}</w:footnotes>"},
        "видно",
        ["text_beside"],
    ),
    "an empty header": (
        _PLAIN,
        {"header1": f"<w:hdr {docx.oxml.ns.nsdecls('w')}><w:p/></w:hdr>"},
        "видно",
        [],
    ),
    "a comment": (
        _PLAIN,
        {"comments": f"<w:comments {docx.oxml.ns.nsdecls('w')}>{_PLAIN}</w:comments>"},
        "видно",
        ["text_beside"],
    ),
    "a document in the document": (_PLAIN + "<w:altChunk/>", {}, "видно", ["other"]),
    "a formula": (
        _PLAIN + "<w:p><m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>",
        {},
        "видно",
        ["other"],
    ),
}


@pytest.mark.parametrize(("body", "parts", "text", "dropped"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_a_document_holds_beside_its_text_is_told(
    body: str, parts: dict[str, str], text: str, dropped: list[str]
) -> None:
    found = child.read_docx(docx_file(document_xml(body), parts))
    assert found == {"text": text, "dropped": dropped}


# ---- nothing is loaded from outside the file

SECRET = "тайна-файла"
_IMAGE = '<w:p><w:r><w:drawing r:link="rId1"/></w:r></w:p>'
OUTSIDE: dict[str, Callable[[str], bytes]] = {
    "an entity": lambda to: docx_file(
        document_xml(paragraph("до &x; после"), f'<!DOCTYPE w [<!ENTITY x SYSTEM "{to}">]>')
    ),
    "a parameter entity": lambda to: docx_file(
        document_xml(_PLAIN, f'<!DOCTYPE w [<!ENTITY % x SYSTEM "{to}"> %x;]>')
    ),
    "a document type": lambda to: docx_file(document_xml(_PLAIN, f'<!DOCTYPE w SYSTEM "{to}">')),
    "an entity in another part": lambda to: docx_file(
        document_xml(_PLAIN),
        {"styles": f'<!DOCTYPE w [<!ENTITY x SYSTEM "{to}">]>{_STYLES[:-11]}&x;</w:styles>'},
    ),
    "an inclusion": lambda to: docx_file(
        document_xml(_PLAIN + f'<xi:include href="{to}" parse="text"/>')
    ),
    "a style sheet": lambda to: docx_file(
        f'<?xml-stylesheet type="text/xsl" href="{to}"?>{document_xml(_PLAIN)}'
    ),
    "a schema": lambda to: docx_file(
        document_xml(
            _PLAIN,
            attributes='xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="x {to}"',
        )
    ),
    "a template": lambda to: docx_file(
        document_xml(_PLAIN),
        {"settings": f"<w:settings {docx.oxml.ns.nsdecls('w')}/>"},
        {"settings": [("attachedTemplate", to)]},
    ),
    "a picture": lambda to: docx_file(
        document_xml(_PLAIN + _IMAGE), links={"document": [("image", to)]}
    ),
    "a document to insert": lambda to: docx_file(
        document_xml(_PLAIN + '<w:subDoc r:id="rId1"/><w:altChunk r:id="rId1"/>'),
        links={"document": [("aFChunk", to)]},
    ),
    "a field": lambda to: docx_file(
        document_xml(_PLAIN + f'<w:p><w:fldSimple w:instr="INCLUDETEXT {to}"/></w:p>')
    ),
}


@dataclass
class Trap:
    """An address in reach that notices when somebody comes, over the network and on disk."""

    addresses: list[str]
    listener: socket.socket
    opened: threading.Event = field(default_factory=threading.Event)

    def is_quiet(self) -> bool:
        """Tell whether nobody has come."""
        return not select.select([self.listener], [], [], 0)[0] and not self.opened.is_set()


@contextmanager
def _trap(folder: Path) -> Iterator[Trap]:
    """Set a trap: a port where nobody may call, and a pipe that nobody may open."""
    pipe = folder / "secret"
    os.mkfifo(pipe)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        trap = Trap([f"http://127.0.0.1:{port}/x.dotm", pipe.as_uri(), str(pipe)], listener)

        def wait() -> None:
            with pipe.open("wb") as file:  # waits until somebody opens it for reading
                trap.opened.set()
                file.write(SECRET.encode())

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        yield trap
        end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        waiting.join()
        os.close(end)


@pytest.mark.parametrize("make", OUTSIDE.values(), ids=OUTSIDE)
def test_nothing_is_loaded_from_outside_the_file(
    make: Callable[[str], bytes], tmp_path: Path
) -> None:
    with _trap(tmp_path) as trap:
        for address in trap.addresses:
            try:
                text = read_bytes("draft.docx", make(address)).text
            except UnreadableFile:
                text = "видно"
            assert text == "видно"
            assert trap.is_quiet()


# ---- bombs

_WORDS = b"(aaaaaaaaaaaaaaaaaaa) Tj "
_NO_PAGES = b"<</Type/Pages/Kids[]/Count 0>>"


def _packed_twice() -> bytes:
    return zlib.compress(zlib.compress(bytes(400_000_000), 9), 9)


def _with_blank(size: int) -> bytes:
    out = io.BytesIO(_DOCX)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/blank.bmp", bytes(size))
    return out.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "zip": lambda: _with_blank(child.UNZIPPED),
    "zip that understates": lambda: understated(
        docx_file(document_xml(paragraph("a" * 50_000_000))), "word/document.xml", 1000
    ),
    "many laughs": lambda: docx_file(document_xml(paragraph("&b;"), entity_bomb())),
    "many laughs in an attribute": lambda: docx_file(
        document_xml(_PLAIN, entity_bomb(), 'w:x="&b;"')
    ),
    "many laughs in another part": lambda: docx_file(
        document_xml(_PLAIN),
        {"styles": f'{entity_bomb()}<w:styles {docx.oxml.ns.nsdecls("w")} w:x="&b;"/>'},
    ),
    "one long laugh many times": lambda: docx_file(
        document_xml(
            _PLAIN,
            f'<!DOCTYPE w [<!ENTITY b "{"x" * 100_000}">]>',
            f'w:x="{"&b;" * 10_000}"',
        )
    ),
    "deep XML": lambda: docx_file(document_xml("<w:x>" * 100_000 + "</w:x>" * 100_000)),
    "deep array": lambda: pdf_file(
        [b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * 200_000 + b"]" * 200_000 + b">>", _NO_PAGES]
    ),
    "pages in a circle": lambda: pdf_file(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"]
    ),
    "stream": lambda: pdf_page(zlib.compress(bytes(400_000_000), 9)),
    "stream packed twice": lambda: pdf_page(_packed_twice(), filters=b"[/FlateDecode/FlateDecode]"),
}
SLOW_BOMBS: dict[str, Callable[[], bytes]] = {
    "five million elements": lambda: docx_file(document_xml('<w:a b="c"/>' * 4_900_000)),
    "a text of fifty megabytes": lambda: docx_file(document_xml(paragraph("a" * 50_000_000))),
    "a line of seventy megabytes": lambda: pdf_page(shown(b"a" * 70_000_000)),
    "two million words": lambda: pdf_page(
        zlib.compress(b"BT /F1 12 Tf " + _WORDS * 2_000_000 + b"ET", 9)
    ),
    "three hundred such pages": lambda: pdf_page(
        zlib.compress(b"BT /F1 12 Tf " + _WORDS * 20_000 + b"ET", 9), times=300
    ),
}


def _refused_in_time(data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match=r"too complex|5 MB|no text"):
        read_bytes("draft", data)
    assert time.monotonic() - started < read.PARSE_SECONDS + 1


@pytest.mark.chaos
@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_time(make: Callable[[], bytes]) -> None:
    data = make()
    assert len(data) < MAX_BYTES
    _refused_in_time(data)


@pytest.mark.chaos
@pytest.mark.parametrize("make", SLOW_BOMBS.values(), ids=SLOW_BOMBS)
def test_a_bomb_that_takes_long_is_refused_at_the_deadline(
    make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make()
    assert len(data) < MAX_BYTES
    monkeypatch.setattr(read, "PARSE_SECONDS", 4)
    _refused_in_time(data)


# ---- the limits bite

_CHILD = "from rag.readers import child; import os, sys, time; {parser}; child.main()"
PARSERS: dict[str, tuple[str, float]] = {  # with the deadline: only the first two reach it
    "sleeps": ("child.read_pdf = lambda data: time.sleep(600)", 1),
    "counts for ever": ("child.read_pdf = lambda data: [0 for _ in iter(int, 1)]", 1),
    "takes more memory than there may be": (
        "child.read_pdf = lambda data: bytearray(child.MEMORY) and dict(text='x', dropped=[])",
        60,
    ),
    "dies": ("child.read_pdf = lambda data: os.abort()", 60),
    "leaves": ("child.read_pdf = lambda data: sys.exit(3)", 60),
    "recurses": ("child.read_pdf = lambda data: child.read_pdf(data)", 60),
}


def _parser(code: str) -> tuple[str, str, str]:
    """Return the command of a child whose parser of PDF is the one given."""
    return (sys.executable, "-c", _CHILD.format(parser=code))


@pytest.mark.parametrize(("code", "deadline"), PARSERS.values(), ids=PARSERS)
def test_a_parser_that_misbehaves_is_ended_and_the_work_goes_on(
    code: str, deadline: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(read, "_CHILD", _parser(code))
        patch.setattr(read, "PARSE_SECONDS", deadline)
        _refused_in_time(_PDF)
    assert "30 заявок" in read_bytes("report.docx", _DOCX).text


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_a_small_file_that_unfolds_to_a_long_text_is_refused(kind: str) -> None:
    if kind == "docx":
        data = docx_file(document_xml(paragraph("а" * 100_000) * (child.LENGTH // 100_000 + 1)))
    else:
        data = pdf_page(shown(b"a" * 100_000), times=child.LENGTH // 100_000 + 1)
    assert len(data) < 200_000
    assert _parsed(kind, data) == {"error": "long"}


def test_a_machine_that_starts_no_process_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_CHILD", ("/nowhere/python",))
    with pytest.raises(Unavailable, match="paste the text") as caught:
        read_bytes("report.pdf", _PDF)
    assert "вставьте текст" in caught.value.message("ru")


@pytest.mark.chaos
def test_a_child_without_a_parent_ends_by_itself() -> None:
    code = f"child.SECONDS = 1; {PARSERS['counts for ever'][0]}"
    done = subprocess.run([*_parser(code), "pdf"], stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


_WEIGH = """
import resource, sys
from rag.errors import UnreadableFile
from rag.readers.read import read_bytes
with open(sys.argv[1], "rb") as file:
    data = file.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_bytes("bomb", data)
except UnreadableFile:
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(after - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.chaos
@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory otherwise")
@pytest.mark.parametrize("name", ["five million elements", "a text of fifty megabytes"])
def test_a_bomb_costs_the_child_no_more_than_its_limit_and_the_parent_nothing(
    name: str, tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb"
    bomb.write_bytes(SLOW_BOMBS[name]())
    shown = subprocess.run(
        [sys.executable, "-c", _WEIGH, str(bomb)], capture_output=True, text=True, check=True
    ).stdout
    parent, child_ = map(int, shown.split())
    assert child_ * 1024 <= child.MEMORY
    assert parent * 1024 < 50_000_000


def test_a_limit_that_is_lower_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (10, 10))
    monkeypatch.setattr(resource, "setrlimit", set_to.__setitem__)
    child._limit()
    assert set(set_to.values()) == {(10, 10)}


def test_a_system_that_takes_no_limit_still_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    child._limit()


# ---- writing


def test_a_disk_that_fills_while_writing_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    write_blocks(path, [Block("paragraph", "прежнее")])
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        with pytest.raises(StorageUnavailable, match=os.strerror(errno.EFBIG)) as caught:
            write_blocks(path, [Block("paragraph", "новое")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "--out" in caught.value.message("ru")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to(tmp_path / "letter.md")
    write_blocks(tmp_path / "link.md", [Block("paragraph", "новое")])
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "letter.md").read_text("utf-8") == "новое\n"


def test_a_sign_of_the_pdf_writer_is_text() -> None:
    data = to_pdf([Block("heading", "{nb}"), Block("paragraph", "**a** __b__ {nb} of {nb}")])
    assert _parsed("pdf", data)["text"].split() == ["{nb}", "**a**", "__b__", "{nb}", "of", "{nb}"]
