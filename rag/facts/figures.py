"""Find figures and dates, and give each a normal form, so that the same one compares equal.

Forms: a figure is `number + unit class` ("12%", "1200000₽", "5", "3пп"); a date starts with "@"
("@25.03", "@day25", "@wd5", "@q3", "@14:30"). Thousands separators, decimal commas, multipliers
("1,2 млн", "40k") and number words ("пять", "twelve") are normalised; list markers ("1.") and
references to options ("option 2") are no figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag.vocabulary import Fact, Lang

_NUMBER = r"\d{1,3}(?:[  \u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*"
_UNITS = (
    ("пп", r"п\.\s?п\.?|пп|процентн\w+ пункт\w*|p\.?p\.?|percentage points?|points?(?= of)"),
    ("%", r"%|процент\w*|проц\.|percent|per cent|pct"),
    ("₽", r"₽|руб\w*\.?|р\.|rub|rubles?|roubles?"),
    ("$", r"\$|usd|долл\w*|баксов|dollars?|bucks"),
    ("€", r"€|eur|евро|euros?"),
    ("£", r"£|gbp|pounds?"),
)
_MULTIPLIERS = (
    (1_000, r"тыс\w*\.?|к(?![а-яё])|k(?![a-z])|thousand|grand"),
    (1_000_000, r"млн\.?|миллион\w*|лям\w*|m(?![a-z])|mln|million"),
    (1_000_000_000, r"млрд\.?|миллиард\w*|bn|billion"),
)
_SCALE = "|".join(f"(?P<x{factor}>{pattern})" for factor, pattern in _MULTIPLIERS)
_UNIT = "|".join(f"(?P<u{index}>{pattern})" for index, (_, pattern) in enumerate(_UNITS))
_FIGURE = re.compile(
    rf"(?P<before>[$€£₽]\s?)?(?<![\w])(?P<number>{_NUMBER})"
    rf"(?:\s?(?:{_SCALE})(?![\w]))?(?:\s?(?:{_UNIT})(?![a-zа-яё]))?",
    re.I,
)
_LIST_MARKER = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]", re.M)
_REFERENCE = re.compile(
    r"(?:вариант\w*|option|пункт\w*|п\.|№)\s*(?P<n>\d{1,2})(?!\d)(?!\s?[%₽$])", re.I
)

_MONTHS = {
    "ru": "январ феврал март апрел ма[йяе] июн июл август сентябр октябр ноябр декабр".split(),
    "en": (
        "jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june? july? aug(?:ust)? "
        "sept?(?:ember)? oct(?:ober)? nov(?:ember)? dec(?:ember)?"
    ).split(),
}
_WEEKDAYS = {
    "ru": "понедельник вторник сред[уаые] четверг пятниц суббот воскресень".split(),
    "en": "monday tuesday wednesday thursday friday saturday sunday".split(),
}
# Lower-case "sat", "sun" and "mon" are words of their own.
_SHORT_WEEKDAYS = "Mon [Tt]ues? [Ww]eds? [Tt]hu(?:rs?)? [Ff]ri Sat Sun".split()
_WORDS = {
    "ru": {
        2: "два|две|двух|двум|двумя|двое|двоих",
        3: "три|трёх|трех|трем|трём|тремя|трое|троих",
        4: "четыре|четырёх|четырех|четырем|четверо|четверых",
        5: "пять|пяти|пятью|пятеро",
        6: "шесть|шести|шестью|шестеро",
        7: "семь|семи|семью|семеро",
        8: "восемь|восьми|восемью",
        9: "девять|девяти|девятью",
        10: "десять|десяти|десятью",
        11: "одиннадцат[ьи]",
        12: "двенадцат[ьи]",
        13: "тринадцат[ьи]",
        14: "четырнадцат[ьи]",
        15: "пятнадцат[ьи]",
        16: "шестнадцат[ьи]",
        17: "семнадцат[ьи]",
        18: "восемнадцат[ьи]",
        19: "девятнадцат[ьи]",
        20: "двадцат[ьи]",
        30: "тридцат[ьи]",
        40: "сорок|сорока",
        50: "пятьдесят|пятидесяти",
        60: "шестьдесят|шестидесяти",
        70: "семьдесят|семидесяти",
        80: "восемьдесят|восьмидесяти",
        90: "девяносто",
        100: "сто|ста|сотн[юия]",
        200: "двести|двухсот",
        300: "триста|трёхсот|трехсот",
        500: "пятьсот|пятисот",
    },
    "en": {
        2: "two",
        3: "three",
        4: "four",
        5: "five",
        6: "six",
        7: "seven",
        8: "eight",
        9: "nine",
        10: "ten",
        11: "eleven",
        12: "twelve",
        13: "thirteen",
        14: "fourteen",
        15: "fifteen",
        16: "sixteen",
        17: "seventeen",
        18: "eighteen",
        19: "nineteen",
        20: "twenty",
        30: "thirty",
        40: "forty",
        50: "fifty",
        60: "sixty",
        70: "seventy",
        80: "eighty",
        90: "ninety",
        100: "(?:a |one )?hundred",
    },
}


def find_dates(text: str, lang: Lang) -> list[Fact]:
    """Return calendar dates, days of a month, weekdays, quarters and clock times, in order."""
    found: dict[int, Fact] = {}
    for pattern, value in _date_patterns(lang):
        for match in pattern.finditer(text):
            overlaps = any(f.start < match.end() and match.start() < f.end for f in found.values())
            if not overlaps:
                normal = value or _day_month(match)
                found[match.start()] = _fact(match, "date", normal)
    return [found[start] for start in sorted(found)]


def find_figures(text: str, lang: Lang) -> list[Fact]:
    """Return figures in digits and in words, dates excluded, in order of appearance."""
    masked = text
    for fact in find_dates(text, lang):
        masked = masked[: fact.start] + " " * (fact.end - fact.start) + masked[fact.end :]
    ignored = {
        m.start() + len(m.group()) - len(m.group().lstrip()) for m in _LIST_MARKER.finditer(masked)
    }
    ignored |= {m.start("n") for m in _REFERENCE.finditer(masked)}
    facts = [f for f in _digits(masked, text, lang) if f.start not in ignored]
    facts += _number_words(masked, text, lang)
    return sorted(facts, key=lambda fact: fact.start)


def same_number(value: str) -> str:
    """Return a figure's value without its unit class: "25%" → "25"."""
    return re.sub(r"[^\d.]", "", value)


