r"""Clean text at every entry and exit.

One lone surrogate or control character breaks a page, a DOCX or the index, each differently.

Removed: lone surrogates, control characters except newline and tab, terminal escape sequences,
bidirectional overrides, tag characters, zero-width and other invisible characters. Kept: emoji
sequences (joiner and variation selector beside an emoji), Hebrew, Arabic and combining marks.
The result is NFC with "\n" line ends, and cleaning it again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

# What a sequence carries goes with it only where it ends in its line: one that is never closed
# must not take the author's text along.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)|[PX^_][^\x1b\r\n]*\x1b\\"
    r"|[@-Z\\-_]?)|\x9b[0-?]*[ -/]*[@-~]"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile(r"[\U000e0000-\U000e007f]")
# Always removed; what joins, marks or varies depends on what stands beside it.
_HIDDEN = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f"
    r"\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0080-\U000e0fff]"
)
_EMOJI = r"[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]"
_JOINED = re.compile(rf"(?<={_EMOJI})\u200d(?={_EMOJI})|(?<={_EMOJI}\ufe0f)\u200d(?={_EMOJI})")
_VARIATION = re.compile(rf"(?<={_EMOJI})\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3)")
# Joiners and marks shape Hebrew, Arabic and Indic words; elsewhere they only hide things.
_SHAPED = r"[\u0590-\u061b\u061d-\u0dff]"
_MARK = r"[\u200c-\u200f\u061c]"
_SHAPING = re.compile(rf"(?<={_SHAPED}){_MARK}|{_MARK}(?={_SHAPED})")
_DEPENDENT = re.compile(r"[\u200c-\u200f\u061c\ufe0f]")
_NONCHARACTERS = re.compile(r"[\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Cleaned:
    """The clean text and, by kind, how many characters were removed."""

    text: str
    removed: dict[str, int] = field(default_factory=dict)


def clean(text: str) -> Cleaned:
    """Return the clean text with an account of what was removed."""
    removed: Counter[str] = Counter()

    def strip(name: str, pattern: re.Pattern[str], value: str, to: str = "") -> str:
        result, count = pattern.subn(to, value)
        removed[name] += count
        return result

    text = strip("surrogate", _SURROGATES, text)
    text = strip("escape", _ESCAPES, text)
    text = re.sub(r"\r\n?|\u2028|\u2029|\x85|\x0b|\x0c", "\n", text)
    text = strip("control", _CONTROLS, text)
    text = strip("direction", _BIDI, text)
    text = strip("tag", _TAGS, text)
    text = strip("noncharacter", _NONCHARACTERS, text)
    text = unicodedata.normalize("NFC", strip("invisible", _HIDDEN, text))
    text = unicodedata.normalize("NFC", _without_loose_marks(text, removed))
    return Cleaned(text, {name: count for name, count in removed.items() if count})


def clean_text(text: str) -> str:
    """Return the clean text."""
    return clean(text).text


def _without_loose_marks(text: str, removed: Counter[str]) -> str:
    """Remove joiners, marks and variation selectors that have nothing to join, turn or vary."""
    patterns = (_JOINED, _VARIATION, _SHAPING)
    kept = {match.start() for pattern in patterns for match in pattern.finditer(text)}
    loose = {match.start() for match in _DEPENDENT.finditer(text)} - kept
    removed["invisible"] += len(loose)
    if not loose:
        return text
    return "".join(char for position, char in enumerate(text) if position not in loose)
