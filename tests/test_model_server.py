"""The embedded model's child process: started, restarted, ended; the last tests run a real one."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standin import StandIn, completion

from rag.errors import ModelUnavailable
from rag.model import server as server_module
from rag.model.client import ChatModel
from rag.model.server import EmbeddedServer
from rag.model.weights import NAME, weights_path

# A stand-in for rag.model.serve: keeps its order in a file, answers with an address, waits.
CHILD = """
import pathlib, sys
pathlib.Path(sys.argv[1]).write_text(sys.stdin.readline())
print("loading ...")
print(sys.argv[2], flush=True)
sys.stdin.read()
"""
ASK = [{"role": "user", "content": "Answer with one word: is snow white?"}]


@pytest.fixture
def order(tmp_path: Path) -> Path:
    return tmp_path / "order.json"


@pytest.fixture
def embedded(
    order: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedServer]:
    """Return a server whose child serves no model, but points at the stand-in endpoint."""
    real = subprocess.Popen
    command = [sys.executable, "-c", CHILD, str(order), standin.url.removesuffix("/v1")]

    def start(args: list[str], **options: Any) -> subprocess.Popen[str]:
        assert args[1:] == ["-m", "rag.model.serve"]
        embedded.environment = options["env"]
        return real(command, **options)

    monkeypatch.setattr(server_module.subprocess, "Popen", start)
    embedded = EmbeddedServer(Path("model.gguf"))
    yield embedded
    embedded.stop()


def _kill(server: EmbeddedServer) -> None:
    """Kill the child as the system would."""
    server._child.send_signal(signal.SIGKILL)
    server._child.wait()


def test_the_child_is_started_once_with_its_order(
    embedded: EmbeddedServer, order: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVODNIK_THREADS", "3")
    address = embedded.ensure()
    assert address == standin.url.removesuffix("/v1") == embedded.ensure()
    told = json.loads(order.read_text())
    assert (told["path"], told["key"], told["threads"]) == ("model.gguf", embedded.key, 3)
    assert embedded.restarts == 0
    assert embedded.environment["OMP_WAIT_POLICY"] == "passive"
    assert embedded.key not in str(embedded.environment)
    assert len(embedded.key) >= 32


def test_a_dead_child_is_replaced_and_counted(embedded: EmbeddedServer) -> None:
    embedded.ensure()
    _kill(embedded)
    embedded.ensure()
    assert embedded._child.poll() is None
    assert embedded.restarts == 1


def test_a_stopped_server_leaves_no_process_and_starts_again(embedded: EmbeddedServer) -> None:
    embedded.ensure()
    child = embedded._child
    embedded.stop()
    embedded.stop()
    assert child.returncode == -signal.SIGKILL
    assert embedded.ensure()


def test_the_client_talks_to_the_child_under_its_key(
    embedded: EmbeddedServer, standin: StandIn
) -> None:
    model = ChatModel("Embedded", "embedded", server=embedded)
    standin.say(completion("Yes"))
    model.complete(ASK, max_tokens=2, grammar='root ::= "Yes"')
    model.choose(ASK, ["Yes", "No"])
    assert standin.keys == [f"Bearer {embedded.key}"] * 2
    assert [sent["cache_prompt"] for sent in standin.requests] == [True, True]
    assert standin.requests[0]["grammar"] == 'root ::= "Yes"'
    assert (standin.requests[1]["logprobs"], standin.requests[1]["max_tokens"]) == (True, 1)
    assert not embedded.lock.locked()


def test_the_adapter_is_on_only_where_it_is_asked_for(
    embedded: EmbeddedServer, standin: StandIn
) -> None:
    model = ChatModel("Embedded", "embedded", server=embedded)
    assert not model.adapted
    embedded.adapter = Path("adapter.gguf")
    assert model.adapted
    model.complete(ASK, max_tokens=2, adapted=True)
    model.complete(ASK, max_tokens=2)
    assert [sent["lora"][0]["scale"] for sent in standin.requests] == [1.0, 0.0]


@pytest.mark.parametrize("child", ["print('no address')", "import os; os.abort()", "1/0"])
def test_a_child_that_does_not_come_up_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, child: str
) -> None:
    real = subprocess.Popen
    command = [sys.executable, "-c", child]
    monkeypatch.setattr(
        server_module.subprocess, "Popen", lambda args, **options: real(command, **options)
    )
    with pytest.raises(ModelUnavailable, match="libgomp") as caught:
        EmbeddedServer(Path("model.gguf")).ensure()
    assert "doctor" in caught.value.message("ru")


def test_a_child_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    real = subprocess.Popen
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(server_module, "START_SECONDS", 0.1)
    monkeypatch.setattr(
        server_module.subprocess, "Popen", lambda args, **options: real(command, **options)
    )
    with pytest.raises(ModelUnavailable):
        EmbeddedServer(Path("model.gguf")).ensure()


def test_a_file_that_is_no_model_does_not_come_up(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(os.urandom(4000))
    with pytest.raises(ModelUnavailable):
        EmbeddedServer(tmp_path / "model.gguf").ensure()


@pytest.fixture(scope="module")
def model() -> Iterator[ChatModel]:
    """Return the real embedded model; the user's own folder keeps the assembled file."""
    server = EmbeddedServer(weights_path())
    yield ChatModel(NAME, "embedded", server=server)
    server.stop()


@pytest.mark.model
def test_the_model_answers_and_comes_back_after_a_kill(model: ChatModel) -> None:
    answer = model.complete(ASK, max_tokens=20, grammar='root ::= "Yes, it is."')
    assert answer.text == "Yes, it is."
    assert answer.prompt_tokens > 5
    _kill(model.server)
    assert model.complete(ASK, max_tokens=20, grammar='root ::= "Again."').text == "Again."
    assert model.server.restarts == 1


@pytest.mark.model
def test_the_model_chooses_with_log_probabilities(model: ChatModel) -> None:
    answer = model.choose(ASK, ["Yes", "No"])
    assert sum(map(math.exp, answer.values())) == pytest.approx(1)
    assert answer["Yes"] > answer["No"] > -math.inf


@pytest.mark.model
def test_the_model_ends_when_its_parent_does(model: ChatModel) -> None:
    model.server.ensure()
    child = model.server._child
    child.stdin.close()  # what the system does when the parent is gone
    assert child.wait(20) == 0
