"""Blocks as a Word document."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rag.export.blocks import Block
from rag.text.clean import clean_text


def to_docx(blocks: Sequence[Block]) -> bytes:
    """Return the blocks as the bytes of a .docx; the first heading is the title."""
    import docx
    from docx.shared import Pt

    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after = Pt(6)
    styles = {"heading": "Heading 2", "paragraph": "Normal", "list_item": "List Number"}
    for index, block in enumerate(blocks):
        style = "Title" if index == 0 and block.kind == "heading" else styles[block.kind]
        document.add_paragraph(clean_text(block.text), style=style)
    document.core_properties.author = "Provodnik"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
