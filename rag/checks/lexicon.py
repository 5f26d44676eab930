"""The tone lexicon: words by category, edited by people in `knowledge/tone/`.

An entry is a phrase, matched on word borders, any case, ё = е; `*` ends a word with any ending;
`re:` starts a regular expression. Sources: our own reading of business messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rag.knowledge.source import bad, read_yaml
from rag.paths import knowledge_dir
from rag.vocabulary import Lang


@dataclass(frozen=True)
class Match:
    """A hit: `text[start:end]` of the searched text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Lexicon:
    """Compiled categories, and replacements in file order."""

    categories: dict[str, re.Pattern[str]]
    replacements: tuple[tuple[re.Pattern[str], str], ...]

    def find(self, category: str, text: str) -> list[Match]:
        """Return the hits of a category; "replace" means words that have a calmer one."""
        patterns = (
            [pattern for pattern, _ in self.replacements]
            if category == "replace"
            else [self.categories[category]]
        )
        hits = [m for pattern in patterns for m in pattern.finditer(_folded(text)) if m.group()]
        return [Match(m.start(), m.end(), text[m.start() : m.end()]) for m in hits]

    def replace(self, text: str) -> str:
        """Return the text with loaded words replaced by calm ones."""
        for pattern, to in self.replacements:
            pieces, last = [], 0
            for match in pattern.finditer(_folded(text)):
                pieces += [text[last : match.start()], _cased(to, text[match.start()])]
                last = match.end()
            text = "".join(pieces) + text[last:]
        return text

    def remove(self, category: str, text: str) -> str:
        """Return the text without the category's words."""
        for match in reversed(self.find(category, text)):
            text = text[: match.start] + text[match.end :]
        return text


@cache
def load_lexicon(lang: Lang) -> Lexicon:
    """Return the lexicon of a language. Raises BadKnowledge for a malformed file."""
    path = knowledge_dir() / "tone" / f"{lang}.yaml"
    data = read_yaml(path)
    try:
        replacements = tuple((_pattern([row["from"]]), row["to"]) for row in data["replace"])
        categories = {name: _pattern(rows) for name, rows in data.items() if name != "replace"}
    except (KeyError, TypeError, re.error) as error:
        raise bad(
            path, repr(error), "correct the entry; the comment on top shows the form"
        ) from error
    return Lexicon(categories, replacements)


def _pattern(entries: list[str]) -> re.Pattern[str]:
    ordered = sorted(entries, key=len, reverse=True)  # the longest phrase wins
    body = "|".join(_entry(_folded(entry)) for entry in ordered)
    return re.compile(rf"(?<![\w])(?:{body})(?![\w])", re.I)


def _entry(entry: str) -> str:
    if entry.startswith("re:"):
        return f"(?:{entry[3:]})"
    words = [re.escape(word).replace(r"\*", r"\w*") for word in entry.split()]
    return r",?\s+".join(words)


def _folded(text: str) -> str:
    return text.replace("ё", "е").replace("Ё", "Е").replace("[её]", "е").replace("’", "'")


def _cased(to: str, first: str) -> str:
    return to[:1].upper() + to[1:] if first.isupper() else to
