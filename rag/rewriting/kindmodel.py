"""Which kind of text a draft is to become, learnt from the exemplars, cues included.

Cues alone call most reports and decisions proposals, since drafts seldom name what they are. The
same softmax regression that learns roles looks at what a draft means on average, how it begins
and which roles' cues it shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from rag.knowledge.exemplars import load_exemplars, unit_source
from rag.knowledge.kinds import load_kinds
from rag.knowledge.roles import load_roles
from rag.rewriting.prepare import count_cues
from rag.rewriting.rolemodel import Array, RoleModel, fit, unit_vectors
from rag.text.sentences import split_units
from rag.vocabulary import Draft, Lang, Retriever

MIN_EXEMPLARS = 30
# Most drafts ask for something: what another kind must be better by (log-odds).
USUAL, LEAD = "proposal", 1.0
FIRST_WEIGHT = 0.5  # how a draft begins, beside its average
MOST_CUES = 4
# "Team, …", "Коллеги! …": spoken to several people.
_TO_MANY = re.compile(
    r"^(?:\W*(?:ну|так|ok|okay|so|right|hi|hey|hello|dear|morning|good morning|listen(?: up)?|"
    r"привет|добрый день|доброе утро|здравствуйте|внимание)\W+)*"
    r"(?:team|guys|folks|all|everyone|everybody|people|crew|ladies|gents|colleagues|ребят\w*|"
    r"коллеги|команда|всем|девочки|девчат\w*|парни|мужики|народ|друзья|господа)\s*[,!:—–-]",
    re.I,
)
_NAMES_ITSELF = re.compile(
    r"отч[её]т|итоги|статус|недел[яю] ?\d|report|week ?\d|recap|update|status", re.I
)
HEAD_CHARS = 40


def learnt_kind(draft: Draft, retriever: Retriever) -> str:
    """Return the kind of the draft; the kind found by cues where there is nothing to learn from."""
    model = _kind_model(retriever)
    texts = [unit.text for unit in split_units(draft.text, draft.lang)]
    if model is None or not texts:
        return draft.kind
    features = _features(draft.text, texts, retriever.embed(texts), draft.lang)
    scores = model.log_probabilities(features[None, :])[0]
    lead = np.array([LEAD if kind == USUAL else 0.0 for kind in model.roles])
    return model.roles[int((scores + lead).argmax())]


@cache
def _kind_model(retriever: Retriever) -> RoleModel | None:
    rows = unit_vectors(retriever)
    features, kinds = [], []
    for exemplar in load_exemplars():
        found = [rows.get(unit_source(exemplar, n)) for n in range(len(exemplar.units))]
        known = [row for row in found if row is not None]
        if known:
            texts = [unit.text for unit in exemplar.units]
            features.append(_features(exemplar.draft, texts, np.array(known), exemplar.lang))
            kinds.append(exemplar.kind)
    return fit(np.array(features), kinds) if len(kinds) >= MIN_EXEMPLARS else None


def _features(draft: str, texts: Sequence[str], vectors: Array, lang: Lang) -> Array:
    """Return the features of one draft, shape (d,)."""
    head = draft[:HEAD_CHARS]
    marks = [
        *(min(count_cues(draft, kind, lang), MOST_CUES) / 2 for kind in load_kinds()),
        *_role_rates(texts, lang),
        float(bool(_TO_MANY.match(draft))),
        float(bool(_NAMES_ITSELF.search(head))),
        float("?" in draft),
    ]
    parts = [vectors.mean(0), FIRST_WEIGHT * vectors[0], np.array(marks)]
    return np.concatenate(parts).astype(np.float32)


def _role_rates(texts: Sequence[str], lang: Lang) -> list[float]:
    """Return, for every role of every kind, the share of phrases that show its cue, doubled."""
    roles = [
        role
        for kind in load_kinds()
        for role in load_roles(kind)
        if role.field or role.id == "devalue"
    ]
    return [2 * sum(role.hits(text, lang) for text in texts) / len(texts) for role in roles]
