"""Decode bytes of unknown origin: BOM, strict UTF-8, then the encodings Russian texts come in.

Of these the one is taken in which the letters stand in pairs that are frequent in Russian. Where
none does, or two do about equally, the file is refused: a wrong guess would be a wrong text.
"""

from __future__ import annotations

import codecs
import re
from itertools import pairwise

from rag.errors import UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CANDIDATES = ("cp1251", "koi8_r", "cp866", "utf_16_le", "utf_16_be")
_SAMPLE = 100_000  # bytes to judge by
MAX_CONTROLS = 0.2  # of what passes for UTF-8; UTF-16 without a mark has half
_GUESSED_CONTROLS = 0.02
_MIN_SHARE = 0.35  # of letter pairs that are frequent; Russian texts have from 0.42
_MIN_LEAD = 2  # pairs by which the best reading is ahead of the next
# The hundred most frequent pairs of letters in the product's own Russian texts.
_PAIRS = frozenset(
    "ен по ст то на ра пр ро ни ре ов не ер за та ли ет ка от ть ат од во ит но ла ко ва ор до ос "
    "ан де те ал ри ел ед ме го ве ол да ак он ло нт ие ом об ок ис ав ны ае ам ас ки ль аз ог ил "
    "ма вы ин ес ле тр ру со ар ти пе ем че ся бо ку же ик кл ди ск ви ой пл ты им тв ну оп мо се "
    "ия тс сл".split()
)
_SIGNS = frozenset("«»„“”‘’–—…№•°§©®€·\u00a0")


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Return (text, encoding). Raises UnreadableFile for binary data."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(name, data, encoding), encoding
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(name, data)
    if _share_of_controls(text) > MAX_CONTROLS:
        return _guessed(name, data)
    return text, "utf-8"


def _strict(name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise _not_text(name) from None


def _guessed(name: str, data: bytes) -> tuple[str, str]:
    readings: dict[str, tuple[float, float, str]] = {}  # by text: two names may read the same
    sample = _sample(data)
    for encoding in _CANDIDATES:
        text = _reading(sample, encoding)
        if text is not None:
            readings.setdefault(text, (*_likeness(text), encoding))
    ranked = sorted(readings.values(), key=lambda reading: -reading[0])
    if not ranked or ranked[0][1] < _MIN_SHARE:
        raise _not_text(name)
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MIN_LEAD:
        raise _not_text(name)
    encoding = ranked[0][2]
    return _strict(name, data, encoding), encoding


def _sample(data: bytes) -> bytes:
    """Return a stretch that begins where the encodings begin to differ, at a whole character."""
    odd = re.search(rb"[^\t-\r -~]", data)
    start = odd.start() // 2 * 2 if odd else 0
    return data[start : start + _SAMPLE]


def _reading(data: bytes, encoding: str) -> str | None:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data)  # may be cut in a character
    except UnicodeDecodeError:
        return None
    return text if _share_of_controls(text) <= _GUESSED_CONTROLS else None


def _likeness(text: str) -> tuple[float, float]:
    """Return how many letter pairs are frequent in Russian, less what is strange, and the share.

    English has no such pairs to tell by: without a strange sign it is itself in any encoding.
    """
    good = pairs = 0
    strange = 2 * sum(char > "\x7f" and not _is_expected(char) for char in text)
    for left, right in pairwise(text):
        if left.isalpha() and right.isalpha() and not (left + right).isascii():
            pairs += 1
            turned = left.islower() and right.isupper()  # KOI8-R and CP1251 swap the cases
            good += not turned and f"{left}{right}".lower() in _PAIRS
            strange += left.isascii() != right.isascii()  # two alphabets in one word
    likeness = good - strange
    return likeness, likeness / pairs if pairs else float(not strange)


def _is_expected(char: str) -> bool:
    return "\u0400" <= char <= "\u04ff" or char in _SIGNS


def _share_of_controls(text: str) -> float:
    return sum(char < " " and char not in "\t\n\f\r\x1a\x1b" for char in text) / max(len(text), 1)


def _not_text(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name} is not a text in a known encoding, or it is damaged. Save it as UTF-8, DOCX or "
        "PDF, or paste the text.",
        f"{name} — не текст в известной кодировке либо он повреждён. Сохраните его в UTF-8, DOCX "
        "или PDF либо вставьте текст.",
    )
