"""Blocks as a PDF in PT Sans, which has Cyrillic; a character the font lacks becomes "?"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rag.export.blocks import Block
from rag.text.clean import clean_text

_TITLE, _HEADING, _TEXT = 17, 12.5, 10.5  # points
_LINE = 5.2  # millimetres
_INK, _ACCENT = (32, 36, 44), (38, 84, 124)


def to_pdf(blocks: Sequence[Block]) -> bytes:
    """Return the blocks as the bytes of a PDF; the first heading is the title."""
    page = _page()
    number = 0
    for index, block in enumerate(blocks):
        number = number + 1 if block.kind == "list_item" else 0
        text = _printable(block.text)
        if block.kind == "heading":
            _heading(page, text, _TITLE if index == 0 else _HEADING)
        else:
            _paragraph(page, f"{number}. {text}" if number else text)
    return bytes(page.output())


def _page() -> Any:
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.alias_nb_pages("")  # "{nb}" in a text is text, not the number of pages
    page.set_margins(24, 22, 24)
    page.set_auto_page_break(True, 22)
    regular, bold = _fonts()
    page.add_font("PTSans", "", regular)
    page.add_font("PTSans", "B", bold)
    page.add_page()
    return page


def _heading(page: Any, text: str, size: float) -> None:
    page.ln(3)
    page.set_font("PTSans", "B", size)
    page.set_text_color(*_ACCENT)
    page.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")
    page.ln(1)


def _paragraph(page: Any, text: str) -> None:
    page.set_font("PTSans", "", _TEXT)
    page.set_text_color(*_INK)
    page.multi_cell(0, _LINE, text, new_x="LMARGIN", new_y="NEXT", align="L")
    page.ln(1.5)


def _printable(text: str) -> str:
    known = _characters()

    def shown(char: str) -> str:
        if char == "\n" or ord(char) in known:
            return char
        return " " if char.isspace() else "?"

    return "".join(map(shown, clean_text(text)))


@cache
def _fonts() -> tuple[Path, Path]:
    import fontpkg_pt_sans

    folder = Path(fontpkg_pt_sans.__file__).parent
    fonts = {path.stem.casefold(): path for path in folder.rglob("*.ttf")}
    regular = next(path for name, path in fonts.items() if "regular" in name)
    bold = next(path for name, path in fonts.items() if name.endswith("bold"))
    return regular, bold


@cache
def _characters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_fonts()[0]) as font:
        return frozenset(font.getBestCmap())
