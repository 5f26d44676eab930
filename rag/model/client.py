"""One client for the embedded server and any OpenAI-compatible endpoint.

Every answer is complete or an error of `rag.errors`: the SDK raises nothing for a `length` finish,
HTML or an error with status 200 or an empty choice list, so all of that is checked here. Answers
are asked for whole, never as a stream. The deadline is wall-clock and covers retries; a request
that outlives it is abandoned by closing its connection. The key is never part of a message, nor a
local name, since a traceback may show those.
"""

from __future__ import annotations

import importlib
import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag import settings
from rag.model.endpoint import open_client
from rag.model.failures import (
    Retry,
    bad_address,
    bad_answer,
    cut_short,
    not_a_completion,
    refused_key,
    reported,
    timeout,
    translated,
)
from rag.model.server import EmbeddedServer
from rag.text.clean import clean_text
from rag.vocabulary import Completion, Message

_BACKOFF = 0.5
_LONGEST = 86_400.0  # seconds; a longer patience overflows the system's clocks
TOP_LOGPROBS = 20


@dataclass
class ChatModel:
    """A model behind an OpenAI-compatible API; implements `rag.vocabulary.Model`."""

    name: str
    model_id: str
    base_url: str = ""
    api_key: str = field(default="none", repr=False)
    server: EmbeddedServer | None = None
    used: dict[str, int] = field(default_factory=lambda: {"prompt": 0, "completion": 0, "calls": 0})

    @property
    def adapted(self) -> bool:
        """Tell whether the product's own adapter is loaded."""
        return self.server is not None and self.server.adapter is not None

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
        """Return one complete answer. Raises an error of `rag.errors`, never a cut text."""
        options: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature, "seed": 7}
        if schema is not None:
            options["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(schema)},
            }
        if self.server is not None:
            options["extra_body"] = self._extra(adapted) | ({"grammar": grammar} if grammar else {})
        answer = self._ask(messages, options)
        return _completion(answer)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> dict[str, float]:
        """Return the log-probability of each choice as the first word, normalised over them."""
        options: dict[str, Any] = {
            "max_tokens": 1 if self.server else 8,
            "temperature": 0.0,
            "seed": 7,
        }
        if self.server is not None:
            options |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
            options["extra_body"] = self._extra(adapted=False)
        answer = self._ask(messages, options)
        tokens = _first_logprobs(answer)
        return _normalised(tokens, choices) if tokens else _said(answer, choices)

    def _extra(self, adapted: bool) -> dict[str, Any]:
        """Return what only the embedded server understands; its adapter is off unless asked for."""
        scale = {"lora": [{"id": 0, "scale": float(adapted)}]} if self.adapted else {}
        return {"cache_prompt": True} | scale

    def _ask(self, messages: Sequence[Message], options: dict[str, Any]) -> Any:
        importlib.import_module("openai")  # before the clock starts: loading it takes a second
        deadline = time.monotonic() + min(settings.get_number("PROVODNIK_TIMEOUT"), _LONGEST)
        retries = int(settings.get_number("PROVODNIK_RETRIES"))
        for attempt in range(retries + 1):
            try:
                answer = self._once(messages, options, deadline)
                self._count(answer)
                return answer
            except Retry as failure:
                wait = failure.after if failure.after is not None else _BACKOFF * 2**attempt
                if attempt == retries or time.monotonic() + wait > deadline:
                    raise failure.error from failure
                time.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, messages: Sequence[Message], options: dict[str, Any], deadline: float) -> Any:
        if self.server is None:
            return self._send(self.base_url, messages, options, deadline)
        with self.server.lock:  # one request at a time; a dead child is restarted here
            address = self.server.ensure() + "/v1"
            return self._send(address, messages, options, deadline)

    def _send(
        self, url: str, messages: Sequence[Message], options: dict[str, Any], deadline: float
    ) -> Any:
        client = self._client(url)
        left = max(deadline - time.monotonic(), 0.05)
        try:
            return _within(
                left,
                lambda: client.chat.completions.create(
                    model=self.model_id,
                    messages=[dict(message) for message in messages],
                    timeout=left,
                    **options,
                ),
            )
        except _Deadline:
            raise timeout() from None
        except Exception as error:
            raise translated(error, self.base_url) from None
        finally:
            client.close()

    def _client(self, url: str) -> Any:
        if not (self._key.isascii() and self._key.isprintable()):  # no header can carry it
            raise refused_key()
        try:
            return open_client(url, self._key)
        except Exception:  # whatever the SDK raises here, it is about the address
            raise bad_address() from None

    @property
    def _key(self) -> str:
        """Return the key; a line end at its end comes from the file it was kept in."""
        return (self.server.key if self.server else self.api_key).strip() or "none"

    def _count(self, answer: Any) -> None:
        self.used["calls"] += 1
        self.used["prompt"] += _tokens(answer, "prompt_tokens")
        self.used["completion"] += _tokens(answer, "completion_tokens")


