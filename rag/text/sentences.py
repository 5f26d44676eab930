"""Split a draft into units: the smallest stretches that can move to another field on their own.

A unit is a sentence, a bullet or, in long or unpunctuated speech, a clause that starts with a
discourse marker. Offsets are exact, so every word of the document can be traced to the draft.
Rule-based on purpose: drafts are messenger speech, which trained splitters are not made for.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from rag.vocabulary import Lang

LONG_UNIT_WORDS = 16

_ABBREVIATIONS = (
    r"т\.е|т\.к|т\.д|т\.п|т\.н|тыс|млн|млрд|руб|коп|шт|ед|чел|мес|г|гг|кв|ул|стр|см|др|пр|мин|макс"
    r"|e\.g|i\.e|etc|vs|mr|mrs|ms|dr|no|approx|inc|ltd|co|st|mln|bn"
)
_ENDS_WITH_ABBREVIATION = re.compile(rf"(?:^|[\s(])(?:{_ABBREVIATIONS})\.$", re.I)
_LIST_NUMBER = re.compile(r"[ \t]*\d{1,2}\.")
_BOUNDARY = re.compile(r"(?:[.!?…]+[)»\"”']*(?=\s|$)|\n+)|[;](?=\s)")
_BULLET = re.compile(r"^\s*(?:[-–—•*▪]\s+|\d{1,2}[.)]\s+)")
_MARKERS = {
    "ru": (
        r"а|но|поэтому|при этом|короче(?: говоря)?|в общем|плюс|ещё|еще|кстати|потом|также|итого"
        r"|причём|причем|зато|значит|ну и|и вот|предлагаю|давайте|может|надо бы|нужно|хотел[аи]? бы"
        r"|я думаю|думаю|в итоге|по факту|прошу|пробовали|мы пробовали|и ещё|и еще|и при "
        r"этом|и вообще"
    ),
    "en": (
        r"but|so|also|plus|anyway|meanwhile|however|and then|and also|maybe|perhaps|i think|"
        r"we could"
        r"|we should|we need|we tried|i suggest|let's|please|basically|honestly|like i said|or we"
        r"|and we|and i|and the|and now|then"
    ),
}

_ANAPHORA = {
    "ru": r"(?:это|этот|этого|этому|он|она|оно|они|там|тут|теперь|тогда|их|его|её|ее)\b",
    "en": r"(?:it|its|it's|that|that's|this|they|them|he|she|there|which|these|those)\b",
}


@dataclass(frozen=True)
class Unit:
    """A stretch of the draft: `draft[start:end] == text`, stripped of bullets and spaces."""

    text: str
    start: int
    end: int
    bullet: bool = False


def split_sentences(text: str) -> list[Unit]:
    """Return the sentences, lines and bullets of `text` in order; empty ones vanish."""
    units = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if "\n" not in match.group() and _goes_on(text, start, match.end()):
            continue
        units.append(_trimmed(text, start, match.end()))
        start = match.end()
    units.append(_trimmed(text, start, len(text)))
    return [unit for unit in units if any(char.isalnum() for char in unit.text)]


def _goes_on(text: str, start: int, end: int) -> bool:
    """Tell whether the full stop before `end` ends no sentence: "тыс.", "1." of a list."""
    line = text[text.rfind("\n", 0, end) + 1 : end]
    return bool(_ENDS_WITH_ABBREVIATION.search(text[start:end]) or _LIST_NUMBER.fullmatch(line))


def split_units(text: str, lang: Lang) -> list[Unit]:
    """Return the units of `text`: sentences, with the long ones cut before discourse markers."""
    units: list[Unit] = []
    for sentence in split_sentences(text):
        units.extend(_split_long(text, sentence, lang))
    return units


def _split_long(text: str, unit: Unit, lang: Lang) -> list[Unit]:
    if len(unit.text.split()) <= LONG_UNIT_WORDS:
        return [unit]
    # A clause that starts with a pronoun leans on the one before it and stays there.
    pattern = re.compile(rf"(?:,\s+|\s+)(?=(?:{_MARKERS[lang]})\s(?!{_ANAPHORA[lang]}))", re.I)
    cuts = [unit.start]
    for match in pattern.finditer(text, unit.start, unit.end):
        if len(text[cuts[-1] : match.start()].split()) >= 5:
            cuts.append(match.end())
    cuts.append(unit.end)
    if len(cuts) > 2 and len(text[cuts[-2] : cuts[-1]].split()) < 4:
        del cuts[-2]
    pieces = itertools.pairwise(cuts)
    return [_trimmed(text, start, end, unit.bullet) for start, end in pieces]


def _trimmed(text: str, start: int, end: int, bullet: bool = False) -> Unit:
    match = _BULLET.match(text[start:end])
    if match:
        start, bullet = start + match.end(), True
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] == ","):
        end -= 1
    return Unit(text[start:end], start, end, bullet)
