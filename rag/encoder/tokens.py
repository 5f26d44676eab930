"""Texts to the encoder's token ids, with the place of every token in the text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from rag.encoder.weights import load_weights

BEGIN, END, UNKNOWN = 0, 2, 3


@dataclass(frozen=True)
class Tokens:
    """Ids of a text's pieces and their places `text[start:end]`, without begin and end marks."""

    ids: list[int]
    spans: list[tuple[int, int]]


def tokenize(text: str) -> Tokens:
    """Return the pieces of `text` (Unigram; Kudo, 2018)."""
    encoding = _tokenizer().encode(text, add_special_tokens=False)
    return Tokens(encoding.ids, encoding.offsets)


@cache
def _tokenizer() -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram(load_weights().pieces, UNKNOWN, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer
