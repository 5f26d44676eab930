"""One client for the embedded server and any OpenAI-compatible endpoint.

Every answer is complete or an error of `rag.errors`: the SDK raises nothing for a cut stream, a
`length` finish, HTML with status 200 or an empty choice list, so all of that is checked here. The
deadline is wall-clock and covers retries; a request that outlives it is abandoned by closing its
connection. The key is never part of a message.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag import settings
from rag.errors import (
    BadModelAnswer,
    ModelBusy,
    ModelRefusedKey,
    ModelTimeout,
    ModelUnavailable,
    ProvodnikError,
)
from rag.model.server import EmbeddedServer
from rag.vocabulary import Completion, Message

_RETRIED = {408, 409, 425, 429, 500, 502, 503, 504}
_BACKOFF = 0.5
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
        if tokens:
            return _normalised(tokens, choices)
        return _said(_message_text(answer), choices)

    def _extra(self, adapted: bool) -> dict[str, Any]:
        """Return what only the embedded server understands; its adapter is off unless asked for."""
        scale = {"lora": [{"id": 0, "scale": float(adapted)}]} if self.adapted else {}
        return {"cache_prompt": True} | scale

    def _ask(self, messages: Sequence[Message], options: dict[str, Any]) -> Any:
        deadline = time.monotonic() + settings.get_number("PROVODNIK_TIMEOUT")
        retries = int(settings.get_number("PROVODNIK_RETRIES"))
        for attempt in range(retries + 1):
            try:
                answer = self._once(messages, options, deadline)
                self._count(answer)
                return answer
            except _Retry as failure:
                wait = failure.after if failure.after is not None else _BACKOFF * 2**attempt
                if attempt == retries or time.monotonic() + wait > deadline:
                    raise failure.error from failure
                time.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, messages: Sequence[Message], options: dict[str, Any], deadline: float) -> Any:
        if self.server is None:
            return self._send(self.base_url, self.api_key, messages, options, deadline)
        with self.server.lock:  # one request at a time; a dead child is restarted here
            address = self.server.ensure() + "/v1"
            return self._send(address, self.server.key, messages, options, deadline)

    def _send(
        self,
        url: str,
        key: str,
        messages: Sequence[Message],
        options: dict[str, Any],
        deadline: float,
    ) -> Any:
        import openai

        left = max(deadline - time.monotonic(), 0.05)
        client = openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=left)
        try:
            return _within(
                left,
                lambda: client.chat.completions.create(
                    model=self.model_id,
                    messages=[dict(message) for message in messages],  # type: ignore[misc]
                    **options,
                ),
            )
        except _Deadline:
            raise _timeout() from None
        except Exception as error:
            raise _translated(error, self.base_url) from None
        finally:
            client.close()

    def _count(self, answer: Any) -> None:
        usage = getattr(answer, "usage", None)
        self.used["calls"] += 1
        self.used["prompt"] += getattr(usage, "prompt_tokens", 0) or 0
        self.used["completion"] += getattr(usage, "completion_tokens", 0) or 0


class _Retry(Exception):
    """A failure worth another attempt, with the wait the endpoint asked for, in seconds."""

    def __init__(self, error: ProvodnikError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.after = error, after


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


def _translated(error: Exception, url: str) -> Exception:
    """Return our error for one of the SDK's, wrapped in _Retry where another try may help."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return _timeout()
    if isinstance(error, openai.APIStatusError):
        return _status(error)
    if isinstance(error, UnicodeEncodeError):  # a key that no header can carry
        return _refused_key()
    if isinstance(error, openai.APIConnectionError):
        place = url or "the embedded model"
        return _Retry(
            ModelUnavailable(
                f"No connection to {place}. Check the address and the network; your draft is kept.",
                f"Нет соединения с {url or 'встроенной моделью'}. Проверьте адрес и сеть; черновик "
                "сохранён.",
            )
        )
    return _bad_answer("it is not a chat completion")


def _status(error: Any) -> Exception:
    code = error.status_code
    if code in (401, 403):
        return _refused_key()
    if code == 429:
        after = _retry_after(error)
        return _Retry(
            ModelBusy(
                "The endpoint is busy or the quota is used up. Try later or choose another model.",
                "Сервис занят или исчерпан лимит. Повторите позже или выберите другую модель.",
            ),
            after,
        )
    failure = ModelUnavailable(
        f"The endpoint answered with an error (HTTP {code}). Try again; if it stays, check "
        "PROVODNIK_MODEL and the length of the draft.",
        f"Сервис ответил ошибкой (HTTP {code}). Повторите; если не помогло, проверьте "
        "PROVODNIK_MODEL и длину черновика.",
    )
    return _Retry(failure, _retry_after(error)) if code in _RETRIED else failure


def _refused_key() -> ModelRefusedKey:
    return ModelRefusedKey(
        "The endpoint does not accept the key. Check OPENAI_API_KEY.",
        "Сервис не принимает ключ. Проверьте OPENAI_API_KEY.",
    )


def _retry_after(error: Any) -> float | None:
    try:
        return max(float(error.response.headers.get("retry-after")), 0.0)
    except (TypeError, ValueError):
        return None


def _timeout() -> ModelTimeout:
    seconds = settings.get("PROVODNIK_TIMEOUT")
    return ModelTimeout(
        f"The model did not answer within {seconds} s. Try again or raise PROVODNIK_TIMEOUT.",
        f"Модель не ответила за {seconds} с. Повторите или увеличьте PROVODNIK_TIMEOUT.",
    )


def _bad_answer(why: str) -> BadModelAnswer:
    return BadModelAnswer(
        f"The model's answer cannot be used: {why}. Try again or choose another model.",
        f"Ответ модели нельзя использовать ({why}). Повторите или выберите другую модель.",
    )


def _choice(answer: Any) -> Any:
    choices = getattr(answer, "choices", None)
    if not choices:
        raise _bad_answer("it has no choices")
    return choices[0]


def _message_text(answer: Any) -> str:
    text = getattr(getattr(_choice(answer), "message", None), "content", None)
    if not isinstance(text, str) or not text.strip():
        raise _bad_answer("it is empty")
    return text


def _completion(answer: Any) -> Completion:
    text = _message_text(answer)
    reason = getattr(_choice(answer), "finish_reason", None)
    if reason != "stop":
        raise _bad_answer(f"it was cut short ({reason})")
    usage = getattr(answer, "usage", None)
    return Completion(
        text,
        getattr(usage, "prompt_tokens", 0) or 0,
        getattr(usage, "completion_tokens", 0) or 0,
    )


def _first_logprobs(answer: Any) -> dict[str, float]:
    content = getattr(getattr(_choice(answer), "logprobs", None), "content", None)
    if not content:
        return {}
    best: dict[str, float] = {}
    for item in content[0].top_logprobs:
        token = item.token.strip()
        best[token] = max(item.logprob, best.get(token, -math.inf))
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


def _said(text: str, choices: Sequence[str]) -> dict[str, float]:
    first = text.strip().strip("\"'«(.").casefold()
    named = [choice for choice in choices if first.startswith(choice.casefold())]
    if not named:
        raise _bad_answer(f"it names none of {', '.join(choices)}")
    best = max(named, key=len)
    return {choice: 0.0 if choice == best else -math.inf for choice in choices}
