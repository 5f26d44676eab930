"""Answers of a model kept by what was asked: a run that is repeated asks nothing twice.

The key is a hash of the model's identity, the messages and the sampling, so a changed prompt or
model never meets an old answer. The same file, carried along, is a cassette: with no model behind
it, what it does not hold is an error, and a test needs no weights.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.store import append_line, read_lines
from rag.errors import ModelUnavailable
from rag.vocabulary import Completion, Message, Model

Row = dict[str, Any]


class Kept:
    """Values by key in a file of JSON lines; several threads may share one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._values = {row["key"]: row["value"] for row in read_lines(path) if "key" in row}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def keep(self, key: str, value: Any) -> Any:
        """Keep a value for good and return it. Raises StorageUnavailable."""
        with self._lock:
            self._values[key] = value
            append_line(self.path, {"key": key, "value": value})
        return value


def key_of(*parts: Any) -> str:
    """Return a hash of anything JSON can write."""
    text = json.dumps(parts, sort_keys=True)  # in ASCII: whatever characters there are stay apart
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class CachedModel(Model):
    """A model that is asked only what `kept` does not hold; without a model, kept answers only."""

    def __init__(self, kept: Kept, model: Model | None, identity: str) -> None:
        self._kept, self._model, self._identity = kept, model, identity

    @property
    def name(self) -> str:
        """Return the name of the model behind, or that of the recording."""
        return self._model.name if self._model else self._identity

    @property
    def adapted(self) -> bool:
        """Tell what the model behind says."""
        return self._model.adapted if self._model else False

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        grammar: str | None = None,
        schema: Mapping[str, Any] | None = None,
        adapted: bool = False,
    ) -> Completion:
        """Return the kept answer, or the model's. Raises ModelUnavailable where there is none."""
        options = {
            "max_tokens": max_tokens,
            "temperature": temperature,
            "grammar": grammar,
            "schema": schema,
            "adapted": adapted,
        }
        key = key_of(self._identity, "complete", _plain(messages), options)
        if key not in self._kept:
            answer = self._behind().complete(messages, **options)  # type: ignore[arg-type]
            self._kept.keep(key, [answer.text, answer.prompt_tokens, answer.completion_tokens])
        return Completion(*self._kept[key])

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> dict[str, float]:
        """Return the kept log-probabilities, or the model's. Raises ModelUnavailable."""
        key = key_of(self._identity, "choose", _plain(messages), list(choices))
        if key not in self._kept:
            answer = self._behind().choose(messages, choices)
            # JSON knows no infinity: a choice an endpoint did not name is kept as null.
            kept = {name: value if math.isfinite(value) else None for name, value in answer.items()}
            self._kept.keep(key, kept)
        found = self._kept[key].items()
        return {name: -math.inf if value is None else value for name, value in found}

    def _behind(self) -> Model:
        if self._model is None:
            raise ModelUnavailable(
                f"{self._kept.path.name} holds no answer to this question. Record it again with a "
                "model.",
                f"В {self._kept.path.name} нет ответа на этот вопрос. Запишите его заново с "
                "моделью.",
            )
        return self._model


def _plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [dict(message) for message in messages]
