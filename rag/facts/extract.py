"""All facts of a text that a rewrite must account for."""

from __future__ import annotations

import re

from rag.facts.figures import find_dates, find_figures
from rag.facts.names import find_names
from rag.vocabulary import Fact, Lang

PERSONAL = re.compile(
    r"(?<![\w])(?:\+?\d[\d\s()-]{8,}\d(?!\w)|[\w.+-]+@[\w-]+\.[\w.]+|\d{4}\s\d{6}(?!\d))"
)


def extract_facts(text: str, lang: Lang) -> list[Fact]:
    """Return figures, dates and names of `text` in order of appearance.

    Phone numbers, e-mail addresses and passport numbers are personal data, not facts of the
    matter: they are reported by `find_personal`, and never repeated in a document.
    """
    masked = PERSONAL.sub(lambda match: " " * len(match.group()), text)
    facts = find_dates(masked, lang) + find_figures(masked, lang) + find_names(masked, lang)
    return sorted(facts, key=lambda fact: fact.start)


def without_personal(text: str) -> str:
    """Return `text` as a model may see it: without contact data and document numbers."""
    return re.sub(r" {2,}", " ", PERSONAL.sub("", text))


def find_personal(text: str) -> list[str]:
    """Return personal contact data and document numbers found in `text`."""
    return [match.group().strip() for match in PERSONAL.finditer(text)]
