"""The trained classifier: how likely a principle holds in a text, and which sentence shows it.

A low-rank adapter turns the bundled sentence encoder into a reader of business texts. For each
principle, attention picks the tokens that matter and their states give the log-odds that it holds
(attention pooling as in Yang et al., 2016). It was trained on minimal pairs by
`python -m evals.training`; a page takes about a third of a second and nothing is downloaded.
Faithfulness is not its business: that needs the draft beside the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from rag.encoder.forward import Adapter, token_states
from rag.encoder.page import Span, alone, read_page
from rag.encoder.weights import Array
from rag.errors import Unavailable
from rag.text.sentences import Unit, split_sentences

PATH = Path(__file__).with_name("classifier.npz")
_NOBODY = (0, 0)  # the place of a token that is not of the text


@dataclass(frozen=True)
class Opinion:
    """Log-odds that a principle holds, and the sentence that weighs most (of the text, or "")."""

    odds: float
    quote: str


@dataclass(frozen=True)
class Network:
    """A trained adapter with its heads; every principle has the same number of heads."""

    adapter: Adapter
    principles: tuple[str, ...]
    look: Array  # (principles · heads, 384): which tokens matter
    value: Array  # (principles · heads, 384): what they say of the principle
    mean: Array  # (principles, 384): what the text as a whole says of it
    bias: Array  # (principles,)


def opinion_on(principle: str, text: str, kind: str) -> Opinion | None:
    """Return the opinion on one principle, None (and nothing is read) where it has none."""
    known = principle in load_network().principles
    return opinions(text, kind)[principle] if known else None


@lru_cache(256)
def opinions(text: str, kind: str) -> dict[str, Opinion]:
    """Return an opinion on every principle that the text shows by itself: all but P12."""
    network, page = load_network(), read_page(kind, text)
    places, states = [], []
    for ids, spans in page.windows():
        states.append(token_states(alone(ids), network.adapter))
        places += [_NOBODY, *spans, _NOBODY]
    return _opinions(network, text, np.concatenate(states), places)


def _opinions(network: Network, text: str, states: Array, spans: list[Span]) -> dict[str, Opinion]:
    """Return the opinions from token states of shape (tokens, 384) and the tokens' places."""
    scores = states @ network.look.T
    attention = np.exp(scores - scores.max(0))
    attention /= attention.sum(0)
    shape = (len(states), len(network.principles), -1)
    said = (attention * (states @ network.value.T)).reshape(shape).sum(2)
    odds = said.sum(0) + network.mean @ states.mean(0) + network.bias
    units = split_sentences(text)
    telling = _told_by(units, spans) @ (said * np.sign(odds))  # (sentences, principles)
    quotes = [units[row].text for row in telling.argmax(0)] if units else [""] * len(odds)
    return {
        id: Opinion(float(value), quote)
        for id, value, quote in zip(network.principles, odds, quotes, strict=True)
    }


def _told_by(units: Sequence[Unit], spans: list[Span]) -> Array:
    """Return which tokens stand in which sentence: ones and zeros, (sentences, tokens)."""
    places = np.array(spans)
    starts = np.array([unit.start for unit in units]).reshape(-1, 1)
    ends = np.array([unit.end for unit in units]).reshape(-1, 1)
    return ((starts < places[:, 1]) & (places[:, 0] < ends)).astype(np.float32)


@cache
def load_network() -> Network:
    """Return the network of the shipped file. Raises Unavailable without one."""
    if not PATH.is_file():
        raise Unavailable(
            f"The trained classifier is missing: {PATH}. Install the product again: make setup.",
            f"Нет обученного классификатора: {PATH}. Установите продукт заново: make setup.",
        )
    with np.load(PATH) as file:
        arrays = {name: np.asarray(file[name]) for name in file.files}
    principles = tuple(str(id) for id in arrays.pop("principles"))
    floats = {name: array.astype(np.float32) for name, array in arrays.items()}
    heads = {name: floats.pop(name) for name in ("look", "value", "mean", "bias")}
    return Network(floats, principles, **heads)
