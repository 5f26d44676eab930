"""Find names: people, companies, products, systems.

A name is a capitalised word that does not owe its capital to the start of a sentence, a quoted
proper name, a Latin product name inside Russian text, or a word of the first-name lists. Its
value is the stem of each word, so that "Ромашка" and "Ромашкой", "Иван" and "Ивану" compare
equal. Rules instead of
a tagger: the drafts are short, and a wrong name costs only a wrongly guarded word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from rag.facts.figures import find_dates, stem
from rag.paths import knowledge_dir
from rag.text.russian import first_name, is_first_name
from rag.vocabulary import Fact, Lang

_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*\d*")
_QUOTED = re.compile(r"[«“\"„]([^«»“”\"\n]{2,40})[»”\"]")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;\n]|(?:^|\n)\s*[-–—•*]|\d[.)])[\s«\"“(]*$")
_NOT_NAMES = {
    "ru": "я вы ваш вам вас вами ваши мы он она они ок ps цкп роп кп ндс срм crm кпэ kpi".split(),
    "en": "i i'm i've i'd i'll ok ps crm kpi vat b2b b2c ceo cfo coo hr it qa pr faq asap "
    "fyi eta roi "
    "english russian german french chinese european american god christmas easter monday".split(),
}


@cache
def first_names(lang: Lang) -> frozenset[str]:
    """Return the stems of the known first names, patronymics and short forms."""
    path = knowledge_dir() / "names" / f"{lang}.txt"
    lines = path.read_text("utf-8").splitlines()
    words = (word for line in lines if not line.startswith("#") for word in line.split())
    return frozenset(name_stem(word, lang) for word in words)


def find_names(text: str, lang: Lang) -> list[Fact]:
    """Return the names of `text` in order, each occurrence once; neighbours are joined."""
    taken = [(fact.start, fact.end) for fact in find_dates(text, lang)]
    words = [
        match
        for match in _WORD.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    certain = {name_stem(m.group(), lang) for m in words if _is_certain(m, text, lang)}
    names = [m for m in words if _is_name(m, text, lang, certain)]
    return [_fact(text, start, end, lang) for start, end in _joined(names, text)]


@lru_cache(4096)
def name_stem(word: str, lang: Lang) -> str:
    """Return the stem of a word; a Russian first name's is that of its nominative.

    Snowball alone reads "Иван" as a verb and cuts it to "ива", but "Ивану" to "иван".
    """
    return stem(first_name(word) or word if lang == "ru" else word, lang)


def name_stems(value: str) -> set[str]:
    """Return the stems of a name's value."""
    return set(value.split())


def _is_certain(match: re.Match[str], text: str, lang: Lang) -> bool:
    """Tell whether this very occurrence shows that the word is a name."""
    word = match.group()
    if not word[0].isupper() or word.casefold() in _NOT_NAMES[lang] or len(word) < 2:
        return False
    mixed_case = any(char.islower() for char in word[1:])
    if not mixed_case:
        return False
    if lang == "ru" and word[0].isascii():
        return True
    return not _SENTENCE_START.search(text[max(0, match.start() - 12) : match.start()])


def _is_name(match: re.Match[str], text: str, lang: Lang, certain: set[str]) -> bool:
    word = match.group()
    if word.casefold() in _NOT_NAMES[lang]:
        return False
    root = name_stem(word, lang)
    if root in certain and word[0].isupper():
        return True
    if root not in first_names(lang) or (lang == "ru" and not is_first_name(word)):
        return False
    addressed = text[match.end() : match.end() + 1] == ","
    if lang == "en" and not word[0].isupper():
        return addressed and not text[: match.start()].strip()
    return word[0].isupper() or addressed


def _joined(names: list[re.Match[str]], text: str) -> Iterator[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for match in names:
        if spans and text[spans[-1][1] : match.start()] == " ":
            spans[-1] = (spans[-1][0], match.end())
        else:
            spans.append(match.span())
    for quoted in _QUOTED.finditer(text):
        inner = quoted.group(1)
        short = len(inner.split()) <= 3 and inner[0].isupper()
        if short and not any(s < quoted.end() and quoted.start() < e for s, e in spans):
            spans.append(quoted.span(1))
    yield from sorted(spans)


def _fact(text: str, start: int, end: int, lang: Lang) -> Fact:
    shown = text[start:end]
    words = re.findall(r"[^\W\d_]+\d*", shown)  # hyphens split, as in every bag of words
    value = " ".join(name_stem(word, lang) for word in words) or shown.casefold()
    return Fact(shown, "name", value, start, end)
