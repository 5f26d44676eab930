"""Cut a draft into the phrases that are sorted and worded: what is spoken to whom, and about what.

The greeting goes, dictation gets its marks, contact data and the author's own headings are taken
out, and "either … or …" gives two phrases where it offers two options.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.facts.extract import without_personal
from rag.facts.names import find_names
from rag.knowledge.roles import Role, load_roles
from rag.rewriting.punctuation import punctuate
from rag.text.sentences import Unit, split_units
from rag.vocabulary import Draft, Lang, Model

_GREETING = {
    "ru": r"(?:добрый (?:день|вечер)|доброе утро|здравствуйте|привет\w*|слушай(?:те)?|"
    r"уважаем\w+|коллеги|дорогие \w+|ну|ну что)",
    "en": r"(?:hi|hello|hey|dear|look|listen|good (?:morning|afternoon|evening)|ok|okay|so)",
}
_CHOICE = {
    "ru": re.compile(r",?\s+(?:или|либо)\s+(?=(?:\S+\s+){1,})|^\s*либо\s+", re.I),
    "en": re.compile(r",?\s+or\s+(?:else\s+)?(?=(?:\S+\s+){2,})|^\s*either\s+", re.I),
}
_LABEL = re.compile(
    r"^(?:ситуация|факты|проблема|вывод[ы]?|действия|варианты|предложени[ея]|план|итог|решение|"
    r"situation|facts|problem|conclusions?|actions?|options|proposal|next steps|decision)\s*:\s*",
    re.I,
)
_CLAUSE = re.compile(
    r"[,;]\s+(?:(?:и|а|но|только|and|but|just|so)\s+)?|\s+(?:и|а|но|and|but)\s+", re.I
)
# A line that an e-mail program wrapped goes on in the next.
_WRAPPED = re.compile(r"^(.{60,}[^.!?:;\n])\n(?=[а-яёa-z\d«(])", re.M)
_CAUSE = re.compile(r",?\s+(?P<why>(?:because|потому что|так как|поскольку)\s.+)$", re.I | re.S)
# "Call me at +7 …" is nothing without its number.
MIN_WORDS_LEFT = 4


def find_units(draft: Draft, model: Model | None) -> tuple[str, list[Unit]]:
    """Return the person addressed, or "", and the phrases of the message in order."""
    lang = draft.lang
    address, start = split_address(draft.text, lang)
    body = _WRAPPED.sub(r"\1 ", draft.text[start:].lstrip(" ,.!?\n—–-"))
    units = split_units(punctuate(body, lang, model), lang)
    if draft.kind == "cascade":
        units = [part for unit in units for part in _cause_apart(unit)]
    secret = [role for role in load_roles(draft.kind) if role.id in ("hidden", "meta")]
    units = [part for unit in units for part in _secret_apart(unit, secret, lang)]
    units = [_unlabelled(_impersonal(unit)) for unit in units]
    return address, [unit for unit in units if unit.text]


def split_address(text: str, lang: Lang) -> tuple[str, int]:
    """Return the person addressed at the start, or "", and where the message itself begins."""
    greeting = re.match(rf"\s*(?:{_GREETING[lang]}[\s,!.]+)*", text, re.I)
    start = greeting.end() if greeting else 0
    for name in find_names(text[: start + 60], lang):
        after = re.match(r"\s*[,!.\n—–-]+\s*", text[name.end :])
        if name.start == start and (after or (greeting and greeting.group().strip())):
            return text[name.start : name.end].title(), name.end + (after.end() if after else 0)
        break
    return "", 0


def split_choices(unit: Unit, lang: Lang) -> list[Unit]:
    """Return the alternatives of "either … or …" as units of their own."""
    cuts = [unit.start]
    for match in _CHOICE[lang].finditer(unit.text):
        cuts.append(unit.start + match.end())
    cuts.append(unit.end)
    parts = []
    for start, end in itertools.pairwise(cuts):
        text = unit.text[start - unit.start : end - unit.start]
        text = re.sub(
            r"(?:,?\s+(?:или|либо|or(?: else)?)|^(?:либо|either))\s*$", "", text, flags=re.I
        )
        if len(text.split()) >= 2:
            parts.append(Unit(text.strip(" ,"), start, start + len(text)))
    return parts if len(parts) > 1 else [unit]


def _cause_apart(unit: Unit) -> list[Unit]:
    """Cut "we do it because of that": a decision and its reason go to different fields."""
    match = _CAUSE.search(unit.text)
    if not match or min(len(unit.text[: match.start()].split()), len(match["why"].split())) < 3:
        return [unit]
    before, at = unit.text[: match.start()], match.start("why")
    return [
        replace(unit, text=before, end=unit.start + len(before)),
        replace(unit, text=match["why"], start=unit.start + at),
    ]


def _secret_apart(unit: Unit, secret: Sequence[Role], lang: Lang) -> list[Unit]:
    """Cut "answer by Friday, and don't tell the team": what must go takes nothing with it."""

    def hits(text: str) -> bool:
        return any(role.hits(text, lang) for role in secret)

    if not hits(unit.text):
        return [unit]
    for match in _CLAUSE.finditer(unit.text):
        head, tail = unit.text[: match.start()], unit.text[match.end() :]
        if len(head.split()) >= 2 and hits(tail) and not hits(head):
            return [
                replace(unit, text=head, end=unit.start + len(head)),
                replace(unit, text=tail, start=unit.start + match.end()),
            ]
    return [unit]


def _unlabelled(unit: Unit) -> Unit:
    """Return the unit without a label of the author's own: the document has its headings."""
    text = _LABEL.sub("", unit.text)
    return unit if text == unit.text else replace(unit, text=text[:1].upper() + text[1:])


def _impersonal(unit: Unit) -> Unit:
    """Return the unit without contact data; what said nothing else is left empty."""
    shown = without_personal(unit.text).strip(" ,:-")
    if shown != unit.text and len(re.findall(r"[^\W\d_]{3,}", shown)) < MIN_WORDS_LEFT:
        shown = ""
    return replace(unit, text=shown) if shown != unit.text else unit
