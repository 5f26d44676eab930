"""Tell Russian from English by the words' script; product names in Latin do not outvote a text."""

from __future__ import annotations

import re

from rag.vocabulary import Lang

# A Latin brand name or term is common in Russian drafts, a Cyrillic word in English ones is not.
LATIN_SHARE = 0.7


def detect_language(text: str) -> Lang:
    """Return "en" where most words are Latin, otherwise "ru"; a text without words is "ru"."""
    latin = len(re.findall(r"\b[a-z]{2,}", text, re.I))
    cyrillic = len(re.findall(r"\b[а-яё]+", text, re.I))
    words = latin + cyrillic
    return "en" if words and latin / words > LATIN_SHARE else "ru"
