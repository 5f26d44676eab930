"""Match the figures, names and months of a text with those of its draft, as a careful reader does.

The ledger (`rag.facts.ledger`) is strict, since it guards what the product itself writes. A text by
another hand may say "17:00" for "5 pm", "EUR 1.4 million" for "1.4m euros", or add up two figures
and say so; none of that is an invention. Figures match by value, units only where both name one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.facts.figures import find_dates, find_figures, same_number
from rag.facts.names import find_names, name_stem
from rag.vocabulary import Fact, Lang

_ONE = re.compile(r"(?<!\w)(?:one|once|один|одна|одно|одного|одной|одну|раз)(?!\w)", re.I)
_LOOSE = {  # words that stand for a number, which a text may write in digits
    0.5: r"half|пол(?:овин\w+|час\w*)",
    1.5: r"полтор\w+|one and a half|an hour and a half",
    2: r"twice|double|both|couple|оба|обе|обоих|вдвое|пар[ауы]|дважды",
    3: r"third|triple|втрое|треть\w*|трижды",
    4: r"quarter\w*|четверть\w*|вчетверо",
    10: r"десят\w+",
    12: r"dozen|дюжин\w+",
    1000: r"thousand|тысяч\w*|grand",
}
_TIMES = {
    "minute": r"минут\w*|мин\b|minutes?|mins?\b",
    "hour": r"час\w*|hours?|hrs?\b",
    "day": r"дн(?:я|ей|и|ю|ям)\w*|день|сут\w+|days?",
    "week": r"недел\w+|weeks?|wks?\b",
    "month": r"месяц\w*|мес\b|months?",
    "year": r"лет|год\w*|years?|yrs?\b",
}
_COMPUTED = re.compile(
    r"calculat|comput|total|in all|altogether|together|differen|fewer|\bless\b|\bmore\b|gap|"
    r"that is|i\.e|share|remain|\brest\b|growth|\bup\b|\bdown\b|lower|higher|per cent|average|"
    r"расч|посчит|итого|всего|вместе|разниц|меньше|больше|то есть|т\.\s?е|доля|осталь|рост|сниж|"
    r"\bothers?\b|друг|средн|суммарн|ниже|выше|прирост|=",
    re.I,
)
_SCALES = (1, 1_000, 1_000_000)  # "plan 2.1" after "1.9 million" means millions
_COUNTED = (
    4  # "two ways", "three reasons": a small number in words counts what the text itself says
)
_LARGE = 100  # from here a reckoned number may be rounded
_AROUND = 60  # characters around a figure in which the words that show a computation stand


@dataclass(frozen=True)
class Number:
    """A number of a text: `values` are the readings it allows (5 pm is 5 and 17)."""

    shown: str
    values: frozenset[float]
    unit: str  # "%", a currency, "day" …, or ""
    start: int
    end: int


def find_numbers(text: str, lang: Lang) -> list[Number]:
    """Return the numbers of a text, those of dates and times of day included, in order."""
    return list(_numbers(text, lang))


@lru_cache(64)  # one comparison asks for the same two texts again and again
def _numbers(text: str, lang: Lang) -> tuple[Number, ...]:
    found = [_of_figure(fact, text) for fact in find_figures(text, lang)]
    found += [number for fact in find_dates(text, lang) for number in _of_date(fact)]
    valued = (number for number in found if number.values)
    return tuple(sorted(valued, key=lambda number: number.start))


def added_numbers(draft: str, text: str, lang: Lang) -> list[Number]:
    """Return the numbers of the text that the draft neither says nor yields when reckoned with."""
    known = find_numbers(draft, lang)
    values = {value for number in known for value in number.values} | _in_words(draft)
    return [
        number
        for number in find_numbers(text, lang)
        if not _is_count(number)
        and not any(value / scale in values for value in number.values for scale in _SCALES)
        and not _computed(number, text, sorted(values))
    ]


def changed_units(draft: str, text: str, lang: Lang) -> list[Number]:
    """Return the numbers of the text that the draft has only with another unit."""
    known = find_numbers(draft, lang)
    found = []
    for number in find_numbers(text, lang):
        units = {other.unit for other in known if other.values & number.values}
        if number.unit and units and "" not in units and number.unit not in units:
            found.append(number)
    return found


def lost_numbers(draft: str, text: str, lang: Lang) -> list[Number]:
    """Return the figures of the draft (no dates) that the text does not say in any form."""
    said = {value for number in find_numbers(text, lang) for value in number.values}
    said |= _in_words(text)
    figures = [_of_figure(fact, draft) for fact in find_figures(draft, lang)]
    return [number for number in figures if number.values and not number.values & said]


def added_names(draft: str, text: str, lang: Lang) -> list[Fact]:
    """Return the names of the text of which the draft has no word, in any form."""
    starts = {_start(word, lang) for word in re.findall(r"[^\W\d_]{2,}", draft)}
    return [
        fact
        for fact in find_names(text, lang)
        if not _opens(fact, text)
        and not any(_start(word, lang) in starts for word in re.findall(r"[^\W\d_]{2,}", fact.text))
    ]


def _opens(fact: Fact, text: str) -> bool:
    """Tell whether a name stands where any word has a capital: after a list mark or a heading."""
    return bool(re.search(r"(?:^|[).:;•–—\n-])\s*$", text[max(0, fact.start - 4) : fact.start]))


def _is_count(number: Number) -> bool:
    in_words = not re.search(r"\d", number.shown)
    return min(number.values) <= (_COUNTED if in_words else 2)


def _of_figure(fact: Fact, text: str) -> Number:
    plain = same_number(fact.value)
    if plain.count(".") > 1 or not plain:
        return Number(fact.text, frozenset(), "", fact.start, fact.end)
    value = float(plain)
    after = text[fact.end : fact.end + 16]
    values = {value, value + 12} if re.match(r"\s?p\.?m", after, re.I) else {value}
    return Number(fact.text, frozenset(values), _unit(fact, after), fact.start, fact.end)


def _unit(fact: Fact, after: str) -> str:
    known = fact.value.lstrip("0123456789.")
    if known:
        return known
    # One word may stand between: "5 full days".
    for name, forms in _TIMES.items():
        if re.match(rf"[\s-]+(?:{forms})", after, re.I):
            return name
    return ""


def _of_date(fact: Fact) -> Iterator[Number]:
    """Yield the day or the hour of a date; a month or weekday alone is no number."""
    found = re.match(r"@(?:day)?(\d+)", fact.value)
    if found:
        yield Number(fact.text, frozenset({float(found.group(1))}), "", fact.start, fact.end)


def _in_words(text: str) -> set[float]:
    found = {
        float(value) for value, forms in _LOOSE.items() if re.search(rf"\b(?:{forms})", text, re.I)
    }
    return found | ({1.0} if _ONE.search(text) else set())


def _computed(number: Number, text: str, values: Sequence[float]) -> bool:
    """Tell whether the text says that the number was reckoned, and it comes out right."""
    around = text[max(0, number.start - _AROUND) : number.end + _AROUND]
    if not _COMPUTED.search(around):
        return False
    return any(
        _near(result, value / scale)
        for value in number.values
        for scale in _SCALES
        for a, b in itertools.permutations(values, 2)
        for result in _results(a, b, number)
    )


def _results(a: float, b: float, number: Number) -> Iterator[float]:
    """Yield what two figures give: shares for a percentage, products for large numbers only."""
    yield a + b
    yield a - b
    if number.unit in ("%", "пп") and b:
        yield 100 * a / b
        yield 100 * (a - b) / b
    if max(number.values) >= _LARGE:
        yield a * b


def _near(result: float, value: float) -> bool:
    """Tell whether `value` is the result, or what it is rounded to."""
    if value >= _LARGE:
        return abs(result - value) <= 0.01 * value
    return abs(result - value) < 1e-6 or (result % 1 != 0 and round(result) == value)


def _start(word: str, lang: Lang) -> str:
    """Return the beginning that all forms of a word share."""
    return name_stem(word, lang)[:4]
