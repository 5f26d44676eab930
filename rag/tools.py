"""What a rewrite works with: a model and a retriever, opened once from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag.vocabulary import Model, Retriever

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Tools:
    """The seams of a rewrite. Without a model the safe candidates alone are used."""

    model: Model | None
    retriever: Retriever


def open_tools(on_progress: OnProgress = lambda what, done, total: None) -> Tools:
    """Open the model and the index the settings choose, preparing them where needed.

    `on_progress(what, done, total)` is called with "model" or "index". Raises Unavailable.
    """
    from rag.model.catalogue import open_model
    from rag.retrieval import open_retriever

    retriever = open_retriever(lambda done, total: on_progress("index", done, total))
    model = open_model(lambda done, total: on_progress("model", done, total))
    return Tools(model, retriever)
