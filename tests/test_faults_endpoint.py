"""Every fault of an endpoint ends in one named error, in time, with what to do in two languages.

The client asks for whole answers, never for a stream; an endpoint that streams all the same is
refused like any other that does not keep to the protocol.
"""

from __future__ import annotations

import io
import logging
import math
import os
import re
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import openai  # noqa: F401  (loaded here, so that no deadline below pays for it)
import pytest
from standin import StandIn, completion, first_token, refusal

from rag import errors
from rag.command_line.main import main
from rag.history import History
from rag.model import client
from rag.model.client import ChatModel
from rag.model.yesno import yes_or_no
from rag.retrieval import HybridRetriever

KEY = "sk-secret-0123456789"
ASK = [{"role": "user", "content": "Say it well."}]
DRAFT = (
    "Олег, клиенты уходят из-за цены. За неделю было 30 заявок, 9 ушли к конкурентам. "
    "Предлагаю бесплатную доставку от 5 стоек, или пусть маркетинг поменяет объявления."
)
PATIENCE = 5.0  # seconds an answer may take where the fault is no silence
SHORT = 0.4
OVERTIME = 1.0  # what the product may take to notice and say so

Ask = Callable[[ChatModel], Any]
ASKS: dict[str, Ask] = {
    "complete": lambda model: model.complete(ASK, max_tokens=5),
    "choose": lambda model: model.choose(ASK, ["Yes", "No"]),
}
both_ways = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)


@dataclass(frozen=True)
class Fault:
    """What the endpoint does, and the error, the number of requests and the words that follow."""

    answer: Any
    error: type[errors.ProvodnikError]
    en: str
    ru: str
    requests: int = 1
    silent: bool = False  # only the deadline can end it


_AGAIN = ("Try again", "Повторите")
_ADDRESS = ("OPENAI_BASE_URL", "OPENAI_BASE_URL")
_KEY = ("Check OPENAI_API_KEY", "Проверьте OPENAI_API_KEY")
_BUSY = ("is busy.*another model", "занят.*другую модель")
_QUOTA = ("quota.*Top up.*another model", "Лимит.*Пополните.*другую модель")
_LONG = ("longer than the model.*Shorten the draft", "больше, чем модель.*Сократите черновик")
_LINE = ("Check the address and the network", "Проверьте адрес и сеть")
_LATE = ("raise PROVODNIK_TIMEOUT", "увеличьте PROVODNIK_TIMEOUT")
_MODEL = ("HTTP 4.*Check PROVODNIK_MODEL", "HTTP 4.*Проверьте PROVODNIK_MODEL")
_SERVER = ("HTTP 5.*Try again", "HTTP 5.*Повторите")
_CUT = ("cut short.*Try again", "оборван.*Повторите")
_EMPTY = ("empty.*Try again", "пуст.*Повторите")
_CONTEXT_WORDS = "This model's maximum context length is 4096 tokens."
_LLAMA_WORDS = "the request exceeds the available context size, try increasing it"
_QUOTA_WORDS = "You exceeded your current quota, please check your plan and billing details."

_BUSY_ERROR, _BAD, _GONE = errors.ModelBusy, errors.BadModelAnswer, errors.ModelUnavailable
_SPENT, _TOO_LONG, _LATE_ERROR = (
    errors.ModelQuotaSpent,
    errors.ModelContextExceeded,
    errors.ModelTimeout,
)

