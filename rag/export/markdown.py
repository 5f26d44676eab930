"""Blocks as Markdown; the text is literal, so every special character is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.export.blocks import Block
from rag.text.clean import clean_text

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_LINE_START = re.compile(r"^(?:[-+=](?=[-=\s]|$)|\d+[.)](?=\s|$))", re.M)
_INDENT = re.compile(r"^[^\S\n]+", re.M)


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return the blocks as Markdown; the first heading is the title."""
    lines, number = [], 0
    for index, block in enumerate(blocks):
        text = escape(block.text)
        number = number + 1 if block.kind == "list_item" else 0
        if block.kind == "heading":
            lines.append(f"{'#' if index == 0 else '##'} {text}")
        else:
            lines.append(f"{number}. {text}" if number else text)
    return "\n\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return literal text as Markdown that shows exactly that text."""
    escaped = _SPECIAL.sub(r"\\\1", _INDENT.sub("", clean_text(text)))
    return _LINE_START.sub(lambda m: re.sub(r"([-+=.)])", r"\\\1", m.group()), escaped)
