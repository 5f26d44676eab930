"""Decode bytes of unknown origin: BOM, strict UTF-8, then the encodings Russian texts come in."""

from __future__ import annotations

import codecs

from rag.errors import UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAX_CONTROLS = 0.2
_CANDIDATES = ["cp1251", "koi8_r", "cp866", "utf_16_le", "utf_16_be"]


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Return (text, encoding). Raises UnreadableFile for binary data."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(name, data, encoding), encoding
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(name, data)
    if _share_of_controls(text) > MAX_CONTROLS:  # UTF-16 without a mark is often valid UTF-8
        return _guessed(name, data)
    return text, "utf-8"


def _strict(name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise _not_text(name) from None


def _guessed(name: str, data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_CANDIDATES).best()
    text = str(best) if best else ""
    if not text or _share_of_letters(text) < 0.5:
        raise _not_text(name)
    assert best is not None
    return text, best.encoding


def _share_of_controls(text: str) -> float:
    return sum(char < " " and char not in "\t\n\r" for char in text) / max(len(text), 1)


def _share_of_letters(text: str) -> float:
    readable = sum(
        char.isspace()
        or (
            char.isalnum()
            and ("a" <= char.lower() <= "z" or "а" <= char.lower() <= "ё" or char.isdigit())
        )
        or char in ".,;:!?()«»\"'-–—%№$€/+"
        for char in text
    )
    return readable / len(text)


def _not_text(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name} is not a text in a known encoding. Save it as UTF-8, DOCX or PDF, or paste the "
        "text.",
        f"{name} — не текст в известной кодировке. Сохраните его в UTF-8, DOCX или PDF либо "
        "вставьте текст.",
    )
