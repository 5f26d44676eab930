"""Russian morphology where a rule needs it: infinitives and words that do not exist.

Uses pymorphy3 (OpenCorpora dictionaries), loaded on first use.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_LEAD = re.compile(
    r"^(?:(?:давайте|давай|предлага[юе]м?|надо|нужно|нужен|нужна|нужны|пора|можно|необходимо|следует|может|быть|хорошо|неплохо|стоит|имеет|смысл|считаю|думаю|"
    r"хочу|хотим|хотел|хотела|прошу|мы|вы|я|вам|нам|мне|бы|уже|просто|что|чтобы|тогда|лучше|хотя|либо|или|и|а|ну|всё-таки|все-таки|наконец)[\s,]+)+",
    re.I,
)
_WISH = re.compile(
    r"^(?:(?:надо|нужно|хочу|хотим|хотелось бы|пусть будет так|необходимо|"
    r"прошу)[,\s]+)чтобы?\s+(?P<rest>.+)$",
    re.I | re.S,
)
_WORD = re.compile(r"[А-Яа-яЁё-]+")
MAX_BEFORE_VERB = 4
MIN_SCORE = 0.3
# A decision is a single act: the perfective reads better, and the meaning stays.
_PERFECTIVE = dict(
    pair.split(":")
    for pair in "брать:взять давать:дать делать:сделать покупать:купить нанимать:нанять "
    "вводить:ввести убирать:убрать ставить:поставить менять:поменять решать:решить "
    "запускать:запустить отдавать:отдать "
    "снижать:снизить поднимать:поднять открывать:открыть закрывать:закрыть выделять:выделить "
    "переводить:перевести возвращать:вернуть передавать:передать разрешать:разрешить".split()
)
_LIGHT = {
    "предлагать",
    "предложить",
    "считать",
    "думать",
    "казаться",
    "просить",
    "давать",
    "дать",
    "быть",
    "делать",
    "мочь",
    "стать",
    "стоить",
    "иметь",
    "идти",
    "хотеть",
    "начать",
    "пойти",
}
# What links the words of a calm sentence and adds no event of its own.
_LINKING = set(
    "составлять составить являться находиться получать получить требоваться приходиться "
    "происходить продолжать остаться оставаться становиться сообщать сообщить иметься "
    "обходиться занимать занять приносить".split()
)
# "…, потому что", but not "и потому что": after these words the comma stands before them.
_CONJUNCTION = re.compile(
    r"(?<![,;:—–-])(?<!\bи)(?<!\bа)(?<!\bно)(?<!\bдаже)(?<!\bтолько)(?<!\bлишь)(?<!\bили)(?<=[\w%»)])(\b)\s"
    r"(потому что|поэтому|чтобы|хотя|но|которы\w+|котора\w+|которо\w+|если|так что|так как)(?=\s)"
)
_ALL_THAT = re.compile(r"\b(всё|то|того|тому|тем|том|тех|те) (что|кто|котор\w+)(?=\s)", re.I)
_SAYS_THAT = re.compile(
    r"\b(говор\w+|сказал\w*|пишут|пишет|писал\w*|счита\w+|дума\w+|знаю\w*|вижу|видим|понял\w*|"
    r"сообща\w+|оказал\w+|обеща\w+)\sчто(?=\s)",
    re.I,
)


@cache
def _analyzer() -> Any:
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


def with_commas(text: str) -> str:
    """Return the text with commas before conjunctions that always take one."""
    text = _CONJUNCTION.sub(r"\1, \2", text)
    text = _ALL_THAT.sub(r"\1, \2", text)
    return _SAYS_THAT.sub(r"\1, что", text)


def unknown_words(text: str) -> set[str]:
    """Return the Cyrillic words of `text` that no dictionary has, lower-cased."""
    words = {
        part.casefold() for word in _WORD.findall(text) for part in word.split("-") if len(part) > 3
    }
    return {word for word in words if not _analyzer().word_is_known(word.replace("ё", "е"))}


def is_first_name(word: str) -> bool:
    """Tell whether a word can be a first name or a patronymic."""
    return bool(first_name(word))


def first_name(word: str) -> str:
    """Return the nominative of a first name or patronymic, "" for any other word."""
    forms = _analyzer().parse(word.casefold())
    names = (form for form in forms if {"Name", "Patr"} & set(form.tag.grammemes))
    return next((str(form.normal_form) for form in names), "")


def starts_with_infinitive(text: str) -> bool:
    """Tell whether the first word (after "не") is an infinitive."""
    words = [word for word in _WORD.findall(text)[:2] if word.casefold() != "не"]
    return bool(words) and _form(words[0], "INFN") is not None


def as_infinitive(text: str) -> str:
    """Return a proposal with its verb as a leading infinitive: "давайте наймём X" → "нанять X".

    Returns "" where no verb of the author's own is found near the start.
    """
    wish = _WISH.match(text.strip())
    if wish:
        return f"Сделать так, чтобы {wish.group('rest')}"
    body = _LEAD.sub("", text.strip())
    words = list(_WORD.finditer(body))[:MAX_BEFORE_VERB]
    for index, match in enumerate(words):
        verb = _infinitive(match.group())
        if not verb:
            continue
        before = body[: match.start()].strip(" ,")
        if before.casefold() == "не" or (index and words[index - 1].group().casefold() == "не"):
            verb, before = f"не {verb}", re.sub(r"\bне$", "", before, flags=re.I).strip()
        rest = body[match.end() :].strip()
        shown = " ".join(part for part in (verb, before, rest) if part)
        shown = re.sub(r"\s+([.,;?])", r"\1", shown)
        return shown[:1].upper() + shown[1:]
    return ""


def without_lead(text: str) -> str:
    """Return a proposal without its lead: "нужен либо второй склад" → "второй склад"."""
    return _LEAD.sub("", text.strip())


def _infinitive(word: str) -> str:
    if _form(word, "INFN"):
        return _PERFECTIVE.get(word.casefold(), word.casefold())
    for form in _analyzer().parse(word.casefold()):
        if form.score < MIN_SCORE and "2per" not in form.tag:
            continue  # "петли" is a noun long before it is a verb
        personal = form.tag.POS == "VERB" and "past" not in form.tag
        if personal and (form.tag.mood == "impr" or form.tag.person in ("1per", "2per")):
            verb = str(form.normal_form)
            return _PERFECTIVE.get(verb, verb)
    return ""


def verbs_lost(before: str, after: str) -> list[str]:
    """Return the verbs that `after` misses and does not make up for with other verbs."""
    lost = sorted(_verbs(before) - _verbs(after) - _LIGHT)
    new = _verbs(after) - _verbs(before)
    return lost if len(lost) > len(new) else []


def without_verbs(text: str) -> str:
    """Return `text` without its verbs, whose stems change too much to be compared."""
    kept = [word for word in _WORD.findall(text) if not _verbs(word)]
    return " ".join(kept)


def verb_words(text: str) -> str:
    """Return the verbs of `text` as they stand there."""
    return " ".join(word for word in _WORD.findall(text) if _verbs(word))


def has_verb(text: str) -> bool:
    """Tell whether something is said to happen: a verb, a participle or a predicate word."""
    forms = (_analyzer().parse(word.casefold())[0] for word in _WORD.findall(text))
    return any(form.tag.POS in {"VERB", "INFN", "PRTS", "ADJS", "PRED"} for form in forms)


def new_verbs(before: str, after: str) -> set[str]:
    """Return the verbs that `after` brings in, but for those that hardly say anything."""
    return _verbs(after) - _verbs(before) - _LIGHT - _LINKING


def person_changed(before: str, after: str) -> bool:
    """Tell whether a verb of both texts has changed its person: "they ask" became "I ask"."""
    old, new = _persons(before), _persons(after)
    return any(old[verb] != new[verb] for verb in old.keys() & new.keys())


def _persons(text: str) -> dict[str, str]:
    forms = (_analyzer().parse(word.casefold())[0] for word in _WORD.findall(text))
    return {
        str(form.normal_form): f"{form.tag.person}{form.tag.number}"
        for form in forms
        if form.tag.POS == "VERB" and form.tag.person
    }


def _verbs(text: str) -> set[str]:
    kinds = {"VERB", "INFN", "PRTS", "GRND"}
    forms = (_analyzer().parse(word.casefold())[0] for word in _WORD.findall(text))
    return {str(form.normal_form) for form in forms if form.tag.POS in kinds}


def _form(word: str, part_of_speech: str) -> Any:
    forms = _analyzer().parse(word.casefold())
    return next(
        (form for form in forms if part_of_speech == form.tag.POS and form.score > 0.1), None
    )
