"""What an endpoint does wrong, as errors of `rag.errors` that say what to do, in both languages.

A used-up quota is told from a busy endpoint, since waiting does not help there; a question beyond
the model's context from other refused requests, since only a shorter text helps there. Nothing of
the endpoint's own words is shown: they may repeat the key.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from rag import settings
from rag.errors import (
    BadModelAnswer,
    ModelBusy,
    ModelContextExceeded,
    ModelQuotaSpent,
    ModelRefusedKey,
    ModelTimeout,
    ModelUnavailable,
    ProvodnikError,
)

_RETRIED = {408, 409, 425, 429, 500, 502, 503, 504}
_QUOTA = re.compile(r"insufficient_\w*quota|insufficient[_ ]balance|billing_hard_limit", re.I)
_CONTEXT = re.compile(r"context[_ ](?:length|size|window)|prompt is too long", re.I)
_REASONS = {"length", "content_filter", "tool_calls", "function_call"}
_MONTH = 30 * 86_400.0  # a wait beyond it is a mistake of the endpoint's


class Retry(Exception):
    """A failure worth another attempt, with the wait the endpoint asked for, in seconds."""

    def __init__(self, error: ProvodnikError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.after = error, after


def translated(error: Exception, url: str) -> Exception:
    """Return our error for one of the SDK's, wrapped in Retry where another try may help.

    `url` is the endpoint's address, "" for the embedded model.
    """
    import openai

    if isinstance(error, openai.APITimeoutError):
        return timeout()
    if isinstance(error, openai.APIStatusError):
        after = _retry_after(error.response.headers.get("retry-after", ""))
        return _refused(error.status_code, str(error.body), after)
    if isinstance(error, openai.APIConnectionError):
        return Retry(_no_connection(url) if url else _embedded_gone())
    return not_a_completion()


def reported(error: object) -> ProvodnikError:
    """Return our error for one that the endpoint reports in an answer with status 200."""
    known = _known(200, str(error))
    return known or bad_answer(
        "the endpoint reports an error in its place", "сервис вместо него сообщил об ошибке"
    )


def _refused(code: int, said: str, after: float | None) -> Exception:
    known = _known(code, said)
    if known:
        return known
    if code in (401, 403):
        return refused_key()
    if code == 429:
        return Retry(_busy(after), after)
    if code in _RETRIED or code >= 500:
        failed = ModelUnavailable(
            f"The endpoint failed (HTTP {code}). Try again in a minute; if it stays, choose "
            "another model.",
            f"Сбой сервиса (HTTP {code}). Повторите через минуту; если не помогло, выберите "
            "другую модель.",
        )
        return Retry(failed, after) if code in _RETRIED else failed
    return ModelUnavailable(
        f"The endpoint did not accept the request (HTTP {code}). Check PROVODNIK_MODEL and "
        "OPENAI_BASE_URL.",
        f"Сервис не принял запрос (HTTP {code}). Проверьте PROVODNIK_MODEL и OPENAI_BASE_URL.",
    )


def _known(code: int, said: str) -> ProvodnikError | None:
    """Return the error where its words, not only its code, say what is wrong."""
    if code == 402 or _QUOTA.search(said):
        return ModelQuotaSpent(
            "The quota or balance of the key is used up; waiting does not help. Top up the "
            "account or choose another model.",
            "Лимит или баланс ключа исчерпан, ждать не поможет. Пополните счёт или выберите "
            "другую модель.",
        )
    if code == 413 or (code not in (401, 403, 429) and _CONTEXT.search(said)):
        return ModelContextExceeded(
            "The text is longer than the model can take in at once. Shorten the draft or choose "
            "a model with a longer context.",
            "Текст больше, чем модель может принять за раз. Сократите черновик или выберите "
            "модель с большим контекстом.",
        )
    return None


def _busy(after: float | None) -> ModelBusy:
    if not after:
        return ModelBusy(
            "The endpoint is busy (HTTP 429). Try again in a minute or choose another model.",
            "Сервис занят (HTTP 429). Повторите через минуту или выберите другую модель.",
        )
    wait = math.ceil(after)
    return ModelBusy(
        f"The endpoint is busy and asks to wait {wait} s. Try again then or choose another model.",
        f"Сервис занят и просит подождать {wait} с. Повторите после этого или выберите другую "
        "модель.",
    )


def _retry_after(value: str) -> float | None:
    """Return the wait asked for, in seconds or as a date; None for a senseless one."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value)
    return seconds if 0 <= seconds < _MONTH else None


def _until(date: str) -> float:
    try:
        return max((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _no_connection(url: str) -> ModelUnavailable:
    place = settings.shown_address(url)
    return ModelUnavailable(
        f"No connection to {place}, or it broke off. Check the address and the network; your "
        "draft is kept.",
        f"Нет соединения с {place}, или оно оборвалось. Проверьте адрес и сеть; черновик сохранён.",
    )


def bad_address() -> ModelUnavailable:
    """Return the error for an address that cannot even be tried."""
    return ModelUnavailable(
        "OPENAI_BASE_URL is no web address. Check the address; it looks like "
        "http://127.0.0.1:8080/v1.",
        "OPENAI_BASE_URL — не веб-адрес. Проверьте адрес; он выглядит так: "
        "http://127.0.0.1:8080/v1.",
    )


def _embedded_gone() -> ModelUnavailable:
    return ModelUnavailable(
        "The embedded model broke off its work, most likely for want of memory (about 2 GB). "
        "Close other programs and try again; your draft is kept.",
        "Встроенная модель прервала работу, скорее всего не хватило памяти (нужно около 2 ГБ). "
        "Закройте другие программы и повторите; черновик сохранён.",
    )


def refused_key() -> ModelRefusedKey:
    """Return the error for a key the endpoint refuses or no header can carry."""
    return ModelRefusedKey(
        "The endpoint does not accept the key. Check OPENAI_API_KEY.",
        "Сервис не принимает ключ. Проверьте OPENAI_API_KEY.",
    )


def timeout() -> ModelTimeout:
    """Return the error for an answer that did not come in time."""
    seconds = settings.get("PROVODNIK_TIMEOUT")
    return ModelTimeout(
        f"The model did not answer within {seconds} s. Try again or raise PROVODNIK_TIMEOUT.",
        f"Модель не ответила за {seconds} с. Повторите или увеличьте PROVODNIK_TIMEOUT.",
    )


def bad_answer(why: str, why_ru: str) -> BadModelAnswer:
    """Return the error for an answer that says nothing usable."""
    return BadModelAnswer(
        f"The model's answer cannot be used: {why}. Try again or choose another model.",
        f"Ответ модели нельзя использовать: {why_ru}. Повторите или выберите другую модель.",
    )


def cut_short(reason: Any) -> BadModelAnswer:
    """Return the error for an answer that did not come to its end."""
    shown = f" ({reason})" if reason in _REASONS else ""
    return bad_answer(f"it was cut short{shown}", f"он оборван{shown}")


def not_a_completion() -> BadModelAnswer:
    """Return the error for what is no chat completion: often the address of something else."""
    return BadModelAnswer(
        "The model's answer cannot be used: it is no chat completion. Try again; if it stays, "
        "check OPENAI_BASE_URL: such addresses mostly end in /v1.",
        "Ответ модели нельзя использовать: он не в формате chat completions. Повторите; если не "
        "помогло, проверьте OPENAI_BASE_URL: такие адреса обычно кончаются на /v1.",
    )