def _digits(masked: str, text: str, lang: Lang) -> Iterator[Fact]:
    for match in _FIGURE.finditer(masked):
        start, end = match.span()
        shown = text[start:end].strip()
        yield Fact(
            shown,
            "figure",
            _normal(match, lang),
            start,
            start + len(shown),
            _noun_after(text, end, lang),
        )


def _normal(match: re.Match[str], lang: Lang) -> str:
    number = re.sub(r"\s", "", match.group("number"))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number) and lang == "en":
        number = number.replace(",", "")
    number = number.replace(",", ".")
    if number.count(".") > 1:  # a version, an IP, a dotted list: keep as written
        return number
    value = Decimal(number)
    for factor, _ in _MULTIPLIERS:
        if match.group(f"x{factor}"):
            value *= factor
    unit = (match.group("before") or "").strip()
    for index, (name, _) in enumerate(_UNITS):
        if match.group(f"u{index}"):
            unit = name
    plain = format(value.normalize(), "f")
    return f"{plain}{unit}"


def _number_words(masked: str, text: str, lang: Lang) -> Iterator[Fact]:
    """Yield numbers in words; "двадцать пять" is one number, "два-три" are two."""
    forms = "|".join(_WORDS[lang].values())
    for chain in re.finditer(rf"(?<![\w-])(?:{forms})(?:[ -](?:{forms}))*(?![\w-])", masked, re.I):
        for start, end, number in _numbers(chain, lang):
            noun = _noun_after(text, end, lang)
            yield Fact(text[start:end], "figure", str(number), start, end, noun)


def _numbers(chain: re.Match[str], lang: Lang) -> list[tuple[int, int, int]]:
    """Return (start, end, number) for a chain of number words: a unit joins the ten before it."""
    found: list[tuple[int, int, int]] = []
    forms = "|".join(_WORDS[lang].values())
    for word in re.finditer(rf"(?<!\w)(?:{forms})(?!\w)", chain.group(), re.I):
        start, end = chain.start() + word.start(), chain.start() + word.end()
        number = _word_number(word.group(), lang)
        if found and _leaves_room(found[-1][2], number):
            start, number = found[-1][0], found.pop()[2] + number
        found.append((start, end, number))
    return found


def _word_number(word: str, lang: Lang) -> int:
    return next(n for n, forms in _WORDS[lang].items() if re.fullmatch(forms, word, re.I))


def _leaves_room(number: int, added: int) -> bool:
    """Tell whether a number word takes another one: 20 takes 5, 300 takes 25, 7 takes nothing."""
    room = 100 if number % 100 == 0 else 10 if number % 10 == 0 and number % 100 > 10 else 1
    return added < room