FAULTS: dict[str, Fault] = {
    "429": Fault(429, _BUSY_ERROR, *_BUSY, requests=3),
    "429, wait 600 s": Fault(
        refusal(429, "rate_limit_exceeded", Retry_After="600"),
        _BUSY_ERROR,
        "asks to wait 600 s.*another model",
        "просит подождать 600 с.*другую модель",
    ),
    "429, quota": Fault(refusal(429, "insufficient_quota", _QUOTA_WORDS), _SPENT, *_QUOTA),
    "429, quota and a wait": Fault(
        refusal(429, "insufficient_quota", Retry_After="1"), _SPENT, *_QUOTA
    ),
    "402": Fault(refusal(402, "", "Insufficient Balance"), _SPENT, *_QUOTA),
    "500": Fault(500, _GONE, *_SERVER, requests=3),
    "503": Fault(503, _GONE, *_SERVER, requests=3),
    "503, HTML": Fault((503, {}, "<html>Bad gateway"), _GONE, *_SERVER, requests=3),
    "400": Fault(400, _GONE, *_MODEL),
    "404": Fault(404, _GONE, *_MODEL),
    "400, context": Fault(
        refusal(400, "context_length_exceeded", _CONTEXT_WORDS), _TOO_LONG, *_LONG
    ),
    "400, context in words": Fault(refusal(400, "", _CONTEXT_WORDS), _TOO_LONG, *_LONG),
    "400, context of llama.cpp": Fault(
        refusal(400, "exceed_context_size_error", _LLAMA_WORDS), _TOO_LONG, *_LONG
    ),
    "400, context, plain": Fault((400, {}, {"error": _CONTEXT_WORDS}), _TOO_LONG, *_LONG),
    "413": Fault(413, _TOO_LONG, *_LONG),
    "401": Fault(401, errors.ModelRefusedKey, *_KEY),
    "401, key repeated": Fault(
        refusal(401, "invalid_api_key", f"Incorrect API key provided: {KEY}."),
        errors.ModelRefusedKey,
        *_KEY,
    ),
    "403": Fault(refusal(403, "no", f"{KEY} may not"), errors.ModelRefusedKey, *_KEY),
    "500, key repeated": Fault(refusal(500, "no", f"Bearer {KEY}"), _GONE, *_SERVER, requests=3),
    "truncated JSON": Fault("truncated JSON", _BAD, *_ADDRESS),
    "HTML": Fault("HTML", _BAD, *_ADDRESS),
    "empty": Fault("no answer", _BAD, *_ADDRESS),
    "bad UTF-8": Fault("bad UTF-8", _BAD, *_ADDRESS),
    "JSON null": Fault((200, {}, "null"), _BAD, *_ADDRESS),
    "JSON list": Fault((200, {}, "[]"), _BAD, *_ADDRESS),
    "JSON too deep": Fault((200, {}, "[" * 100_000), _BAD, *_ADDRESS),
    "no choices": Fault({"choices": []}, _BAD, *_ADDRESS),
    "choices null": Fault({"choices": None}, _BAD, *_ADDRESS),
    "choices an object": Fault({"choices": {"text": "Yes"}}, _BAD, *_ADDRESS),
    "choices a word": Fault({"choices": "Yes"}, _BAD, *_ADDRESS),
    "choice null": Fault({"choices": [None]}, _BAD, *_EMPTY),
    "message a word": Fault({"choices": [{"message": "Yes"}]}, _BAD, *_EMPTY),
    "content null": Fault(completion(None), _BAD, *_EMPTY),
    "content blank": Fault(completion(" \n"), _BAD, *_EMPTY),
    "content invisible": Fault(completion("\x00\ud800\u200b"), _BAD, *_EMPTY),
    "error in a 200": Fault(
        {"error": {"message": f"overloaded {KEY}", "code": 502}},
        _BAD,
        "an error.*Try again",
        "ошибк.*Повторите",
    ),
    "error beside an answer": Fault(
        completion("Yes") | {"error": {"message": "overloaded"}},
        _BAD,
        "an error.*Try again",
        "ошибк.*Повторите",
    ),
    "quota in a 200": Fault({"error": {"code": "insufficient_quota"}}, _SPENT, *_QUOTA),
    "context in a 200": Fault({"error": {"message": _CONTEXT_WORDS}}, _TOO_LONG, *_LONG),
    "length": Fault(completion("Yes", "length"), _BAD, *_CUT),
    "content filter": Fault(completion("Yes, but", "content_filter"), _BAD, *_CUT),
    "key as a reason": Fault(completion("Yes", f"error: {KEY}"), _BAD, *_CUT),
    "finish unknown": Fault(completion("Yes", None), _BAD, *_CUT),  # type: ignore[arg-type]
    "reset": Fault("reset", _GONE, *_LINE, requests=3),
    "cut body": Fault("cut body", _GONE, *_LINE, requests=3),
    "cut chunks": Fault("cut stream", _GONE, *_LINE, requests=3),
    "broken gzip": Fault("broken gzip", _GONE, *_LINE, requests=3),
    "hang": Fault("hang", _LATE_ERROR, *_LATE, silent=True),
    "drip": Fault("drip", _LATE_ERROR, *_LATE, silent=True),
    "stall": Fault("stall", _LATE_ERROR, *_LATE, silent=True),
    "event stream": Fault("event stream", _BAD, *_ADDRESS),
    "cut event stream": Fault("cut event stream", _GONE, *_LINE, requests=3),
    "bad chunk": Fault("bad chunk", _BAD, *_ADDRESS),
    "error event": Fault("error event", _BAD, *_ADDRESS),
    "stalled event stream": Fault("stalled event stream", _LATE_ERROR, *_LATE, silent=True),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_BACKOFF", 0.01)
    monkeypatch.setenv("PROVODNIK_TIMEOUT", str(PATIENCE))


@pytest.fixture
def model(standin: StandIn) -> ChatModel:
    return ChatModel("Stand-in", "standin", standin.url, KEY)


def _failure(ask: Ask, model: ChatModel, seconds: float) -> errors.ProvodnikError:
    """Return the error `ask` ends in, which must come within the deadline and the overtime."""
    started = time.monotonic()
    with pytest.raises(errors.ProvodnikError) as caught:
        ask(model)
    assert time.monotonic() - started < seconds + OVERTIME
    return caught.value


def _traceback(error: BaseException, with_names: bool = True) -> str:
    """Return the traceback as the most talkative of loggers writes it, without the test's frame."""
    while error.__traceback__ and error.__traceback__.tb_frame.f_code.co_filename == __file__:
        error.__traceback__ = error.__traceback__.tb_next
    shown = traceback.TracebackException.from_exception(error, capture_locals=with_names)
    return "".join(shown.format())


@both_ways
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_named_error_that_says_what_to_do(
    model: ChatModel,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ask: Ask,
    fault: Fault,
) -> None:
    seconds = SHORT if fault.silent else PATIENCE
    monkeypatch.setenv("PROVODNIK_TIMEOUT", str(seconds))
    caplog.set_level(logging.DEBUG)
    standin.say(fault.answer)
    error = _failure(ask, model, seconds)
    assert type(error) is fault.error
    assert error.exit_code == 4
    assert len(standin.requests) == fault.requests
    assert re.search(fault.en, error.message("en"))
    assert re.search(fault.ru, error.message("ru"))
    assert not re.search(r"\b(?:it|is|an?|the|no|of)\b", error.message("ru"))  # no half-translation
    assert not re.search("[а-яё]", error.message("en"))
    everything = [repr(error), str(error), error.message("ru"), caplog.text, repr(model)]
    # An answer the endpoint calls good is a local name; nobody can keep its words out of those.
    shown = _traceback(error, with_names=not isinstance(fault.answer, dict))
    assert KEY not in "\n".join([*everything, shown])


@both_ways
def test_no_stream_is_asked_for(model: ChatModel, standin: StandIn, ask: Ask) -> None:
    standin.say(completion("Yes."))
    ask(model)
    assert not standin.requests[0].get("stream")


@both_ways
@pytest.mark.parametrize(
    "failure", [503, 429, "reset", "cut body", refusal(429, "busy", Retry_After="nan")], ids=str
)
def test_a_fault_that_passes_is_not_noticed(
    model: ChatModel, standin: StandIn, ask: Ask, failure: Any
) -> None:
    standin.say(failure, completion("Yes."))
    assert ask(model)
    assert len(standin.requests) == 2


@both_ways
def test_a_slow_answer_is_waited_for(model: ChatModel, standin: StandIn, ask: Ask) -> None:
    standin.say(completion("Yes."), "slow")
    ask(model)
    assert model.complete(ASK, max_tokens=5).text == "Slow but whole."


@both_ways
@pytest.mark.parametrize("wait", ["inf", "1e400", "-5", "soon", ""])
def test_a_senseless_retry_after_is_no_reason_to_fail(
    model: ChatModel, standin: StandIn, ask: Ask, wait: str
) -> None:
    standin.say(refusal(429, "busy", Retry_After=wait), completion("Yes."))
    assert ask(model)


def test_retry_after_may_be_a_date(model: ChatModel, standin: StandIn) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    standin.say(refusal(429, "busy", Retry_After=later))
    error = _failure(ASKS["complete"], model, PATIENCE)
    assert type(error) is errors.ModelBusy
    assert len(standin.requests) == 1
    assert re.search(r"wait 3[56]\d\d s", error.message("en"))


@pytest.mark.chaos
@both_ways
def test_two_seconds_are_waited_where_they_are_asked_for(
    model: ChatModel, standin: StandIn, ask: Ask
) -> None:
    standin.say(refusal(429, "busy", Retry_After="2"), completion("Yes."))
    started = time.monotonic()
    ask(model)
    assert 2 <= time.monotonic() - started < 2 + OVERTIME


@both_ways
def test_two_seconds_are_not_waited_where_there_is_only_one(
    model: ChatModel, standin: StandIn, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", "1")
    standin.say(refusal(429, "busy", Retry_After="2"))
    assert type(_failure(ask, model, 0.5)) is errors.ModelBusy


@pytest.mark.chaos
@both_ways
@pytest.mark.parametrize("answer", [429, 500, "reset", "slow drip"])
def test_attempts_and_pauses_fit_into_the_deadline(
    model: ChatModel, standin: StandIn, monkeypatch: pytest.MonkeyPatch, ask: Ask, answer: Any
) -> None:
    monkeypatch.setattr(client, "_BACKOFF", 0.5)  # as shipped
    monkeypatch.setenv("PROVODNIK_TIMEOUT", "2")
    monkeypatch.setenv("PROVODNIK_RETRIES", "50")
    standin.say(answer)
    error = _failure(ask, model, 2)
    assert isinstance(error, errors.ModelUnavailable)


@both_ways
def test_a_given_up_request_leaves_nothing_running(
    model: ChatModel, standin: StandIn, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", "0.2")
    before = {thread.name for thread in threading.enumerate()}
    standin.say("drip")
    for _ in range(3):
        _failure(ask, model, 0.2)
    until = time.monotonic() + 3
    while time.monotonic() < until and _ours(before):
        time.sleep(0.02)
    assert _ours(before) == []


def _ours(before: set[str]) -> list[str]:
    """Return the client's threads that were not there before; the endpoint has its own."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name not in before and "process_request" not in name]


@pytest.fixture
def refused() -> str:
    """Return an address at which nobody listens any more."""
    with StandIn() as server:
        return server.url


@pytest.fixture
def deaf() -> Iterator[str]:
    """Return an address whose queue is full: connections are neither taken nor refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@both_ways
def test_a_refused_connection_says_to_check_the_address(refused: str, ask: Ask) -> None:
    error = _failure(ask, ChatModel("Gone", "gone", refused, KEY), PATIENCE)
    assert type(error) is errors.ModelUnavailable
    assert "Check the address and the network" in error.message("en")
    assert "Проверьте адрес и сеть" in error.message("ru")


@both_ways
def test_an_endpoint_that_takes_no_connection_is_a_timeout(
    deaf: str, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", str(SHORT))
    error = _failure(ask, ChatModel("Deaf", "deaf", deaf, KEY), SHORT)
    assert type(error) is errors.ModelTimeout


@both_ways
@pytest.mark.parametrize(
    "url",
    ["http://[::1/v1", "http://127.0.0.1:port/v1", "http://x\x00/v1", f"http://{'a' * 70_000}"],
    ids=lambda url: ascii(url[:30]),
)
def test_an_address_that_is_none_is_said(ask: Ask, url: str) -> None:
    error = _failure(ask, ChatModel("None", "none", url, KEY), PATIENCE)
    assert type(error) is errors.ModelUnavailable
    for lang, words in (("ru", "Проверьте адрес"), ("en", "Check the address")):
        assert words in error.message(lang)
        assert "OPENAI_BASE_URL" in error.message(lang)
    assert KEY not in _traceback(error, with_names=False)


@both_ways
def test_a_redirection_is_not_followed(model: ChatModel, standin: StandIn, ask: Ask) -> None:
    with StandIn() as elsewhere:
        standin.say((307, {"Location": f"{elsewhere.url}/chat/completions"}))
        error = _failure(ask, model, PATIENCE)
        assert elsewhere.requests == []
    assert type(error) is errors.ModelUnavailable
    assert "OPENAI_BASE_URL" in error.message("ru")


@both_ways
def test_https_to_an_endpoint_without_it_is_no_connection(standin: StandIn, ask: Ask) -> None:
    url = standin.url.replace("http:", "https:")
    error = _failure(ask, ChatModel("Plain", "plain", url, KEY), PATIENCE)
    assert type(error) is errors.ModelUnavailable


@both_ways
def test_a_password_in_the_address_is_not_shown(refused: str, ask: Ask) -> None:
    url = refused.replace("://", "://me:hush-hush@")
    error = _failure(ask, ChatModel("Gone", "gone", url, KEY), PATIENCE)
    for lang in ("ru", "en"):
        assert refused.removeprefix("http://") in error.message(lang)
        assert "hush-hush" not in error.message(lang)


@both_ways
@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY} ", f"{KEY}\r\n"], ids=repr)
def test_space_around_a_key_is_no_part_of_it(standin: StandIn, ask: Ask, key: str) -> None:
    standin.say(completion("Yes."))
    ask(ChatModel("Stand-in", "standin", standin.url, key))
    assert standin.keys == [f"Bearer {KEY}"]


@both_ways
@pytest.mark.parametrize("key", [f"{KEY}\x00", f"sk\n{KEY}", "ключ", f"{KEY}\ud800"], ids=ascii)
def test_a_key_that_cannot_be_sent_is_refused_and_not_echoed(
    standin: StandIn, caplog: pytest.LogCaptureFixture, ask: Ask, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    error = _failure(ask, ChatModel("Stand-in", "standin", standin.url, key), PATIENCE)
    assert type(error) is errors.ModelRefusedKey
    assert standin.requests == []
    shown = [repr(error), error.message("ru"), error.message("en"), caplog.text, _traceback(error)]
    assert KEY not in "".join(shown)
    assert "ключ" not in _traceback(error)


@pytest.mark.parametrize(
    "usage",
    [None, [], "many", {"prompt_tokens": "many"}, {"prompt_tokens": None}, {"total_tokens": 1e9}],
    ids=str,
)
def test_a_senseless_account_of_tokens_costs_no_answer(
    model: ChatModel, standin: StandIn, usage: Any
) -> None:
    standin.say(completion("Yes.") | {"usage": usage})
    answer = model.complete(ASK, max_tokens=5)
    assert (answer.text, answer.prompt_tokens) == ("Yes.", 0)
    assert model.used["prompt"] == 0


def test_an_answer_is_cleaned_where_it_comes_in(model: ChatModel, standin: StandIn) -> None:
    standin.say(completion("Well\x00 \ud800said\u202e.\x1b[31m"))
    assert model.complete(ASK, max_tokens=5).text == "Well said."


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("No", "length"),  # may be the beginning of "Nothing"
        ("Nothing of the kind", "stop"),
        ("Yesterday", "stop"),
        ("Yes, but", "content_filter"),
        ("Yes", "error"),
    ],
)
def test_a_choice_is_never_read_out_of_another_word_or_a_broken_answer(
    model: ChatModel, standin: StandIn, said: str, reason: str
) -> None:
    standin.say(completion(said, reason))
    with pytest.raises(errors.BadModelAnswer):
        model.choose(ASK, ["Yes", "No"])


def test_yes_is_not_read_out_of_another_russian_word(model: ChatModel, standin: StandIn) -> None:
    standin.say(completion("Данных нет"))
    with pytest.raises(errors.BadModelAnswer):
        yes_or_no(ASK, "ru", model)
    standin.say(completion("Да, конечно, потому что", "length"))  # its first word is whole
    assert yes_or_no(ASK, "ru", model) == (0.0, -math.inf)


@pytest.mark.parametrize(
    "logprobs",
    [
        {"content": "x"},
        {"content": [None]},
        {"content": [{"token": "Yes", "logprob": 0, "top_logprobs": None}]},
        {"content": [{"top_logprobs": 5}]},
        {"content": [{"top_logprobs": [None, "Yes", {"token": None, "logprob": -1}]}]},
        {"content": [{"top_logprobs": [{"token": "Yes"}, {"token": "No", "logprob": "much"}]}]},
        {"content": [{"top_logprobs": [{"token": "No", "logprob": math.nan}]}]},
        {"content": [{"top_logprobs": [{"token": "No", "logprob": math.inf}]}]},
        {"content": [{"top_logprobs": [{"token": "No", "logprob": 10**400}]}]},
    ],
    ids=lambda logprobs: str(logprobs)[:60],
)
def test_senseless_log_probabilities_are_passed_over(
    model: ChatModel, standin: StandIn, logprobs: Any
) -> None:
    standin.say(completion("Yes.", logprobs=logprobs))
    assert model.choose(ASK, ["Yes", "No"]) == {"Yes": 0.0, "No": -math.inf}


def test_a_senseless_log_probability_does_not_taint_the_others(
    model: ChatModel, standin: StandIn
) -> None:
    standin.say(first_token(Nay=math.nan, Yes=-0.1))
    answer = model.choose(ASK, ["Yes", "No"])
    assert sum(map(math.exp, answer.values())) == pytest.approx(1)
    assert answer["Yes"] - answer["No"] == pytest.approx(2.0)  # as far as any unseen word is


@pytest.mark.parametrize("seconds", ["1e9", "1e10", "1e300"])
def test_any_patience_can_be_set(
    model: ChatModel, standin: StandIn, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", seconds)
    assert model.complete(ASK, max_tokens=5).text == "Well said."


# The same through the command line, where the first thing asked is whether the draft is about work.
THROUGH = ["401, key repeated", "429, wait 600 s", "429, quota", "500", "400, context"]
THROUGH += ["HTML", "error in a 200", "length", "reset", "hang", "event stream"]


@pytest.fixture
def endpoint(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, quick_retriever: HybridRetriever
) -> StandIn:
    """Return the endpoint that the commands are told to use."""
    monkeypatch.setattr("rag.retrieval.open_retriever", lambda bar=None: quick_retriever)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DRAFT.encode())))
    monkeypatch.setenv("OPENAI_BASE_URL", standin.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return standin


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("name", THROUGH)
def test_a_rewrite_ends_with_one_message_and_the_draft_kept(
    endpoint: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    lang: str,
) -> None:
    fault = FAULTS[name]
    monkeypatch.setenv("PROVODNIK_LANG", lang)
    if fault.silent:
        monkeypatch.setenv("PROVODNIK_TIMEOUT", str(SHORT))
    endpoint.say(fault.answer)
    code = main(["rewrite"])
    out, err = capsys.readouterr()
    assert (code, out) == (4, "")
    assert re.fullmatch(rf".*(?:{fault.ru if lang == 'ru' else fault.en}).*\n", err)
    assert KEY not in err
    entry = History().list()[0]
    assert (entry.draft, entry.result, entry.error) == (DRAFT, None, err.strip())


def test_a_fault_in_the_middle_of_a_rewrite_keeps_the_draft(
    endpoint: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    yes = completion("Да")
    endpoint.say(yes, yes, refusal(429, "insufficient_quota"))
    assert main(["rewrite"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert History().list()[0].draft == DRAFT


def test_a_cut_answer_never_gets_into_the_text(
    endpoint: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = completion("1 fact: Клиенты уходят из-за цены, и это половина сказанного", "length")
    endpoint.say(lambda asked: completion("Да") if asked["max_tokens"] == 8 else cut)
    assert main(["rewrite"]) == 0
    out = capsys.readouterr().out
    assert "30 заявок" in out
    assert "половина" not in out


COMMAND = """
import sys
sys.path.insert(0, sys.argv[1])
import pytest
from conftest import WordEmbedder
from rag.command_line.main import main
from rag.retrieval import HybridRetriever
words = WordEmbedder()
import rag.retrieval
rag.retrieval.open_retriever = lambda bar=None: HybridRetriever([], words.embed_passages([]), words)
sys.exit(main(["rewrite"]))
"""


@pytest.mark.chaos
@pytest.mark.parametrize("name", ["401, key repeated", "hang", "drip", "reset"])
def test_the_whole_process_ends_in_order(standin: StandIn, name: str) -> None:
    standin.say(FAULTS[name].answer)
    ended = _run(standin, PROVODNIK_TIMEOUT="3")
    assert (ended.returncode, ended.stdout) == (4, b"")
    assert re.fullmatch(f".*{FAULTS[name].ru}.*\n", ended.stderr.decode())
    assert History().list()[0].draft == DRAFT


@pytest.mark.chaos
@pytest.mark.parametrize("name", ["401, key repeated", "500, key repeated"])
def test_the_loudest_log_does_not_tell_the_key(standin: StandIn, name: str) -> None:
    standin.say(FAULTS[name].answer)
    ended = _run(standin, OPENAI_LOG="debug")
    assert b"DEBUG" in ended.stderr
    assert KEY.encode() not in ended.stderr
    assert b"Traceback" not in ended.stderr


def _run(standin: StandIn, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Return how the command on the draft ended, in a process of its own."""
    endpoint = {"OPENAI_BASE_URL": standin.url, "OPENAI_API_KEY": KEY}
    return subprocess.run(
        [sys.executable, "-c", COMMAND, str(Path(__file__).parent)],
        input=DRAFT.encode(),
        env=os.environ | endpoint | environment,
        capture_output=True,
        timeout=90,
        check=False,
    )
