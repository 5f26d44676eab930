"""The encoder's forward pass in numpy, with an optional low-rank adapter.

A BERT encoder (Devlin et al., 2019) of 12 layers and 384 dimensions; the adapter adds to a matrix
W the product B·A of two thin ones (LoRA; Hu et al., 2022). About 0.3 s for a page on one core.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rag.encoder.weights import Array, Weights, load_weights

Adapter = Mapping[str, Array]  # "l0.q.A" (rank, in) and "l0.q.B" (out, rank), scaled already


def token_states(ids: list[int], adapter: Adapter | None = None) -> Array:
    """Return the last state of every token, shape (tokens, 384)."""
    weights = load_weights()
    tensors, sizes = weights.tensors, weights.sizes
    places = tensors["emb.pos"][: len(ids)] + tensors["emb.type"][: sizes.hidden]
    states = weights.embedded(np.array(ids)) + places
    states = _normed(states, "emb.ln", weights)
    for layer in range(sizes.layers):
        states = _layer(states, f"l{layer}", weights, adapter or {})
    return states


def _layer(states: Array, name: str, weights: Weights, adapter: Adapter) -> Array:
    query, key, value = (
        _linear(states, f"{name}.{part}", weights, adapter) for part in ("q", "k", "v")
    )
    attended = _attention(query, key, value, weights.sizes.heads)
    states = _normed(
        states + _linear(attended, f"{name}.ao", weights, adapter), f"{name}.aln", weights
    )
    inner = _gelu(_linear(states, f"{name}.fi", weights, adapter))
    return _normed(states + _linear(inner, f"{name}.fo", weights, adapter), f"{name}.oln", weights)


def _linear(inputs: Array, name: str, weights: Weights, adapter: Adapter) -> Array:
    result = inputs @ weights.tensors[f"{name}.w"].T + weights.tensors[f"{name}.b"]
    if f"{name}.A" in adapter:
        result += (inputs @ adapter[f"{name}.A"].T) @ adapter[f"{name}.B"].T
    return result


def _attention(query: Array, key: Array, value: Array, heads: int) -> Array:
    def split(rows: Array) -> NDArray[np.float32]:
        return rows.reshape(len(rows), heads, -1).transpose(1, 0, 2)

    q, k, v = split(query), split(key), split(value)
    scores = q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(q.shape[-1]))
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ v
    return np.asarray(mixed.transpose(1, 0, 2).reshape(len(query), -1), np.float32)


def _normed(rows: Array, name: str, weights: Weights) -> Array:
    centred = rows - rows.mean(-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(-1, keepdims=True) + weights.sizes.eps)
    scaled = centred / spread * weights.tensors[f"{name}.w"] + weights.tensors[f"{name}.b"]
    return np.asarray(scaled, np.float32)


def _gelu(x: Array) -> Array:
    """Return the exact GELU; the error function by Abramowitz & Stegun 7.1.26 (error < 2e-7)."""
    z = np.abs(x) * np.float32(2**-0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    powers = ((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t
    erf = 1 - (powers + 0.254829592) * t * np.exp(-z * z)
    return np.asarray(0.5 * x * (1 + np.sign(x) * erf), np.float32)
