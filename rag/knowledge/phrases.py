"""Fixed phrases of the documents, in both languages, from `knowledge/phrases.yaml`."""

from __future__ import annotations

from functools import cache

import yaml

from rag.paths import knowledge_dir
from rag.vocabulary import Lang


@cache
def _phrases() -> dict[str, dict[Lang, str]]:
    path = knowledge_dir() / "phrases.yaml"
    phrases: dict[str, dict[Lang, str]] = yaml.safe_load(path.read_text("utf-8"))["phrases"]
    return phrases


def phrase(name: str, lang: Lang, **values: object) -> str:
    """Return the phrase `name` with its `{…}` filled. Raises KeyError for an unknown name."""
    return _phrases()[name][lang].format(**values)


def gap(name: str, lang: Lang, **values: object) -> str:
    """Return a marked gap, "[уточнить: …]", whose content is the phrase `gap_<name>`."""
    return mark(phrase(f"gap_{name}", lang, **values), lang)


def mark(what: str, lang: Lang) -> str:
    """Return `what` as a marked gap."""
    return phrase("gap", lang, what=what)
