"""A text as the encoder reads it: token ids in windows, each token with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.encoder.tokens import BEGIN, END, tokenize

WINDOW = 448  # tokens of the text read together
Span = tuple[int, int]
_BREAK = re.compile(r"\s*\n\s*")
_BREAK_SHOWN = " | "  # the vocabulary has no line break


@dataclass(frozen=True)
class Page:
    """Token ids of a text and the places `text[start:end]` they stand for."""

    text: str
    ids: list[int]
    spans: list[Span]  # (0, 0) for the tokens of the heading

    def windows(self) -> Iterator[tuple[list[int], list[Span]]]:
        """Yield ids and places in stretches the encoder takes at once."""
        for start in range(0, len(self.ids), WINDOW):
            stretch = slice(start, start + WINDOW)
            yield self.ids[stretch], self.spans[stretch]


def read_page(heading: str, text: str) -> Page:
    """Return the tokens of "heading: text", with the places of the text's own."""
    shown, places = _on_one_line(text)
    lead = f"{heading}: "
    tokens = tokenize(lead + shown)
    spans = []
    for start, end in tokens.spans:
        start, end = max(start - len(lead), 0), end - len(lead)
        spans.append((places[start], places[end - 1] + 1) if end > start else (0, 0))
    return Page(text, tokens.ids, spans)


def alone(ids: list[int]) -> list[int]:
    """Return the encoder's input for one window."""
    return [BEGIN, *ids, END]


def _on_one_line(text: str) -> tuple[str, list[int]]:
    """Return the text without line breaks, and where each of its characters stood before."""
    shown, places, last = "", list[int](), 0
    for found in _BREAK.finditer(text):
        shown += text[last : found.start()] + _BREAK_SHOWN
        places += [*range(last, found.start()), *[found.start()] * len(_BREAK_SHOWN)]
        last = found.end()
    return shown + text[last:], [*places, *range(last, len(text))]