class _Deadline(Exception):
    """The answer did not come in time."""


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """Return call()'s result or raise _Deadline; a read timeout alone lets a drip go on forever."""
    box: dict[str, Any] = {}

    def work() -> None:
        try:
            box["answer"] = call()
        except BaseException as error:
            box["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise _Deadline
    if "error" in box:
        raise box["error"]
    return box["answer"]


def _choice(answer: Any) -> Any:
    error = getattr(answer, "error", None)
    if error:
        raise reported(error)
    choices = _listed(getattr(answer, "choices", None))
    if not choices:
        raise not_a_completion()
    return choices[0]


def _text(answer: Any) -> tuple[str, Any]:
    """Return the clean text and the reason why it ends. Raises BadModelAnswer where it is empty."""
    choice = _choice(answer)
    text = getattr(getattr(choice, "message", None), "content", None)
    shown = clean_text(text) if isinstance(text, str) else ""
    if not shown.strip():
        raise bad_answer("it is empty", "он пуст")
    return shown, getattr(choice, "finish_reason", None)


def _completion(answer: Any) -> Completion:
    text, reason = _text(answer)
    if reason != "stop":
        raise cut_short(reason)
    return Completion(text, _tokens(answer, "prompt_tokens"), _tokens(answer, "completion_tokens"))


def _tokens(answer: Any, name: str) -> int:
    count = getattr(getattr(answer, "usage", None), name, None)
    return count if isinstance(count, int) else 0


def _listed(value: Any) -> list[Any]:
    """Return a list of the answer; the SDK passes on whatever stands in its place."""
    return value if isinstance(value, list) else []


def _first_logprobs(answer: Any) -> dict[str, float]:
    content = _listed(getattr(getattr(_choice(answer), "logprobs", None), "content", None))
    best: dict[str, float] = {}
    for item in _listed(getattr(content[0], "top_logprobs", None)) if content else []:
        token, value = getattr(item, "token", None), getattr(item, "logprob", None)
        # NaN would make every comparison false, so a verdict of it would be chance.
        if isinstance(token, str) and isinstance(value, int | float) and -1e9 < value < 1:
            name = token.strip()
            best[name] = max(float(value), best.get(name, -math.inf))
    return best


def _normalised(tokens: Mapping[str, float], choices: Sequence[str]) -> dict[str, float]:
    floor = min(tokens.values()) - 2.0  # a choice outside the top tokens is at least this unlikely
    scores = {
        choice: max(
            (value for token, value in tokens.items() if _starts(choice, token)), default=floor
        )
        for choice in choices
    }
    peak = max(scores.values())
    total = peak + math.log(sum(math.exp(score - peak) for score in scores.values()))
    return {choice: score - total for choice, score in scores.items()}


def _starts(choice: str, token: str) -> bool:
    """Tell whether a token begins a choice: a word may be several tokens ("Д" + "а")."""
    return bool(token) and choice.casefold().startswith(token.casefold())


def _said(answer: Any, choices: Sequence[str]) -> dict[str, float]:
    """Return the choice that the answer's first word names; "No" is not read out of "Nothing"."""
    text, reason = _text(answer)
    first = text.strip().lstrip("\"'«(.")
    named = [
        choice
        for choice in choices
        if re.match(rf"{re.escape(choice)}(?!\w)", first, re.IGNORECASE)
    ]
    best = max(named, key=len, default="")
    # An answer may be cut after its first word: where nothing follows, it may be cut within it.
    is_whole = reason == "stop" or (reason == "length" and best and len(first) > len(best))
    if not is_whole:
        raise cut_short(reason)
    if not best:
        said = ", ".join(choices)
        raise bad_answer(f"it names none of {said}", f"в нём нет ни одного из слов: {said}")
    return {choice: 0.0 if choice == best else -math.inf for choice in choices}
