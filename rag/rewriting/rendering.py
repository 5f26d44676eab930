"""Render a document: a messenger message, an e-mail, or blocks for DOCX, PDF and Markdown."""

from __future__ import annotations

from rag.export.blocks import Block
from rag.knowledge.kinds import load_kinds
from rag.knowledge.phrases import phrase
from rag.text.clean import clean_text
from rag.vocabulary import Document, FieldValue, Lang, Option, TextFormat


def render(document: Document, text_format: TextFormat, address: str = "", theme: str = "") -> str:
    """Return the text in one of the three formats.

    A message labels its parts in the line, an e-mail adds subject and greeting, a document puts
    headings on lines of their own.
    """
    parts = []
    if text_format == "email":
        parts.append(f"{phrase('subject', document.lang)}: {title(document, theme)}")
    if text_format == "document":
        parts.append(title(document, theme))
    if address and text_format != "document":
        parts.append(f"{address},")
    between = "\n" if text_format == "document" else " "
    for id, value in document.fields.items():
        parts.append(_part(heading(document, id), value, document.lang, between))
    return clean_text("\n\n".join(parts))


def title(document: Document, theme: str = "") -> str:
    """Return the document's title, with its theme where one is known."""
    name = phrase(f"subject_{document.kind}", document.lang)
    return f"{name}: {theme}" if theme else name


def heading(document: Document, field: str) -> str:
    """Return a field's heading."""
    return load_kinds()[document.kind].field(field).title[document.lang]


def blocks(document: Document, theme: str = "") -> list[Block]:
    """Return the document as title, headings, paragraphs and numbered options."""
    result = [Block("heading", title(document, theme))]
    for id, value in document.fields.items():
        result.append(Block("heading", heading(document, id)))
        if isinstance(value, str):
            result.append(Block("paragraph", value))
        else:
            result += [Block("list_item", option_text(o, document.lang)) for o in value]
    return result


def field_text(value: FieldValue, lang: Lang) -> str:
    """Return a field's value as plain text; options are numbered lines."""
    if isinstance(value, str):
        return value
    return "\n".join(f"{n}. {option_text(option, lang)}" for n, option in enumerate(value, 1))


def option_text(option: Option, lang: Lang) -> str:
    """Return one option in a line: the action, then value, limits, effect and risk."""
    idea = "" if option.origin == "author" else f" ({phrase('suggested', lang)})"
    parts = [f"{option.action}{idea}."]
    for name in ("value", "limits", "effect", "risk"):
        text = getattr(option, name).rstrip(".")
        if text:
            parts.append(f"{phrase(name, lang)}: {text}.")
    return " ".join(parts)


def _part(title_: str, value: FieldValue, lang: Lang, between: str) -> str:
    text = field_text(value, lang)
    return f"{title_}:\n{text}" if not isinstance(value, str) else f"{title_}:{between}{text}"
