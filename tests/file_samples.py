"""Files made by hand, down to the byte: what no office program would write and an attacker would.

`docx_file` and `pdf_file` make whole files from parts; the rest are parts and whole bombs.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:xi="http://www.w3.org/2001/XInclude"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def run(text: str, properties: str = "") -> str:
    """Return a run of text as XML; `text` may hold references."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text: str, style: str = "") -> str:
    """Return a paragraph of one run, or of the runs given."""
    inner = text if text.startswith("<") else run(text)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{inner}</w:p>'


def document_xml(body: str, doctype: str = "", attributes: str = "") -> str:
    """Return the main part of a DOCX."""
    return f"{doctype}<w:document {SPACES} {attributes}><w:body>{body}</w:body></w:document>"


def docx_file(
    document: str,
    parts: Mapping[str, str] | None = None,
    links: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> bytes:
    """Return a DOCX: its main part, further parts by name, and what a part links to outside.

    `links` has by the part's name (type of the relation, address) pairs.
    """
    parts, links = parts or {}, links or {}
    inside = [(_kind(name), f"{name}.xml", False) for name in parts]
    outside = {name: [(*link, True) for link in of] for name, of in links.items()}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_WORD}.{_kind(name)}+xml"/>'
        for name in parts
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/word/document.xml" '
            f'ContentType="{_WORD}.document.main+xml"/>{overrides}</Types>',
        )
        archive.writestr(
            "_rels/.rels", _relations([("officeDocument", "word/document.xml", False)])
        )
        archive.writestr("word/document.xml", document)
        rows = [*inside, *outside.pop("document", [])]
        archive.writestr("word/_rels/document.xml.rels", _relations(rows))
        for name, rows in outside.items():
            archive.writestr(f"word/_rels/{name}.xml.rels", _relations(rows))
        for name, xml in parts.items():
            archive.writestr(f"word/{name}.xml", xml)
    return out.getvalue()


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


def _relations(rows: Sequence[tuple[str, str, bool]]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}" '
        f'TargetMode="{"External" if external else "Internal"}"/>'
        for number, (kind, target, external) in enumerate(rows, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def entity_bomb(levels: int = 9, last: str = "lol") -> str:
    """Return a document type whose entity `b` unfolds to ten to the power of `levels` words."""
    rows = [f'<!ENTITY e0 "{last}">']
    for level in range(1, levels + 1):
        name = "b" if level == levels else f"e{level}"
        rows.append(f'<!ENTITY {name} "{f"&e{level - 1};" * 10}">')
    return f"<!DOCTYPE w [{''.join(rows)}]>"


def understated(archive: bytes, name: str, size: int) -> bytes:
    """Return a ZIP whose directory says that a part has `size` bytes unpacked."""
    data = bytearray(archive)
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))  # its row in the directory
    data[at + 24 : at + 28] = size.to_bytes(4, "little")
    return bytes(data)


def pdf_file(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of numbered objects; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, table = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, table)
    return bytes(out)


def pdf_page(
    content: bytes, *, filters: bytes = b"/FlateDecode", times: int = 1, resources: bytes = b""
) -> bytes:
    """Return a PDF that shows one packed content stream on each of `times` pages."""
    return pdf_file(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%b]/Count %d>>" % (b"3 0 R " * times, times),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>%b>>>>" % resources,
            b"<</Length %d/Filter%b>>stream\n%b\nendstream" % (len(content), filters, content),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ]
    )


def shown(text: bytes) -> bytes:
    """Return the packed content stream that shows an ASCII text."""
    return zlib.compress(b"BT /F1 12 Tf 10 10 Td (%b) Tj ET" % text, 9)


def updated(pdf: bytes, filler: int = 4000) -> bytes:
    """Return a PDF with a second state appended, as programs do that save changes."""
    start = pdf[pdf.rindex(b"startxref") :]
    return pdf + b"%" + b"x" * filler + b"\n" + start
