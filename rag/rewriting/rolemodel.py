"""What role a unit plays, learnt from the exemplars: softmax regression on sentence embeddings.

Fitted in memory in a fraction of a second from the vectors the index keeps for every exemplar
unit, so that a new exemplar teaches the product without a line of code. Multinomial logistic
regression with an L2 penalty (Hastie, Tibshirani & Friedman, 2009, 4.4), by gradient descent with
Nesterov momentum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rag.facts.figures import find_figures
from rag.knowledge.exemplars import load_exemplars, unit_source
from rag.knowledge.roles import Role, load_roles
from rag.vocabulary import Lang, Retriever

Array = NDArray[np.float32]
PENALTY = 0.1
STEPS = 300
RATE = 0.5
MIN_UNITS = 50


@dataclass(frozen=True)
class RoleModel:
    """Log-probabilities of roles for the units of one kind of draft."""

    roles: tuple[str, ...]
    mean: Array  # (features,)
    scale: Array  # (features,)
    weights: Array  # (features + 1, roles)

    def log_probabilities(self, features: Array) -> Array:
        """Return an array of shape (units, roles) for features of shape (units, features)."""
        return _log_softmax(_with_bias((features - self.mean) / self.scale) @ self.weights)


@cache
def role_model(kind: str, retriever: Retriever) -> RoleModel | None:
    """Return the model of a kind, or None where the index holds too few exemplar units."""
    rows = unit_vectors(retriever)
    texts, labels, embedded, places = [], [], [], []
    for exemplar in load_exemplars():
        if exemplar.kind != kind:
            continue
        for n, unit in enumerate(exemplar.units):
            row = rows.get(unit_source(exemplar, n))
            if row is not None:
                texts.append((unit.text, exemplar.lang))
                labels.append(unit.role)
                embedded.append(row)
                places.append(n / len(exemplar.units))
    if len(texts) < MIN_UNITS:
        return None
    features = unit_features(texts, np.array(embedded), places, kind)
    return fit(features, labels)


def unit_vectors(retriever: Retriever) -> dict[str, Array]:
    """Return the index's vector of every exemplar unit by its source, each of shape (d,)."""
    passages, vectors = retriever.examples("unit")
    return {passage.source: row for passage, row in zip(passages, vectors, strict=True)}


def unit_features(
    texts: Sequence[tuple[str, Lang]], vectors: Array, places: Sequence[float], kind: str
) -> Array:
    """Return features of shape (units, d): meaning, cues of the roles, figures, place."""
    roles = load_roles(kind)
    rows = [
        _marks(text, lang, place, roles) for (text, lang), place in zip(texts, places, strict=True)
    ]
    return np.hstack([vectors, np.array(rows, np.float32)]).astype(np.float32)


def _marks(text: str, lang: Lang, place: float, roles: Sequence[Role]) -> list[float]:
    cues = [float(role.hits(text, lang)) for role in roles]
    words = len(text.split())
    return [
        *cues,
        float(bool(find_figures(text, lang))),
        float("?" in text),
        float("!" in text),
        place,
        float(words < 5),
        float(words > 20),
    ]


def fit(features: Array, labels: Sequence[str]) -> RoleModel:
    """Return the model fitted to `labels`, one for each row of `features`."""
    roles = tuple(sorted(set(labels)))
    mean, scale = features.mean(0), features.std(0) + 1e-3
    inputs = _with_bias((features - mean) / scale)
    wanted = np.zeros((len(labels), len(roles)), np.float32)
    wanted[np.arange(len(labels)), [roles.index(label) for label in labels]] = 1.0
    weights = np.zeros((inputs.shape[1], len(roles)), np.float32)
    before = weights
    size = RATE / (1.0 + 0.25 * float((inputs**2).sum(1).mean()) / len(roles))
    for step in range(STEPS):
        ahead = weights + step / (step + 3.0) * (weights - before)
        error = np.exp(_log_softmax(inputs @ ahead)) - wanted
        slope = inputs.T @ error / len(labels) + PENALTY * ahead
        before, weights = weights, (ahead - size * len(roles) * slope).astype(np.float32)
    return RoleModel(roles, mean, scale, weights)


def _with_bias(inputs: Array) -> Array:
    return np.hstack([inputs, np.ones((len(inputs), 1), np.float32)])


def _log_softmax(scores: Array) -> Array:
    shifted = scores - scores.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)), np.float32)
