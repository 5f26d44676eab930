"""Options for approval: the author's own first, levers of the theme only where some are missing.

What an author's option is worth, what shows it and what it risks come from the model's proven line
or from a measure of an exemplar or a lever that means the same thing, whichever follows best from
the draft. A lever is marked as an idea from the knowledge base, its limits stay open, and what the
author has already tried is not offered again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.checks.lexicon import load_lexicon
from rag.facts.figures import find_dates, find_figures
from rag.knowledge.exemplars import load_exemplars
from rag.knowledge.levers import Lever, Theme
from rag.knowledge.phrases import mark, phrase
from rag.model.yesno import yes_or_no
from rag.prompts import load_prompt
from rag.rewriting.openpoints import OpenPoints
from rag.rewriting.proposing import Line
from rag.rewriting.sensible import most_sensible
from rag.rewriting.theme import general_theme
from rag.rewriting.verify import proven_part, proven_value
from rag.vocabulary import Lang, Model, Option, Retriever

ENOUGH = 2
# P(Yes) from which two options count as the same thing.
SAME_LOGPROB = -0.15
# Nearest measures of exemplars the model is asked about.
NEAREST = 2
# General values in the phrases' file, so that two options do not say the same.
GENERAL_VALUES = 3


@dataclass(frozen=True)
class Measure:
    """What is known of a measure: an option's parts without the author's own words."""

    action: str
    value: str
    effect: str
    risk: str
    limits: str


@dataclass(frozen=True)
class Wish:
    """An option of the author: its calm words and the model's proven line, if any."""

    action: str
    line: Line | None = None


def build_options(
    wishes: Sequence[Wish],
    tried: str,
    theme: Theme,
    points: OpenPoints,
    retriever: Retriever,
    model: Model | None,
    context: str,
) -> list[Option]:
    """Return at least two options: every author's wish, then ideas where there are too few."""
    lang = points.lang
    options = [
        _author_option(wish, _known(wish, theme, lang, retriever, model, context), points, number)
        for number, wish in enumerate(wishes)
    ]
    own = " ".join([tried, *(wish.action for wish in wishes)])
    levers = {lever.id: lever for lever in [*theme.options, *general_theme().options]}
    ideas = [lever for lever in levers.values() if not _mentioned(lever, own, lang)]
    missing = ENOUGH - len(options) if options else ENOUGH + 1
    return _unlike(options + [_idea(lever, points) for lever in ideas[: max(missing, 0)]], lang)


def _unlike(options: Sequence[Option], lang: Lang) -> list[Option]:
    """Return the options with nothing told twice: repeats say nothing of a choice."""
    told: set[str] = set()
    result = []
    for number, option in enumerate(options):
        effect, risk = ("" if part in told else part for part in (option.effect, option.risk))
        value = _general_value(number, lang) if option.value in told else option.value
        told |= {value, effect, risk}
        result.append(replace(option, value=value, effect=effect, risk=risk))
    return result


def _general_value(number: int, lang: Lang) -> str:
    return phrase(f"general_value_{number % GENERAL_VALUES + 1}", lang)


def _author_option(wish: Wish, known: Measure | None, points: OpenPoints, number: int) -> Option:
    lang = points.lang
    general = _general_value(number, lang)
    short = wish.action.rstrip(".")
    limits = ""
    if not _has_limits(short, lang):
        question = phrase("ask_limits", lang, option=_short(short))
        wanted = known.limits if known and known.limits else phrase("gap_limits", lang)
        limits = points.answer(question) or mark(wanted, lang)
    if known is None:
        return Option(short, general, limits)
    return Option(short, known.value or general, limits, known.effect, known.risk)


def _idea(lever: Lever, points: OpenPoints) -> Option:
    lang = points.lang
    question = phrase("ask_limits", lang, option=_short(lever.action[lang]))
    limits = points.answer(question) or lever.limits[lang]
    return Option(
        lever.action[lang].rstrip("."),
        lever.value[lang],
        limits,
        lever.effect[lang],
        lever.risk[lang],
        lever.id,
    )


def _has_limits(action: str, lang: Lang) -> bool:
    counted = find_figures(action, lang) or find_dates(action, lang)
    return bool(counted or load_lexicon(lang).find("limits", action))


def _short(action: str) -> str:
    words = action.rstrip(".").split()
    return " ".join(words[:9]) + ("…" if len(words) > 9 else "")


def _mentioned(lever: Lever, text: str, lang: Lang) -> bool:
    folded = text.casefold()
    return any(_sign_in(sign, folded) for sign in lever.signs[lang])


def _sign_in(sign: str, folded: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(sign.casefold())}", folded))


def _known(
    wish: Wish, theme: Theme, lang: Lang, retriever: Retriever, model: Model | None, context: str
) -> Measure | None:
    """Return what is known of the author's option: the model's line, else a like measure."""
    own = _by_model(wish, lang, context) if wish.line is not None else None
    if model is None:
        return own
    like = [
        measure
        for measure in _candidates(wish.action, theme, lang, retriever)
        if _says_same(wish.action, measure.action, lang, model)
    ]
    values = {measure.value: measure for measure in [*([own] if own else []), *like]}
    best = most_sensible(f"{context}\n{wish.action}", list(values), lang, model)
    return values.get(best)


def _by_model(wish: Wish, lang: Lang, context: str) -> Measure | None:
    """Return the model's own words on an option, or None where its value is unproven.

    In Russian the small model says well what a measure is worth and poorly what it risks.
    """
    line = wish.line
    assert line is not None
    if not proven_value(line.value, context, lang):
        return None
    effect, risk, limits = (
        proven_part(part, context, lang) if lang == "en" else ""
        for part in (line.effect, line.risk, line.limits)
    )
    return Measure(wish.action, line.value, effect, risk, limits)


def _candidates(action: str, theme: Theme, lang: Lang, retriever: Retriever) -> Iterator[Measure]:
    """Yield measures an option may mean: the theme's levers, then the nearest of exemplars."""
    for lever in theme.options:
        limits = re.sub(r"^\[[^:]*:\s*|\]$", "", lever.limits[lang])
        yield Measure(
            lever.action[lang], lever.value[lang], lever.effect[lang], lever.risk[lang], limits
        )
    passages, vectors = retriever.examples("measure")
    if not passages:
        return
    scores = vectors @ retriever.embed([action])[0]
    same = [n for n in scores.argsort()[::-1] if passages[n].lang == lang][:NEAREST]
    units = {u.calm: u for e in load_exemplars() for u in e.units if u.value}
    for n in same:
        unit = units[passages[n].text]
        yield Measure(unit.calm, unit.value, unit.effect, unit.risk, unit.limits)


def _says_same(action: str, other: str, lang: Lang, model: Model) -> bool:
    messages = load_prompt(f"same_option_{lang}").render(first=action, second=other)
    yes, _ = yes_or_no(messages, lang, model)
    return yes > SAME_LOGPROB
