"""What others wrote, as HTML that shows exactly its characters: for the page and for reports."""

from __future__ import annotations

from html import escape

from rag.text.clean import clean_text


def inert(value: object) -> str:
    """Return a value's text, cleaned and escaped: no tag, no attribute, no control character."""
    return escape(clean_text(str(value)))
