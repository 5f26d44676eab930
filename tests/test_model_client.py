"""The client against an endpoint that answers well, and badly in every way we know."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from standin import StandIn, completion, first_token

from rag import errors
from rag.model import client
from rag.model.catalogue import describe_models, leaves_machine, open_model
from rag.model.client import ChatModel

KEY = "sk-secret-0123456789"
ASK = [{"role": "user", "content": "Say it well."}]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_BACKOFF", 0.01)
    monkeypatch.setenv("PROVODNIK_TIMEOUT", "5")


@pytest.fixture
def model(standin: StandIn) -> ChatModel:
    return ChatModel("Stand-in", "standin", standin.url, KEY)


def test_a_good_answer_is_returned_with_its_tokens(model: ChatModel, standin: StandIn) -> None:
    answer = model.complete(ASK, max_tokens=40, temperature=0.2)
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens) == ("Well said.", 11, 3)
    assert model.used == {"prompt": 11, "completion": 3, "calls": 1}
    sent = standin.requests[0]
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == ("standin", 40, 0.2)
    assert sent["messages"] == ASK
    assert standin.keys == [f"Bearer {KEY}"]


def test_a_schema_is_sent_and_a_grammar_is_not(model: ChatModel, standin: StandIn) -> None:
    model.complete(ASK, max_tokens=5, schema={"type": "object"}, grammar='root ::= "a"')
    sent = standin.requests[0]
    assert sent["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "grammar" not in sent


@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (401, errors.ModelRefusedKey, 1),
        (403, errors.ModelRefusedKey, 1),
        (400, errors.ModelUnavailable, 1),
        (404, errors.ModelUnavailable, 1),
        (429, errors.ModelBusy, 3),
        (500, errors.ModelUnavailable, 3),
        (503, errors.ModelUnavailable, 3),
        ("cut stream", errors.ModelUnavailable, 3),
        ("truncated JSON", errors.BadModelAnswer, 1),
        ("bad UTF-8", errors.BadModelAnswer, 1),
        ("no answer", errors.BadModelAnswer, 1),
        ("HTML", errors.BadModelAnswer, 1),
        ({"choices": []}, errors.BadModelAnswer, 1),
        ({"error": "overloaded"}, errors.BadModelAnswer, 1),
        (completion("Half of", "length"), errors.BadModelAnswer, 1),
        (completion("Half of", "content_filter"), errors.BadModelAnswer, 1),
        (completion(None), errors.BadModelAnswer, 1),
        (completion("  \n"), errors.BadModelAnswer, 1),
    ],
    ids=str,
)
def test_a_bad_answer_is_an_error_never_a_text(
    model: ChatModel, standin: StandIn, answer: Any, error: type[Exception], requests: int
) -> None:
    standin.say(answer)
    with pytest.raises(error) as caught:
        model.complete(ASK, max_tokens=5)
    assert type(caught.value) is error
    assert len(standin.requests) == requests
    for lang in ("ru", "en"):
        assert KEY not in caught.value.message(lang)


@pytest.mark.parametrize("failure", [500, 502, 408, 429, (429, {"Retry-After": "0.02"})])
def test_a_passing_failure_is_tried_again(model: ChatModel, standin: StandIn, failure: Any) -> None:
    standin.say(failure, completion("Now."))
    assert model.complete(ASK, max_tokens=5).text == "Now."
    assert len(standin.requests) == 2
    assert model.used["calls"] == 1


def test_retry_after_is_obeyed(model: ChatModel, standin: StandIn) -> None:
    standin.say((429, {"Retry-After": "0.15"}), completion("Now."))
    started = time.monotonic()
    model.complete(ASK, max_tokens=5)
    assert time.monotonic() - started >= 0.15


def test_a_wait_beyond_the_deadline_is_refused_at_once(model: ChatModel, standin: StandIn) -> None:
    standin.say((429, {"Retry-After": "3600"}))
    started = time.monotonic()
    with pytest.raises(errors.ModelBusy):
        model.complete(ASK, max_tokens=5)
    assert time.monotonic() - started < 3
    assert len(standin.requests) == 1


@pytest.mark.parametrize("silence", ["hang", "drip"])
def test_the_deadline_is_wall_clock(
    model: ChatModel, standin: StandIn, monkeypatch: pytest.MonkeyPatch, silence: str
) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", "0.3")
    standin.say(silence)
    started = time.monotonic()
    with pytest.raises(errors.ModelTimeout, match=r"0\.3 s"):
        model.complete(ASK, max_tokens=5)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "127.0.0.1:9", "nonsense", "http://"])
def test_an_unreachable_endpoint_says_to_check_the_address(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PROVODNIK_RETRIES", "0")
    with pytest.raises(errors.ModelUnavailable, match="Check the address"):
        ChatModel("Gone", "gone", url, KEY).complete(ASK, max_tokens=5)


def test_no_retries_means_one_request(
    model: ChatModel, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVODNIK_RETRIES", "0")
    standin.say(500)
    with pytest.raises(errors.ModelUnavailable):
        model.complete(ASK, max_tokens=5)
    assert len(standin.requests) == 1


def test_a_key_no_header_can_carry_is_a_refused_key(standin: StandIn) -> None:
    with pytest.raises(errors.ModelRefusedKey):
        ChatModel("Stand-in", "standin", standin.url, "ключ").complete(ASK, max_tokens=5)


def test_the_key_is_not_in_the_model_s_own_words(model: ChatModel) -> None:
    assert KEY not in repr(model)


@pytest.mark.parametrize(
    ("tokens", "choices", "likelier"),
    [
        ({"Yes": -0.1, "No": -2.5}, ["Yes", "No"], "Yes"),
        ({" yes": -2.5, "no": -0.1}, ["Yes", "No"], "No"),
        ({"Д": -0.2, "Нет": -1.9}, ["Да", "Нет"], "Да"),  # a word may be several tokens
        ({"Maybe": -0.1, "Yes": -3.0}, ["Yes", "No"], "Yes"),  # "No" is below every token shown
    ],
)
def test_choose_normalises_log_probabilities(
    model: ChatModel,
    standin: StandIn,
    tokens: dict[str, float],
    choices: list[str],
    likelier: str,
) -> None:
    standin.say(first_token(**tokens))
    answer = model.choose(ASK, choices)
    assert sum(map(math.exp, answer.values())) == pytest.approx(1)
    assert max(answer, key=lambda choice: answer[choice]) == likelier


def test_choose_keeps_the_ratio_of_the_tokens(model: ChatModel, standin: StandIn) -> None:
    standin.say(first_token(A=-1.0, B=-3.0, other=-0.5))
    answer = model.choose(ASK, ["A", "B"])
    assert answer["A"] - answer["B"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("said", "chosen"),
    [("Yes", "Yes"), ("no.", "No"), ("«Да»", None), ('"Yes", because', "Yes"), ("Hmm", None)],
)
def test_choose_reads_words_where_there_are_no_log_probabilities(
    model: ChatModel, standin: StandIn, said: str, chosen: str | None
) -> None:
    standin.say(completion(said))
    if chosen is None:
        with pytest.raises(errors.BadModelAnswer, match="none of Yes, No"):
            model.choose(ASK, ["Yes", "No"])
    else:
        other = "No" if chosen == "Yes" else "Yes"
        assert model.choose(ASK, ["Yes", "No"]) == {chosen: 0.0, other: -math.inf}


@pytest.mark.parametrize(
    ("settings", "name", "selected"),
    [
        ({"OPENAI_BASE_URL": "http://e/v1", "PROVODNIK_MODEL": "big"}, "big @ http://e/v1", 2),
        ({"OPENAI_BASE_URL": "http://e/v1"}, "default @ http://e/v1", 2),
        ({"PROVODNIK_MODEL": "model.gguf"}, "model.gguf", 1),
    ],
)
def test_the_settings_choose_the_model(
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    name: str,
    selected: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.gguf").touch()
    for setting, value in settings.items():
        monkeypatch.setenv(setting, value)
    assert open_model().name == name
    assert leaves_machine() == settings.get("OPENAI_BASE_URL", "")
    assert [row["selected"] for row in describe_models()].index(True) == selected


def test_a_model_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVODNIK_MODEL", "/nowhere/model.gguf")
    with pytest.raises(errors.ModelUnavailable, match=r"/nowhere/model\.gguf"):
        open_model()
