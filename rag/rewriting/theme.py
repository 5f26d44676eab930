"""Find the theme of a draft: which known obstacle it is about, if any.

Retrieval proposes a few themes; the model says of each whether its consequence really follows
from the draft. A wrong theme reads worse than none, so where none does it is the general theme.
"""

from __future__ import annotations

from rag.knowledge.levers import Theme, load_levers
from rag.rewriting.sensible import MIN_ODDS, odds
from rag.vocabulary import Lang, Model, Retriever

CANDIDATES = 4
GENERAL = "general"
# Retrieval scores differ by hundredths; this brings them to the scale of log-odds.
RETRIEVAL_WEIGHT = 40.0


def general_theme() -> Theme:
    """Return the theme of a draft that needs none."""
    return next(theme for theme in load_levers() if theme.id == GENERAL)


def find_theme(text: str, lang: Lang, retriever: Retriever, model: Model | None) -> Theme:
    """Return the theme of `text`, the general one where none fits."""
    themes = {theme.id: theme for theme in load_levers()}
    scores: dict[str, float] = {}
    for passage in retriever.search(text, 24, lang=lang, groups=["theme", "lever"]):
        scores.setdefault(passage.section, passage.score)
    best = [id for id in scores if id in themes and id != GENERAL][:CANDIDATES]
    if not best:
        return themes[GENERAL]
    if model is None:
        return themes[best[0]]
    follows = {id: odds(text, themes[id].consequence[lang], lang, model) for id in best}
    joined = {id: follows[id] + RETRIEVAL_WEIGHT * (scores[id] - scores[best[0]]) for id in best}
    chosen = max(joined, key=lambda id: joined[id])
    return themes[chosen if follows[chosen] >= MIN_ODDS else GENERAL]
