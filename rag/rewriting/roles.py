"""Decide the role of every phrase of a draft.

Three opinions are joined as log-probabilities: the model's line for the phrase, the role model
learnt from the exemplars, and cues (regular expressions that people edit in `knowledge/roles/`).
A phrase is left out only on good grounds: one with figures stays unless a cue says that it must
not be passed on or speaks to a program. A fact in the wrong place is better than a lost one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.checks.lexicon import load_lexicon
from rag.facts.extract import extract_facts
from rag.knowledge.roles import Role, load_roles
from rag.rewriting.proposing import Line
from rag.rewriting.rolemodel import role_model, unit_features
from rag.text.sentences import Unit
from rag.vocabulary import Lang, Retriever

# What the model's opinion and a cue weigh beside the role model's natural log-probability.
PROPOSED_WEIGHT = 2.5
CUE_WEIGHT = 2.5
# Log-probability from which the role model alone may leave a phrase out.
DROP_LOGPROB = -0.36
_ALWAYS_DROPPED = {"hidden", "meta"}


@dataclass(frozen=True)
class Opinion:
    """The role model's log-probabilities for one phrase, by role; empty where it has none."""

    logprobs: dict[str, float] = field(default_factory=dict)


def opinions(units: Sequence[Unit], kind: str, lang: Lang, retriever: Retriever) -> list[Opinion]:
    """Return the role model's opinion of every phrase, in order."""
    learnt = role_model(kind, retriever) if units else None
    if learnt is None:
        return [Opinion() for _ in units]
    places = [n / len(units) for n in range(len(units))]
    vectors = retriever.embed([unit.text for unit in units])
    features = unit_features([(unit.text, lang) for unit in units], vectors, places, kind)
    rows = learnt.log_probabilities(features)
    return [Opinion(dict(zip(learnt.roles, map(float, row), strict=True))) for row in rows]


def decide_role(
    unit: Unit, kind: str, lang: Lang, opinion: Opinion, lines: Sequence[Line] = ()
) -> Role:
    """Return the role of one phrase."""
    roles = {role.id: role for role in load_roles(kind)}
    hits = {role.id for role in roles.values() if role.hits(unit.text, lang)}
    for id in _ALWAYS_DROPPED & hits:
        return roles[id]
    has_facts = any(fact.type != "name" for fact in extract_facts(unit.text, lang))
    if not has_facts and ("noise" in hits or _only_heat(unit.text, lang)):
        return roles["noise"]
    proposed = {line.role for line in lines}
    scores = {id: _score(id, opinion, hits, proposed) for id in roles}
    for id in _left_out(roles, opinion, hits | proposed, has_facts):
        del scores[id]
    return roles[max(scores, key=lambda id: scores[id])]


def _score(id: str, opinion: Opinion, hits: set[str], proposed: set[str]) -> float:
    cue = 0.0 if opinion.logprobs else CUE_WEIGHT * (id in hits)  # the role model knows the cues
    return (
        opinion.logprobs.get(id, -8.0 if opinion.logprobs else 0.0)
        + cue
        + PROPOSED_WEIGHT * (id in proposed)
    )


def _left_out(
    roles: dict[str, Role], opinion: Opinion, supported: set[str], has_facts: bool
) -> list[str]:
    """Return the dropping roles that may not be chosen for the phrase."""
    return [
        id
        for id, role in roles.items()
        if not role.field
        and (has_facts or (id not in supported and opinion.logprobs.get(id, -9.0) < DROP_LOGPROB))
    ]


def _only_heat(text: str, lang: Lang) -> bool:
    """Tell whether a unit is heat alone: a hot word, nothing about the business, no proposal."""
    lexicon = load_lexicon(lang)
    hot = any(lexicon.find(name, text) for name in ("emotion", "profanity", "ultimatum"))
    matter = ("business", "own_nouns", "evidence_source", "ask", "replace")
    return hot and not any(lexicon.find(name, text) for name in matter)
