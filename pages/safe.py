"""Make text of others inert: drafts, uploads, model output, quotes.

HTML is built here only, from escaped pieces and our own few tags; nothing of others becomes a tag,
a link or an image. `plain` does the same for places where Streamlit reads Markdown (labels,
messages). All of it is cleaned once more: what is shown may come from a file or a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from rag.text.clean import clean_text
from rag.text.markup import inert

_MARKDOWN = re.compile(r"([\\*_{}\[\]<>()#+\-.!|~:$&^=])")
# Code between two single backticks of one line. Longer runs pair in ways of their own, and a span
# ends with its paragraph: there, what we take for code would be read as Markdown.
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is; `code` in backticks stays code."""
    parts = _CODE.split(clean_text(text))  # every second one is code
    return "".join(
        f"`{part}`" if number % 2 else _MARKDOWN.sub(r"\\\1", part.replace("`", "'"))
        for number, part in enumerate(parts)
    )


def paragraph(text: str, css: str = "pv-text") -> str:
    """Return a block of text with its own line breaks."""
    return f'<div class="{css}">{inert(text)}</div>'


def highlighted(text: str, quotes: Iterable[str], css: str = "pv-text") -> str:
    """Return `text` as HTML with every quote found in it marked."""
    text = clean_text(text)
    spans = _merged(span for quote in quotes for span in _places(text, clean_text(quote)))
    pieces, position = [], 0
    for start, end in spans:
        pieces.append(escape(text[position:start]))
        pieces.append(f"<mark>{escape(text[start:end])}</mark>")
        position = end
    pieces.append(escape(text[position:]))
    return f'<div class="{css}">{"".join(pieces)}</div>'


def _places(text: str, quote: str) -> list[tuple[int, int]]:
    """Return every place of a quote; an empty one has none."""
    if not quote.strip():
        return []
    return [found.span() for found in re.finditer(re.escape(quote), text)]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def diff_sides(pieces: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return a word diff as two blocks of HTML: the old text and the new one.

    `pieces` are (what, text) with what one of "equal", "delete", "insert".
    """
    old, new = [], []
    for what, text in pieces:
        shown = inert(text)
        if what != "insert":
            old.append(f"<del>{shown}</del>" if what == "delete" else shown)
        if what != "delete":
            new.append(f"<ins>{shown}</ins>" if what == "insert" else shown)
    first, second = (f'<div class="pv-text">{"".join(side)}</div>' for side in (old, new))
    return first, second
