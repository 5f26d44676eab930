"""The neutral structure every export writes: headings, paragraphs, list items of literal text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Block:
    """One block of a document. `text` is literal: no markup is read from it."""

    kind: Literal["heading", "paragraph", "list_item"]
    text: str
