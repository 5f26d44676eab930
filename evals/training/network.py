"""The classifier in torch: the encoder frozen, with trainable adapters and heads.

The arithmetic is that of `rag.encoder.forward` and `rag.checks.classifier`, for batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from rag.encoder.weights import load_weights

RANK, HEADS = 16, 2
MARKS = tuple(
    "frame situation efforts problem option recommendation ask conclusions actions decision "
    "reasons value changes questions".split()
)
DROPOUT = 0.1
_PARTS = ("q", "k", "v", "ao", "fi", "fo")


class TrainedNetwork:
    """An adapter over the frozen encoder, and attention heads for each principle."""

    def __init__(self, principles: Sequence[str]) -> None:
        weights = load_weights()
        self.principles = tuple(principles)
        self._sizes = weights.sizes
        self._frozen = {name: torch.from_numpy(a.copy()) for name, a in weights.tensors.items()}
        self._embedded = weights.embedded
        hidden, count = weights.sizes.hidden, len(principles)
        self.adapter = {
            name: tensor
            for layer in range(weights.sizes.layers)
            for part in _PARTS
            for name, tensor in self._thin(f"l{layer}.{part}")
        }
        self.heads = {
            "look": _trained(torch.randn(count * HEADS, hidden) * 0.02),
            "value": _trained(torch.randn(count * HEADS, hidden) * 0.02),
            "mean": _trained(torch.zeros(count, hidden)),
            "bias": _trained(torch.zeros(count)),
        }
        self.marks = _trained(torch.zeros(len(MARKS), hidden))

    def _thin(self, name: str) -> list[tuple[str, Any]]:
        out, inputs = self._frozen[f"{name}.w"].shape
        return [
            (f"{name}.A", _trained(torch.randn(RANK, inputs) / math.sqrt(inputs))),
            (f"{name}.B", _trained(torch.zeros(out, RANK))),
        ]

    def read(self, rows: Sequence[list[int]]) -> tuple[Any, Any]:
        """Return log-odds of shape (texts, principles) and scores of what each token belongs to.

        The scores have shape (texts, tokens, marks).
        """
        width = max(map(len, rows))
        ids = np.ones((len(rows), width), np.int64)
        mask = torch.zeros(len(rows), width, dtype=torch.bool)
        for n, row in enumerate(rows):
            ids[n, : len(row)] = row
            mask[n, : len(row)] = True
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self._dropped(self._states(ids, mask))
            odds, marks = self._read(states, mask), states @ self.marks.T
        return odds.float(), marks.float()

    def _states(self, ids: np.ndarray[Any, np.dtype[np.int64]], mask: Any) -> Any:
        frozen, hidden = self._frozen, self._sizes.hidden
        words = torch.from_numpy(self._embedded(ids))
        x = self._normed(
            words + frozen["emb.pos"][: ids.shape[1]] + frozen["emb.type"][:hidden], "emb.ln"
        )
        hide = torch.zeros(mask.shape[0], 1, 1, mask.shape[1])
        hide.masked_fill_(~mask[:, None, None, :], -1e9)
        for n in range(self._sizes.layers):
            q, k, v = (self._split(self._linear(x, f"l{n}.{part}")) for part in "qkv")
            attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=hide)
            attended = attended.transpose(1, 2).reshape(x.shape)
            x = self._normed(x + self._dropped(self._linear(attended, f"l{n}.ao")), f"l{n}.aln")
            inner = functional.gelu(self._linear(x, f"l{n}.fi"))
            x = self._normed(x + self._dropped(self._linear(inner, f"l{n}.fo")), f"l{n}.oln")
        return x

    def _read(self, states: Any, mask: Any) -> Any:
        hidden = ~mask[:, :, None]
        weights = (states @ self.heads["look"].T).masked_fill(hidden, -1e9).softmax(1)
        said = (weights * (states @ self.heads["value"].T)).sum(1)
        said = said.view(len(states), len(self.principles), -1).sum(2)
        mean = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        return said + mean @ self.heads["mean"].T + self.heads["bias"]

    def _linear(self, x: Any, name: str) -> Any:
        plain = functional.linear(x, self._frozen[f"{name}.w"], self._frozen[f"{name}.b"])
        thin = functional.linear(x, self.adapter[f"{name}.A"])
        return plain + functional.linear(thin, self.adapter[f"{name}.B"])

    def _split(self, x: Any) -> Any:
        texts, tokens, _ = x.shape
        return x.view(texts, tokens, self._sizes.heads, -1).transpose(1, 2)

    def _normed(self, x: Any, name: str) -> Any:
        weight, bias = self._frozen[f"{name}.w"], self._frozen[f"{name}.b"]
        return functional.layer_norm(x, (self._sizes.hidden,), weight, bias, self._sizes.eps)

    def _dropped(self, x: Any) -> Any:
        return functional.dropout(x, DROPOUT)

    def arrays(self) -> dict[str, Any]:
        """Return everything trained, as 16-bit arrays by name."""
        found = {name: tensor.detach().numpy() for name, tensor in self.adapter.items()}
        found |= {name: tensor.detach().numpy() for name, tensor in self.heads.items()}
        half = {name: array.astype(np.float16) for name, array in found.items()}
        return half | {"principles": np.array(self.principles)}


def _trained(tensor: Any) -> Any:
    return tensor.requires_grad_()
