"""The page's own words, from `strings/ru.yaml` and `strings/en.yaml`.

A translator edits those files and no Python. Keys are the same in both (tested).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st
import yaml

from rag import settings
from rag.vocabulary import Lang

_FOLDER = Path(__file__).parent / "strings"


@cache
def load_words(lang: str) -> dict[str, str]:
    """Return the strings of one language by dotted key ("write.start")."""
    sections = yaml.safe_load((_FOLDER / f"{lang}.yaml").read_text("utf-8"))
    return {
        f"{section}.{key}": str(text)
        for section, rows in sections.items()
        for key, text in rows.items()
    }


def language() -> Lang:
    """Return the session's language: the one switched to, else the setting."""
    chosen = st.session_state.get("lang") or settings.get("PROVODNIK_LANG")
    return "en" if chosen == "en" else "ru"


def t(key: str, **values: object) -> str:
    """Return a string in the session's language, `{name}` filled from `values`."""
    text = load_words(language())[key]
    return text.format(**values) if values else text
