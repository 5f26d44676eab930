"""Bad input, a bad endpoint, a bad disk: a message in the user's language, and the draft stays."""

from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeModel, WordEmbedder
from standin import StandIn

from rag.command_line.main import main
from rag.errors import (
    BadInput,
    IndexUnavailable,
    ModelTimeout,
    NothingMeasured,
    ProvodnikError,
)
from rag.history import History
from rag.index import build
from rag.retrieval import HybridRetriever

DRAFT = (
    "Олег, клиенты уходят из-за цены. За неделю было 30 заявок, 9 ушли к конкурентам. "
    "Предлагаю бесплатную доставку от 5 стоек, или пусть маркетинг поменяет объявления."
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a way to run a command on bytes from stdin: exit code, stdout, stderr."""

    def run_(*args: str, stdin: str | bytes = DRAFT) -> tuple[int, str, str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = main(args)
        return (code, *capsys.readouterr())

    return run_


UNUSABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "Текста нет"),
    "spaces": (" \n\t\u200b ", "Текста нет"),
    "signs": ("?!? 123 :-)", "Текста нет"),
    "one megabyte": ("Клиенты уходят. " * 40_000, "предел — 20,000"),
    "six megabytes": (b"a" * 6_000_000, "больше 5 МБ"),
    "binary": (os.urandom(2000), "не текст в известной кодировке"),
    "broken pdf": (b"%PDF-1.4 \x00\xff", "повреждён"),
    "code": ("import os\ndef main():\n    return 1\n", "Это не похоже на рабочее сообщение"),
}


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize("command", ["rewrite", "check"])
@pytest.mark.parametrize(("data", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_draft_is_exit_2(
    run: Run, command: str, data: str | bytes, message: str
) -> None:
    code, out, err = run(command, "--json", stdin=data)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866", "utf-16", "utf-8-sig"])
def test_a_draft_in_an_old_encoding_is_understood(run: Run, encoding: str) -> None:
    code, out, _ = run("rewrite", stdin=DRAFT.encode(encoding))
    assert code == 0
    assert "конкурентам" in out
    assert History().list()[0].draft == DRAFT


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(
    "args",
    [
        ["rewrite", "--kind", "memo"],
        ["rewrite", "--lang", "de"],
        ["rewrite", "--format", "fax"],
        ["check", "--judge", "me"],
        ["search"],
        ["search", "price", "-k", "many"],
        ["model", "burn"],
        ["fly"],
        [],
        ["rewrite", "--colour"],
    ],
    ids=" ".join,
)
def test_an_unknown_word_or_value_is_usage(
    capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args)
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert shown.out == ""
    assert "usage: python -m rag" in shown.err


def _file(tmp_path: Path, name: str, data: bytes) -> str:
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


FILES: dict[str, tuple[list[str], bytes]] = {
    "no such file": (["rewrite", "none.txt"], b""),
    "a folder": (["rewrite", "."], b""),
    "answers are no JSON": (["rewrite", "--answers", "FILE"], b"{"),
    "answers are a list": (["rewrite", "--answers", "FILE"], b"[]"),
    "answers are numbers": (["rewrite", "--answers", "FILE"], b'{"a": 1}'),
    "answers are not UTF-8": (["rewrite", "--answers", "FILE"], b'{"a": "\xff"}'),
    "answers are not there": (["rewrite", "--answers", "none.json"], b""),
    "out has no known suffix": (["rewrite", "--out", "text.txt"], b""),
    "no query": (["search", " \u200b"], b""),
    "no passages wanted": (["search", "price", "-k", "0"], b""),
    "draft to check against is not there": (["check", "--draft", "none.txt"], b""),
}


@pytest.mark.parametrize(("args", "data"), FILES.values(), ids=FILES)
def test_a_bad_argument_is_exit_2_before_any_work(
    run: Run, fake_model: FakeModel, tmp_path: Path, args: list[str], data: bytes
) -> None:
    file = _file(tmp_path, "answers.json", data)
    code, out, err = run(*(file if arg == "FILE" else arg for arg in args))
    assert (code, out) == (2, "")
    assert err.strip()
    assert fake_model.asked == []


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(
    "line", ["{", "[]", "5", '{"text": "no draft"}', '"words"', '{"draft": "ok"'], ids=str
)
def test_a_bad_row_of_a_batch_is_named(run: Run, tmp_path: Path, line: str) -> None:
    rows = json.dumps({"draft": DRAFT}) + "\n\n" + line + "\n"
    code, out, err = run("rewrite", _file(tmp_path, "drafts.jsonl", rows.encode()))
    assert (code, out) == (2, "")
    assert "drafts.jsonl, строка 3" in err


@pytest.mark.parametrize(
    "data", [b"# My notes\n", b"PK\x03\x04\xff\n", b"[1]\n", b'{"no": "id"}\n']
)
def test_a_batch_never_appends_to_another_file(
    run: Run, fake_model: FakeModel, tmp_path: Path, data: bytes
) -> None:
    drafts = _file(tmp_path, "drafts.jsonl", json.dumps({"draft": DRAFT}).encode())
    out = _file(tmp_path, "notes.md", data)
    code, _, err = run("rewrite", drafts, "--out", out)
    assert code == 2
    assert "не результат прежней обработки" in err
    assert Path(out).read_bytes() == data
    assert fake_model.asked == []


@pytest.mark.usefixtures("fake_model")
def test_a_batch_that_cannot_write_says_so(run: Run, tmp_path: Path) -> None:
    drafts = _file(tmp_path, "drafts.jsonl", json.dumps({"draft": DRAFT}).encode())
    code, _, err = run("rewrite", drafts, "--out", str(tmp_path / "none" / "out.jsonl"))
    assert code == 4
    assert "Не удалось записать" in err


ENDPOINT: dict[str, tuple[Any, str]] = {
    "refused key": (401, "Сервис не принимает ключ"),
    "busy": (429, "Сервис занят"),
    "broken": (500, "HTTP 500"),
    "html": ("HTML", "Ответ модели нельзя использовать"),
    "cut": ("cut stream", "Нет соединения"),
    "silent": ("hang", "Модель не ответила за 0.3 с"),
}


@pytest.mark.parametrize(("answer", "message"), ENDPOINT.values(), ids=ENDPOINT)
def test_a_bad_endpoint_is_exit_4_in_the_users_language(
    run: Run, standin: StandIn, monkeypatch: pytest.MonkeyPatch, answer: Any, message: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", standin.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PROVODNIK_RETRIES", "0")
    monkeypatch.setenv("PROVODNIK_TIMEOUT", "0.3" if answer == "hang" else "5")
    standin.say(answer)
    code, out, err = run("model", "prepare")
    assert code == 0  # an endpoint is not asked before there is work
    monkeypatch.setattr("rag.retrieval.open_retriever", lambda bar=None: _no_passages())
    code, out, err = run("doctor")
    assert code == 4
    assert message in out
    assert "sk-secret" not in out + err


def _no_passages() -> HybridRetriever:
    words = WordEmbedder()
    return HybridRetriever([], words.embed_passages([]), words)


FAILURES: dict[str, tuple[ProvodnikError, int]] = {
    "timeout": (ModelTimeout("Too slow.", "Слишком долго."), 4),
    "index": (IndexUnavailable("Broken.", "Слишком долго."), 4),
    "input": (BadInput("Bad.", "Слишком долго."), 2),
    "nothing": (NothingMeasured("None.", "Слишком долго."), 3),
    "other": (ProvodnikError("Other.", "Слишком долго."), 1),
}


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(("error", "exit_code"), FAILURES.values(), ids=FAILURES)
def test_the_draft_is_kept_whatever_fails(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: ProvodnikError, exit_code: int
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        assert History().list()[0].draft == DRAFT  # before any work
        raise error

    monkeypatch.setattr("rag.rewriting.pipeline.rewrite", fail)
    code, out, err = run("rewrite")
    assert (code, out, err) == (exit_code, "", "Слишком долго.\n")
    entry = History().list()[0]
    assert (entry.draft, entry.error, entry.result) == (DRAFT, "Слишком долго.", None)


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a bug"), MemoryError()])
def test_the_draft_is_kept_even_from_a_bug(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr("rag.rewriting.pipeline.rewrite", fail)
    if isinstance(error, KeyboardInterrupt):
        assert run("rewrite")[0] == 130
    else:
        with pytest.raises(type(error)):
            run("rewrite")
    assert History().list()[0].draft == DRAFT


@pytest.mark.usefixtures("fake_model")
def test_the_result_is_kept_where_out_cannot_be_written(run: Run, tmp_path: Path) -> None:
    code, _, err = run("rewrite", "--out", str(tmp_path / "none" / "text.md"))
    assert code == 4
    assert "Выберите другое место" in err
    assert History().list()[0].result["text"]


@pytest.mark.usefixtures("fake_model")
def test_a_batch_keeps_what_was_done_before_the_model_went(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.rewriting import pipeline

    real, calls = pipeline.rewrite, []

    def once(*args: Any, **options: Any) -> Any:
        calls.append(args)
        if len(calls) > 1:
            raise ModelTimeout("Too slow.", "Слишком долго.")
        return real(*args, **options)

    monkeypatch.setattr("rag.rewriting.pipeline.rewrite", once)
    rows = "".join(json.dumps({"id": str(n), "draft": DRAFT}) + "\n" for n in range(3))
    out = tmp_path / "out.jsonl"
    code, _, err = run("rewrite", _file(tmp_path, "d.jsonl", rows.encode()), "--out", str(out))
    assert code == 4
    assert "Слишком долго." in err
    assert [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()] == ["0"]


@pytest.mark.usefixtures("fake_model")
def test_a_home_that_cannot_be_made_is_exit_4(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROVODNIK_HOME", str(tmp_path / "file" / "home"))
    code, out, err = run("rewrite")
    assert (code, out) == (4, "")
    assert "PROVODNIK_HOME" in err


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(
    "what", ["attempt to write a readonly database", "database or disk is full"]
)
def test_a_disk_that_takes_nothing_is_exit_4(
    run: Run, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def refuse(self: History) -> None:
        raise sqlite3.OperationalError(what)

    monkeypatch.setattr(History, "_connect", refuse)
    code, out, err = run("rewrite")
    assert (code, out) == (4, "")
    assert what in err
    assert "Освободите место" in err


def test_a_broken_index_is_repaired_by_the_next_search(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, words: WordEmbedder
) -> None:
    rules = "Скидки согласует директор по продажам."
    monkeypatch.setattr("rag.retrieval.open_embedder", lambda: words)
    monkeypatch.setattr(build, "knowledge_documents", lambda: iter(()))
    (home / "uploads").mkdir(parents=True)
    (home / "uploads" / "rules.txt").write_text(rules, "utf-8")
    assert run("search", "скидки", "--json")[0] == 0
    for path in (home / "index").rglob("*"):
        if path.is_file():
            path.write_bytes(os.urandom(3000))
    code, out, _ = run("search", "скидки", "--json")
    assert code == 0
    assert [row["text"] for row in json.loads(out)["results"]] == [rules]


def test_a_disk_without_room_for_an_index_is_exit_4(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: WordEmbedder
) -> None:
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rag.retrieval.open_embedder", lambda: words)
    monkeypatch.setattr("rag.index.store.write", full)
    code, out, err = run("search", "скидки")
    assert (code, out) == (4, "")
    assert "No space left on device" in err


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(
    ("lang", "args", "message"),
    [
        ("ru", [], "Текста нет"),
        ("en", [], "There is no text"),
        ("ru", ["--lang", "en"], "There is no text"),
        ("en", ["--lang", "ru"], "Текста нет"),
        ("tlh", [], "There is no text"),
    ],
)
def test_errors_speak_the_users_language(
    run: Run, monkeypatch: pytest.MonkeyPatch, lang: str, args: list[str], message: str
) -> None:
    monkeypatch.setenv("PROVODNIK_LANG", lang)
    assert message in run("rewrite", *args, stdin="")[2]


def test_the_draft_is_kept_where_the_endpoint_refuses(
    run: Run, standin: StandIn, monkeypatch: pytest.MonkeyPatch, quick_retriever: HybridRetriever
) -> None:
    monkeypatch.setattr("rag.retrieval.open_retriever", lambda bar=None: quick_retriever)
    monkeypatch.setenv("OPENAI_BASE_URL", standin.url)
    monkeypatch.setenv("PROVODNIK_RETRIES", "0")
    standin.say(401)
    code, out, err = run("rewrite")
    assert (code, out) == (4, "")
    assert "Сервис не принимает ключ" in err
    entry = History().list()[0]
    assert entry.draft == DRAFT
    assert "Сервис не принимает ключ" in entry.error
