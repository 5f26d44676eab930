"""Find the theme of a draft: which known obstacle it is about, if any.

Retrieval proposes a few themes, the model chooses among them and "none of these". A wrong theme
reads worse than none, so hesitation means the general theme.
"""

from __future__ import annotations

import string

from rag.knowledge.levers import Theme, load_levers
from rag.prompts import load_prompt
from rag.vocabulary import Lang, Model, Retriever

CANDIDATES = 5
GENERAL = "general"
# Retrieval scores differ by hundredths; this brings them to the scale of log-probabilities.
RETRIEVAL_WEIGHT = 25.0
# Log-probability under which the model's best theme is a guess.
MIN_LOGPROB = -1.6


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
    return themes[_chosen(text, [themes[id] for id in best], scores, lang, model)]


def _chosen(
    text: str, themes: list[Theme], scores: dict[str, float], lang: Lang, model: Model
) -> str:
    letters = string.ascii_uppercase[: len(themes) + 1]
    lines = [f"{letters[i]} — {theme.theme[lang]}" for i, theme in enumerate(themes)]
    none = {"ru": "ничего из этого", "en": "none of these"}[lang]
    lines.append(f"{letters[-1]} — {none}")
    messages = load_prompt(f"theme_{lang}").render(themes="\n".join(lines), draft=text[:1500])
    logprobs = model.choose(messages, letters)
    top = max(scores[theme.id] for theme in themes)
    joined = {
        theme.id: logprobs[letters[i]] + RETRIEVAL_WEIGHT * (scores[theme.id] - top)
        for i, theme in enumerate(themes)
    }
    best = max(joined, key=lambda id: joined[id])
    certain = joined[best] > max(MIN_LOGPROB, logprobs[letters[-1]])
    return best if certain else GENERAL
