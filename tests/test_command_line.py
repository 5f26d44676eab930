"""The contract of `python -m rag`: exit codes, one JSON document, the user's language."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeModel

from rag.command_line.io import Bar
from rag.command_line.main import main
from rag.errors import ModelTimeout
from rag.history import History
from rag.retrieval import HybridRetriever

RU = (
    "Олег, клиенты уходят из-за цены. За неделю было 30 заявок, 9 ушли к конкурентам. "
    "Предлагаю бесплатную доставку от 5 стоек, или пусть маркетинг поменяет объявления."
)
EN = (
    "Kate, clients leave us over the price. We had 30 leads this week, 9 went to competitors. "
    "I suggest free delivery from 5 racks, or marketing should change the ads."
)
RESULT_KEYS = {
    "lang",
    "kind",
    "text",
    "format",
    "fields",
    "citations",
    "ledger",
    "questions",
    "verdicts",
    "model",
    "versions",
    "timings",
    "tokens",
}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    fake_model: FakeModel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Return a way to run a command: exit code, stdout, stderr."""

    def run_(*args: str, stdin: str | bytes = "") -> tuple[int, str, str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = main(args)
        return (code, *capsys.readouterr())

    return run_


@pytest.mark.parametrize(("lang", "draft"), [("ru", RU), ("en", EN)])
def test_a_rewrite_is_the_text_on_stdout_and_the_questions_on_stderr(
    run: Run, lang: str, draft: str
) -> None:
    code, out, err = run("rewrite", stdin=draft)
    assert code == 0
    for figure in ("30", "9", "5"):
        assert figure in out
    assert any(line.startswith("? ") for line in err.splitlines())
    entry = History().list()[0]
    assert (entry.draft, entry.lang, entry.kind) == (draft, lang, "proposal")
    assert entry.result["text"] == out.rstrip("\n")


def test_rewrite_json_is_one_document_of_the_contract(run: Run) -> None:
    code, out, _ = run("rewrite", "-", "--json", stdin=RU)
    result = json.loads(out)
    assert code == 0
    assert set(result) >= RESULT_KEYS
    assert set(result["ledger"]) == {"kept", "dropped", "added"}
    assert result["ledger"]["added"] == []
    assert set(result["versions"]) == {"prompts", "principles", "knowledge"}
    assert list(result["verdicts"]) == [f"P{number:02d}" for number in range(1, 16)]
    for verdict in result["verdicts"].values():
        assert verdict["verdict"] in {"pass", "fail", "na", "unscored"}
        assert set(verdict) == {"verdict", "quote", "reason", "scorer"}
    assert result["model"] == "Fake model"


@pytest.mark.parametrize(
    ("option", "value", "key"),
    [
        ("--kind", "report", "kind"),
        ("--kind", "cascade", "kind"),
        ("--lang", "en", "lang"),
        ("--format", "email", "format"),
        ("--format", "document", "format"),
    ],
)
def test_options_reach_the_result(run: Run, option: str, value: str, key: str) -> None:
    code, out, _ = run("rewrite", "--json", option, value, stdin=RU)
    assert code == 0
    assert json.loads(out)[key] == value


@pytest.mark.parametrize("suffix", ["md", "docx", "pdf"])
def test_out_writes_a_file_and_leaves_stdout_empty(run: Run, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"text.{suffix}"
    code, shown, _ = run("rewrite", "--out", str(out), stdin=RU)
    assert (code, shown) == (0, "")
    assert out.stat().st_size > 500


def test_answers_replace_gaps(run: Run, tmp_path: Path) -> None:
    questions = json.loads(run("rewrite", "--json", stdin=RU)[1])["questions"]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({questions[0]: "Созвонились с 12 клиентами\ud83d"}))
    code, out, _ = run("rewrite", "--json", "--answers", str(answers), stdin=RU)
    result = json.loads(out)
    assert code == 0
    assert questions[0] not in result["questions"]
    assert "12" in result["text"]


def _jsonl(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_a_batch_keeps_order_ids_and_failures(run: Run, tmp_path: Path) -> None:
    rows = [{"id": "a", "draft": RU}, {"draft": "?"}, {"id": "c\ud800", "draft": EN}]
    code, out, err = run("rewrite", _jsonl(tmp_path / "drafts.jsonl", *rows))
    results = json.loads(out)
    assert code == 0
    assert [row["id"] for row in results] == ["a", "2", "c"]
    assert [row.get("lang") for row in results] == ["ru", None, "en"]
    assert results[1]["error"].startswith("Текста нет")
    assert "3/3" in err


def test_several_files_are_a_batch(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(RU, "utf-8")
    (tmp_path / "b.txt").write_text(EN, "utf-8")
    code, out, _ = run("rewrite", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert code == 0
    assert [row["lang"] for row in json.loads(out)] == ["ru", "en"]


def test_a_batch_of_failures_only_is_bad_input(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("rewrite", _jsonl(tmp_path / "drafts.jsonl", {"draft": "?"}), "--json")
    assert code == 2
    assert len(json.loads(out)) == 1


def test_a_batch_goes_on_where_it_was_cut_off(run: Run, tmp_path: Path) -> None:
    drafts = _jsonl(tmp_path / "drafts.jsonl", *({"id": str(n), "draft": RU} for n in range(3)))
    out = tmp_path / "out.jsonl"
    out.write_text('{"id": "0", "text": "done before"}\n{"id": "1", "text": "to', "utf-8")
    code, shown, _ = run("rewrite", drafts, "--out", str(out))
    assert (code, shown) == (0, "")
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert rows[0]["text"] == "done before"
    before = out.read_bytes()
    assert run("rewrite", drafts, "--out", str(out))[0] == 0
    assert out.read_bytes() == before


def test_check_scores_and_exits_1_where_a_principle_fails(run: Run) -> None:
    bad = "Хватит это терпеть!!! НЕМЕДЛЕННО решите вопрос с ценой, иначе мы все уволимся!"
    code, out, _ = run("check", "--json", "--kind", "proposal", stdin=bad)
    result = json.loads(out)
    assert code == 1
    assert set(result) == {"lang", "kind", "verdicts", "overall"}
    assert result["verdicts"]["P05"]["verdict"] == "fail"
    assert result["verdicts"]["P13"]["verdict"] == "na"
    code, out, _ = run("check", "--kind", "proposal", stdin=bad)
    assert code == 1
    assert [line[:3] for line in out.splitlines()[:15]] == list(result["verdicts"])


def test_check_asks_the_model_only_where_it_is_wanted(run: Run, fake_model: FakeModel) -> None:
    run("check", "--judge", "rules", stdin=RU)
    assert fake_model.asked == []
    run("check", "--judge", "model", "--json", stdin=RU)
    assert fake_model.asked


def test_search_gives_exact_spans(run: Run, quick_retriever: HybridRetriever) -> None:
    code, out, _ = run("search", "скидка клиентам", "--json", "-k", "3", "--lang", "ru")
    result = json.loads(out)
    assert code == 0
    assert len(result["results"]) == 3
    known = {(p.source, p.start, p.end): p.text for p in quick_retriever.passages}
    for row in result["results"]:
        assert known[row["source"], *row["span"]] == row["text"]
        assert row["lang"] == "ru"


def test_search_says_when_the_chapter_is_missing(
    run: Run, quick_retriever: HybridRetriever
) -> None:
    chapter = next(p for p in quick_retriever.passages if p.group == "missing" and p.lang == "ru")
    code, out, _ = run("search", chapter.text, "--lang", "ru")
    assert code == 0
    assert out.startswith("В регламенте этой главы нет")


def test_index_syncs_adds_and_removes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Any
) -> None:
    monkeypatch.setattr("rag.embedding.open_embedder", lambda: words)
    monkeypatch.setattr("rag.index.build.knowledge_documents", lambda: iter(()))
    rules = tmp_path / "rules.txt"
    rules.write_text("Discounts are approved by the director.")
    assert main(["index", str(rules), "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["passages"] == 1
    assert "Indexing knowledge" in shown.err
    assert main(["index", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["built"] is False
    assert main(["index", "--remove", "none.txt"]) == 2


def test_doctor_tells_what_fails_and_goes_on(run: Run, fake_model: FakeModel) -> None:
    code, out, _ = run("doctor", "--json")
    assert code == 0
    assert [row["ok"] for row in json.loads(out)] == [True, True, True]
    fake_model.choices.append(ModelTimeout("Too slow.", "Слишком долго."))
    code, out, _ = run("doctor")
    assert code == 4
    assert "FAIL language model: Слишком долго." in out


def test_model_lists_and_prepares(run: Run) -> None:
    code, out, _ = run("model", "--json")
    assert code == 0
    assert [row["selected"] for row in json.loads(out)] == [True, False, False]
    assert run("model")[1].count("\n") == 3
    assert json.loads(run("model", "prepare", "--json")[1]) == {
        "model": "Fake model",
        "ready": True,
    }


def test_a_bar_counts_on_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    for what, done, total in [("index", 0, 0), ("index", 1, 2), ("index", 2, 2), ("model", 5, 5)]:
        bar(what, done, total)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2/2" in shown.err
    assert "Assembling the model" in shown.err


@pytest.mark.parametrize("command", ["", "rewrite", "check", "index", "search", "doctor", "model"])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: python -m rag {command}".rstrip())
    assert command in {"", *out.split()}
    assert ("--json" in out) is bool(command)


def _timed(*args: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "rag", *args], capture_output=True, text=True)
    return time.monotonic() - started, done


def test_help_answers_at_once() -> None:
    runs = [_timed("--help") for _ in range(5)]
    assert all(done.returncode == 0 for _, done in runs)
    assert min(seconds for seconds, _ in runs) < 0.6


def test_output_is_utf8_whatever_the_console_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    done = subprocess.run([sys.executable, "-m", "rag", "rewrite"], input=b"?", capture_output=True)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("Текста нет")
