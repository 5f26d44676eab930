"""Options for approval: the author's own first, levers of the theme only where some are missing.

A lever is marked as an idea from the knowledge base and its limits stay open. An author's option
borrows value and risk from a lever only when the model agrees that both mean the same thing.
"""

from __future__ import annotations

import re

from rag.checks.lexicon import load_lexicon
from rag.facts.figures import find_dates, find_figures
from rag.knowledge.levers import Lever, Theme, load_levers
from rag.knowledge.phrases import phrase
from rag.prompts import load_prompt
from rag.rewriting.openpoints import OpenPoints
from rag.vocabulary import Lang, Model, Option, Retriever

ENOUGH = 2
MOST_IDEAS = 2
# P(Yes) from which two options count as the same thing.
SAME_LOGPROB = -0.4


def build_options(
    actions: list[str],
    theme: Theme,
    points: OpenPoints,
    retriever: Retriever,
    model: Model | None,
) -> list[Option]:
    """Return at least two options: every author's action, then ideas where there are too few."""
    lang = points.lang
    options, used = [], set()
    for action in actions:
        lever = _same_lever(action, lang, retriever, model)
        if lever:
            used.add(lever.id)
        options.append(_author_option(action, lever, points))
    ideas = [lever for lever in theme.options if lever.id not in used]
    missing = (ENOUGH - len(options)) if options else ENOUGH + 1
    return options + [_idea(lever, points) for lever in ideas[: max(missing, 0)]]


def _author_option(action: str, lever: Lever | None, points: OpenPoints) -> Option:
    lang = points.lang
    short = action.rstrip(".")
    limits = "" if _has_limits(action, lang) else points.fill("limits", option=_short(short))
    if lever is None:
        return Option(short, phrase("general_value", lang), limits)
    return Option(short, lever.value[lang], limits, lever.effect[lang], lever.risk[lang])


def _idea(lever: Lever, points: OpenPoints) -> Option:
    lang = points.lang
    question = phrase("ask_limits", lang, option=_short(lever.action[lang]))
    limits = points.answer(question) or lever.limits[lang]
    return Option(
        lever.action[lang].rstrip("."), lever.value[lang], limits, lever.effect[lang],
        lever.risk[lang], lever.id,
    )


def _has_limits(action: str, lang: Lang) -> bool:
    counted = find_figures(action, lang) or find_dates(action, lang)
    return bool(counted or load_lexicon(lang).find("limits", action))


def _short(action: str) -> str:
    words = action.rstrip(".").split()
    return " ".join(words[:9]) + ("…" if len(words) > 9 else "")


def _same_lever(action: str, lang: Lang, retriever: Retriever, model: Model | None) -> Lever | None:
    """Return the lever that proposes the very thing the author does, if any."""
    levers = {lever.id: lever for theme in load_levers() for lever in theme.options}
    for passage in retriever.search(action, 3, lang=lang, groups=["lever"]):
        lever = levers.get(lever_id(passage.title))
        if lever and _says_same(action, lever, lang, model):
            return lever
    return None


def lever_id(title: str) -> str:
    """Return the lever's id from a passage title "theme/lever"."""
    return re.split(r"[/:#]", title)[-1].strip()


def _says_same(action: str, lever: Lever, lang: Lang, model: Model | None) -> bool:
    folded = action.casefold()
    if any(sign.casefold() in folded for sign in lever.signs[lang]):
        return True
    if model is None:
        return False
    messages = load_prompt(f"same_option_{lang}").render(first=action, second=lever.action[lang])
    yes, no = ("Да", "Нет") if lang == "ru" else ("Yes", "No")
    return model.choose(messages, [yes, no])[yes] > SAME_LOGPROB
