"""Find figures of a draft that contradict each other, and percents that mean points.

Two figures conflict when they count the same noun in the same unit and nothing in between says
that they compare different things (from … to, plan and fact, was and became, different periods).
The tool never chooses between them: both stay, and the author is asked.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from rag.facts.figures import find_figures, same_number
from rag.text.sentences import split_sentences
from rag.vocabulary import Fact, Lang

_COMPARES = {
    "ru": r"\bс\b.*\b(?:до|на)\b|\bбыло?\b|\bстал[оаи]?\b|\bвместо\b|\bиз\b|\bплан\w*|"
    r"\bфакт\w*|прошл|раньше|"
    r"теперь|сейчас|\bа\b.*друг|вырос|упал|снизил|против|по сравнению|остальн|ещё|еще|"
    r"январ|феврал|март|апрел|\bма[йея]\b|июн|июл|август|сентябр|октябр|ноябр|декабр|недел|месяц|квартал",
    "en": r"\bfrom\b.*\bto\b|\bwas\b|\bwere\b|\bbecame\b|instead|\bof the\b|\bout of\b|\bplan|"
    r"actual|last|"
    r"before|\bnow\b|earlier|grew|rose|fell|dropped|versus|\bvs\b|compared|another|more|rest|other|"
    r"week|month|quarter|january|february|march|april|\bmay\b|june|july|august|september|october|november|december",
}
_DOUBT = {
    "ru": r"или|то ли|по другим данным|в отчёте|в отчете|в crm|в срм|а не|точно не помню|хотя|"
    r"выше писал|в 1с|правда|кто (?:вр[её]т|прав)|не сход|расхожд|по (?:базе|таблице|журналу)|"
    r"а (?:в|по) (?:отч|таблиц|журнал|выгрузк)|на самом деле|точнее",
    "en": r"\bor\b|report says|crm says|says|shows|according|not sure|although|wait|actually|"
    r"match|lying|spreadsheet|dashboard|the system|whichever",
}
_GROWTH = {
    "ru": r"(?:на|"
    r"в)\s+(?P<delta>\d+(?:[.,]\d+)?)\s?%[^.!?\n]{0,60}?с\s+(?P<a>\d+(?:[.,]\d+)?)\s?%?\s+(?:до|"
    r"на)\s+(?P<b>\d+(?:[.,]\d+)?)\s?%"
    r"|с\s+(?P<a2>\d+(?:[.,]\d+)?)\s?%?\s+(?:до|на)\s+(?P<b2>\d+(?:[.,]\d+)?)\s?%[^.!?\n]{0,60}?на\s+(?P<delta2>\d+(?:[.,]\d+)?)\s?%",
    "en": r"\b(?:by|up|"
    r"down)\s+(?P<delta>\d+(?:\.\d+)?)\s?%[^.!?\n]{0,60}?from\s+(?P<a>\d+(?:\.\d+)?)\s?%?\s+to\s+(?P<b>\d+(?:\.\d+)?)\s?%"
    r"|from\s+(?P<a2>\d+(?:\.\d+)?)\s?%?\s+to\s+(?P<b2>\d+(?:\.\d+)?)\s?%[^.!?\n]{0,60}?(?:by|up|down|a)\s+(?P<delta2>\d+(?:\.\d+)?)\s?%",
}


@dataclass(frozen=True)
class Contradiction:
    """Two figures that cannot both be true, or one that may mean percentage points."""

    first: Fact
    second: Fact
    kind: str  # "conflict" or "points"


def find_contradictions(text: str, lang: Lang) -> list[Contradiction]:
    """Return conflicting pairs of figures in order of appearance, each noun once."""
    found = [*_points(text, lang)]
    seen: set[str] = set()
    figures = [fact for fact in find_figures(text, lang) if fact.noun and not _is_small(fact)]
    for index, first in enumerate(figures):
        for second in figures[index + 1 :]:
            if not seen & {first.noun, second.noun} and _conflict(first, second, text, lang):
                seen |= {first.noun, second.noun}
                found.append(Contradiction(first, second, "conflict"))
    return found


def _is_small(fact: Fact) -> bool:
    number = same_number(fact.value)
    return number.count(".") > 1 or float(number or 0) < 3


def _conflict(first: Fact, second: Fact, text: str, lang: Lang) -> bool:
    same = _same_noun(first.noun, second.noun) and _unit(first) == _unit(second)
    if not same or first.value == second.value:
        return False
    a, b = float(same_number(first.value)), float(same_number(second.value))
    if max(a, b) > 2 * min(a, b):  # different things of one name, not one count told twice
        return False
    around = " ".join(
        unit.text
        for unit in split_sentences(text)
        if unit.start <= second.start < unit.end or unit.start <= first.start < unit.end
    )
    if re.search(_DOUBT[lang], text[first.start : second.end + 30], re.I):
        return True
    return not re.search(_COMPARES[lang], around, re.I)


def _same_noun(a: str, b: str) -> bool:
    """Compare stems with a tolerance for fleeting vowels: "звонок" and "звонк"."""
    shared = sum(
        1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    )
    return shared >= 3 and shared >= max(len(a), len(b)) - 2


def _unit(fact: Fact) -> str:
    return fact.value.lstrip("0123456789.")


def _points(text: str, lang: Lang) -> list[Contradiction]:
    found = []
    for match in re.finditer(_GROWTH[lang], text, re.I):
        part = match.groupdict()
        delta, low, high = (part[key] or part[key + "2"] for key in ("delta", "a", "b"))
        difference = abs(_number(high) - _number(low))
        if abs(difference - _number(delta)) < 1e-9:
            start, end = match.span("delta" if part["delta"] else "delta2")
            fact = Fact(f"{delta}%", "figure", f"{delta}%", start, end)
            found.append(Contradiction(fact, fact, "points"))
    return found


def _number(text: str) -> float:
    return float(text.replace(",", "."))
