"""Files of every kind become clean text, or an error that says what to do."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pypdf import PdfWriter

from rag.errors import UnreadableFile
from rag.export import to_pdf
from rag.export.blocks import Block
from rag.readers import read
from rag.readers.child import UNZIPPED
from rag.readers.decode import decode
from rag.readers.read import MAX_BYTES, ReadText, read_bytes, read_file

TEXT = "Олег, клиенты опять уходят из-за цены. За неделю было 30 заявок, 9 ушли."


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866"],
)
@pytest.mark.parametrize("text", [TEXT, "Прошу скидку 5% до пятницы.", "Договорились"])
def test_russian_is_read_in_every_encoding_it_comes_in(text: str, encoding: str) -> None:
    found, name = decode("draft.txt", text.encode(encoding))
    assert found == text
    assert name.replace("_", "-").removesuffix("-sig") == encoding.removesuffix("-sig")


BINARY = {
    "png": b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(300),
    "jpeg": b"\xff\xd8\xff\xe0" + random.Random(2).randbytes(500),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(60),
    "zeros": bytes(100),
    "noise": random.Random(3).randbytes(3000),
    "odd utf-16": b"\xff\xfe\x00",
    "broken utf-8 with a mark": b"\xef\xbb\xbf\xff\xff",
}


@pytest.mark.parametrize("data", BINARY.values(), ids=BINARY)
def test_binary_data_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"photo\.bin is not a text"):
        read_bytes("photo.bin", data)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_utf8_is_decoded_exactly(text: str) -> None:
    if not text.startswith("\ufeff"):
        assert decode("draft.txt", text.encode()) == (text, "utf-8")


@hypothesis(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
@example(b"\xff\xfe\x00\xd8")
@example(b"")
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text, encoding = decode("draft.txt", data)
    except UnreadableFile:
        return
    assert data.decode(encoding) == text


def test_text_is_cleaned_on_the_way_in() -> None:
    dirty = "\x1b[31mred\x1b[0m rose\r\n\u200bthe\x00 end"
    assert read_bytes("a.txt", dirty.encode()) == ReadText("red rose\nthe end", "utf-8")


def _document(*paragraphs: str, xml: str = "") -> bytes:
    """Return a DOCX of the paragraphs, with raw runs at the end of the last one."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if xml:
        spaces = (
            nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        )
        for node in parse_xml(f"<w:body {spaces}>{xml}</w:body>"):
            document.paragraphs[-1]._p.append(node)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


_BOX = f"<w:txbxContent><w:p>{_run('рамка')}</w:p></w:txbxContent>"
DOCUMENTS: dict[str, tuple[str, str, list[str]]] = {
    "plain": ("", "Первый\nВторой", []),
    "inserted": (f"<w:ins>{_run(' да')}</w:ins>", "Первый\nВторой да", []),
    "deleted": (
        f"<w:del><w:r><w:delText>нет</w:delText></w:r></w:del>{_run(' да')}",
        "Первый\nВторой да",
        ["deleted_text"],
    ),
    "moved": (
        f"<w:moveFrom>{_run('да')}</w:moveFrom><w:moveTo>{_run(' да')}</w:moveTo>",
        "Первый\nВторой да",
        ["deleted_text"],
    ),
    "hidden": (_run("тайно", "<w:vanish/>"), "Первый\nВторой", ["hidden_text"]),
    "shown after all": (_run(" явно", '<w:vanish w:val="0"/>'), "Первый\nВторой явно", []),
    "signs": (
        "<w:r><w:tab/><w:t>5</w:t><w:noBreakHyphen/><w:t>7</w:t></w:r>",
        "Первый\nВторой\t5-7",
        [],
    ),
    "text box": (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{_BOX}</mc:Choice>"
        f"<mc:Fallback>{_BOX}</mc:Fallback></mc:AlternateContent></w:r>",
        "Первый\nВторой\nрамка",
        [],
    ),
}


@pytest.mark.parametrize(("xml", "text", "dropped"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_docx(xml: str, text: str, dropped: list[str]) -> None:
    found = read_bytes("draft.docx", _document("Первый", "Второй", xml=xml))
    assert (found.text.rstrip(), found.dropped) == (text, dropped)


def test_pdf() -> None:
    data = to_pdf([Block("heading", "Отчёт"), Block("paragraph", "Пришло 30 заявок")])
    assert read_bytes("report.pdf", data).text.split() == ["Отчёт", "Пришло", "30", "заявок"]


def _pdf(encrypted: bool) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    if encrypted:
        writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _packed(size: int, document: bytes = b"") -> bytes:
    """Return an archive, or a DOCX, with a part that unfolds to `size` bytes."""
    out = io.BytesIO(document)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/blank.bmp", bytes(size))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (_pdf(encrypted=True), "password"),
        (_pdf(encrypted=False), "no text"),
        (b"%PDF-1.7 and then nothing", "damaged"),
        (_document(""), "no text"),
        (_packed(10), "damaged"),
        (_packed(UNZIPPED + 1, _document(TEXT)), "damaged"),
        (_document(TEXT)[:900], "damaged"),
        (bytes(MAX_BYTES + 1), "5 MB"),
    ],
    ids=["encrypted", "scan", "broken pdf", "empty docx", "zip", "bomb", "torn docx", "huge"],
)
def test_a_file_without_usable_text_says_why(data: bytes, what: str) -> None:
    with pytest.raises(UnreadableFile, match=what):
        read_bytes("upload", data)


def test_a_docx_within_the_limit_is_read() -> None:
    assert read_bytes("draft.docx", _packed(1_000_000, _document(TEXT))).text == TEXT


def test_a_parser_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PARSE_SECONDS", 0.01)
    with pytest.raises(UnreadableFile, match="too complex"):
        read_bytes("slow.pdf", b"%PDF-1.7")


def test_files_are_opened_by_content_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "really.pdf"
    path.write_text(TEXT, "utf-8")
    assert read_file(path).text == TEXT
    for missing in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(UnreadableFile, match=missing.name):
            read_file(missing)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UnreadableFile, match="5 MB"):
        read_file(path)