def _noun_after(text: str, end: int, lang: Lang) -> str:
    match = re.match(r"[\s  ]+([^\W\d_]{3,})", text[end : end + 40])
    return stem(match.group(1), lang) if match else ""


def stem(word: str, lang: Lang) -> str:
    """Return the Snowball stem of a word, case-folded, ё as е."""
    import Stemmer

    folded = word.casefold().replace("ё", "е")
    return str(Stemmer.Stemmer("russian" if lang == "ru" else "english").stemWord(folded))


def _date_patterns(lang: Lang) -> Iterator[tuple[re.Pattern[str], str]]:
    day = r"(?P<day>3[01]|[12]\d|0?[1-9])(?!\d)"
    yield re.compile(r"(?<!\d)(?P<y>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)"), ""
    yield (
        re.compile(
            rf"(?<![\d.,]){day}\.(?P<month>0[1-9]|1[0-2])(?:\.(?:\d{{4}}|\d{{2}}))?(?![\d%]|\.\d)(?!\s?(?:%|млн|тыс|руб|x\b))"
        ),
        "",
    )
    yield re.compile(r"(?<!\d)(?P<h>[01]?\d|2[0-3]):(?P<min>[0-5]\d)(?!\d)"), ""
    for month, name in enumerate(_MONTHS[lang], 1):
        ending = r"[а-яё]{0,3}" if lang == "ru" else ""
        if lang == "ru":
            yield (
                re.compile(
                    rf"(?<!\d){day}(?:-?(?:го|е|ого))?\s+{name}{ending}(?!\w)(?:\s+\d{{4}}(?!\d))?",
                    re.I,
                ),
                f"@*.{month:02d}",
            )
        else:
            yield (
                re.compile(
                    rf"(?<!\d){day}(?:st|nd|rd|th)?\s+(?:of\s+)?{name}(?!\w)(?:,?\s+\d{{4}})?", re.I
                ),
                f"@*.{month:02d}",
            )
            yield (
                re.compile(rf"\b{name}\s+{day}(?:st|nd|rd|th)?(?!\d)(?:,\s+\d{{4}})?", re.I),
                f"@*.{month:02d}",
            )
        guard = r"(?<![\w])"
        only = name if name not in ("may", "mar(?:ch)?") else name[:1].upper() + name[1:]
        flags = re.I if only == name else 0
        if name == "ма[йяе]":
            only, ending = "ма[йяе]", ""
        yield re.compile(rf"{guard}{only}{ending}(?!\w)", flags), f"@m{month:02d}"
    if lang == "en":  # "Sat 18:40", never the verb "sat"
        for number, short in enumerate(_SHORT_WEEKDAYS, 1):
            yield re.compile(rf"(?<!\w){short}(?!\w)"), f"@wd{number}"
    for number, name in enumerate(_WEEKDAYS[lang], 1):
        yield re.compile(rf"(?<!\w){name}[а-яёs]{{0,3}}(?!\w)", re.I), f"@wd{number}"
    if lang == "ru":
        yield re.compile(rf"(?<!\d){day}-?(?:го|му|ого|ому|м)\s*(?:числа|числу)?(?!\w)", re.I), ""
        yield re.compile(rf"(?<!\d){day}\s+(?:числа|числу)(?!\w)", re.I), ""
        yield (
            re.compile(
                r"(?<!\w)(?P<q>[1-4])(?:-?(?:й|м|го|ом|му)\s*квартал\w*|\s*квартал(?:е|у|ом)?|\s*кв\.?)(?!\w)",
                re.I,
            ),
            "",
        )
    else:
        yield (
            re.compile(
                rf"(?<!\d){day}(?:st|nd|rd|th)(?!\w)(?!\s+(?:time|quarter|order|call|client))", re.I
            ),
            "",
        )
    yield re.compile(r"(?<!\w)Q(?P<q>[1-4])(?!\w)", re.I), ""


def _day_month(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("q"):
        return f"@q{groups['q']}"
    if groups.get("h"):
        return f"@{int(groups['h'])}:{groups['min']}"
    if groups.get("month"):
        return f"@{int(groups['day'])}.{groups['month']}"
    return f"@day{int(groups['day'])}"


def _fact(match: re.Match[str], kind: str, value: str) -> Fact:
    day = match.groupdict().get("day")
    if value.startswith("@*") and day:
        value = f"@{int(day)}{value[2:]}"
    text = match.group()
    return Fact(text, "date", value, match.start(), match.end())
