"""Decide the role of every unit of a draft.

Two opinions are joined: cues (regular expressions that people edit in `knowledge/roles/`) and the
model's log-probabilities over the role letters, one unit at a time. A small model is good at such
a choice and bad at sorting a whole page. Without a model the cues decide, and what has no cue is
a fact: a fact in the wrong place is better than a lost one.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from rag.checks.lexicon import load_lexicon
from rag.facts.extract import extract_facts
from rag.knowledge.roles import Role, load_roles
from rag.prompts import load_prompt
from rag.text.sentences import Unit, leans_back
from rag.vocabulary import Lang, Model

# A cue outweighs a hesitant model, not a certain one (log-probabilities, natural logarithm).
CUE_WEIGHT = 2.5
# Leaving a unit out must be nearly certain; with facts in it, it stays.
DROP_LOGPROB = -0.36
_ALWAYS_DROPPED = {"hidden", "meta"}


@dataclass(frozen=True)
class RoledUnit:
    """A unit with its role."""

    unit: Unit
    role: Role


def assign_roles(units: list[Unit], kind: str, lang: Lang, model: Model | None) -> list[RoledUnit]:
    """Return every unit with its role, in order."""
    roles = load_roles(kind)
    roled: list[RoledUnit] = []
    for unit in units:
        role = _role(unit, roles, lang, model)
        hit = role.hits(unit.text, lang)
        if roled and not hit and role.field and leans_back(unit, lang) and roled[-1].role.field:
            role = roled[-1].role  # "It takes two hours" belongs with what it speaks of
        roled.append(RoledUnit(unit, role))
    return roled


def _role(unit: Unit, roles: tuple[Role, ...], lang: Lang, model: Model | None) -> Role:
    hits = [role for role in roles if role.hits(unit.text, lang)]
    for role in hits:
        if role.id in _ALWAYS_DROPPED:
            return role
    has_facts = any(fact.type != "name" for fact in extract_facts(unit.text, lang))
    if not has_facts and _only_heat(unit.text, lang):
        return next(role for role in roles if role.id == "noise")
    dropped_by_cue = [role for role in hits if not role.field]
    if dropped_by_cue and not has_facts:
        return dropped_by_cue[0]
    kept = [role for role in hits if role.field]
    if model is None:
        return (kept or [role for role in roles if role.field])[0]
    return _weighed(unit, roles, kept, has_facts, lang, model)


def _only_heat(text: str, lang: Lang) -> bool:
    """Tell whether a unit is heat alone: a hot word, nothing about the business, no proposal."""
    lexicon = load_lexicon(lang)
    hot = any(lexicon.find(name, text) for name in ("emotion", "profanity", "ultimatum"))
    matter = ("business", "own_nouns", "evidence_source", "ask", "replace")
    return hot and not any(lexicon.find(name, text) for name in matter)


def _weighed(
    unit: Unit, roles: tuple[Role, ...], hits: list[Role], has_facts: bool, lang: Lang, model: Model
) -> Role:
    choices = [role for role in roles if role.id not in _ALWAYS_DROPPED]
    letters = string.ascii_uppercase[: len(choices)]
    logprobs = model.choose(_messages(unit, choices, lang), letters)
    scores = {}
    for letter, role in zip(letters, choices, strict=True):
        if not role.field and (has_facts or logprobs[letter] < DROP_LOGPROB):
            continue
        if role.wording == "ask" and role not in hits and "?" not in unit.text:
            continue  # a request names itself; a hesitant model calls complaints requests
        scores[role.id] = logprobs[letter] + (CUE_WEIGHT if role in hits else 0.0)
    best = max(scores, key=lambda id: scores[id])
    return next(role for role in choices if role.id == best)


def _messages(unit: Unit, roles: list[Role], lang: Lang) -> list[dict[str, str]]:
    letters = string.ascii_uppercase
    about = "\n".join(f"{letters[i]} — {role.about[lang]}" for i, role in enumerate(roles))
    depth = max(len(role.examples[lang]) for role in roles)
    examples = "\n".join(
        f"{role.examples[lang][row]} → {letters[i]}"
        for row in range(depth)
        for i, role in enumerate(roles)
        if row < len(role.examples[lang])
    )
    prompt = load_prompt(f"role_{lang}")
    return [dict(m) for m in prompt.render(roles=about, examples=examples, phrase=unit.text)]
