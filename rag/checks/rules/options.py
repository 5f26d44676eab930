"""Rules on options: at least two distinct ones (P03), with limits (P10)."""

from __future__ import annotations

import re

from rag.checks.context import Context, Ruling
from rag.facts.figures import find_dates, find_figures, stem
from rag.facts.ledger import GAP
from rag.vocabulary import Lang

SAME_SHARE = 0.6  # shared stems from which two options are one said twice
_ITEM = re.compile(
    r"^\s*(?:[-–—•*]|\(?\d{1,2}[.)]|(?:вариант|option)\s+[\dа-яa-z][.):—–-]?|[а-яa-z]\))\s*(?P<body>.+)$",
    re.I | re.M,
)
_INLINE = {
    "ru": re.compile(
        r"(?:перв(?:ый|ое|ая)|втор(?:ой|ое|ая)|треть?(?:ий|е|я)|во-первых|во-вторых|либо|"
        r"или|другой вариант|ещё вариант|вариант \w+|\b[1-3]\))",
        re.I,
    ),
    "en": re.compile(
        r"(?:\bfirst(?:ly)?\b|\bsecond(?:ly)?\b|\bthird(?:ly)?\b|\beither\b|\bor\b|"
        r"\balternatively\b|\banother option\b|\boption \w+|\bone option|\bthe other|"
        r"\b[1-3]\))",
        re.I,
    ),
}
_AS_IS = re.compile(
    r"оставить (?:всё |все )?как есть|ничего не менять|leave (?:it |things |everything "
    r")?as is|do nothing|keep things as they are",
    re.I,
)


def several_options(context: Context) -> Ruling:
    """P03: at least two options that differ and are not "leave as is"."""
    options = found_options(context)
    real = [option for option in options if not _AS_IS.search(option)]
    if len(real) < len(options) and len(real) < 2:
        return Ruling("fail", "the only alternative is to leave things as they are")
    if len(real) >= 2:
        if _same(real[0], real[1], context.lang):
            return Ruling("fail", "one option said twice", real[1], sure=False)
        return Ruling("pass", f"{len(real)} options", real[0], sure=False)
    return Ruling("fail", "fewer than two options", sure=False)


def bounded_options(context: Context) -> Ruling:
    """P10: options carry volume, term, owner, cost, effect or risk."""
    part = context.part("options", "recommendation")
    if GAP.search(part):
        return Ruling("pass", "left open and marked")
    word = context.has("limits", part)
    counted = [*find_figures(part, context.lang), *find_dates(part, context.lang)]
    if word or counted:
        quote = word or counted[0].text
        return Ruling(
            "pass",
            f"limit: {quote}",
            context.sentence_with(quote),
            sure="options" in context.fields,
        )
    return Ruling("fail", "no option has a limit", sure="options" in context.fields)


def found_options(context: Context) -> list[str]:
    """Return the options: list items of the options part, or its stretches between markers."""
    part = context.part("options")
    items = [match.group("body") for match in _ITEM.finditer(part)]
    if len(items) >= 2:
        return items
    pieces = [piece.strip(" ,.;:") for piece in _INLINE[context.lang].split(part)]
    return [piece for piece in pieces[1:] if len(piece.split()) >= 2] or items


def _same(first: str, second: str, lang: Lang) -> bool:
    a, b = (
        {stem(w, lang) for w in re.findall(r"[^\W\d_]{4,}", text.split(".")[0])}
        for text in (first, second)
    )
    return bool(a and b) and len(a & b) / min(len(a), len(b)) >= SAME_SHARE
