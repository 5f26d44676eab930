"""`python -m evals`: what each command prints, and with which code it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeModel
from evals_samples import FakeRetriever, FakeRewrite, draft_rows, verdicts, write_rows

import rag.model.catalogue
import rag.retrieval
import rag.tools
from evals import benchmark, runs
from evals.command_line.main import main
from evals.command_line.show import lines
from evals.datasets import DATA
from rag.errors import ModelUnavailable
from rag.tools import Tools

PAIRS = str(DATA / "pairs" / "dev.jsonl")
COMMANDS = ["run", "score", "calibrate", "compare", "report", "gate", "bench"]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRewrite:
    """Replace the rewrite and what it works with."""
    monkeypatch.setenv("PROVODNIK_LANG", "en")
    monkeypatch.setattr(rag.tools, "open_tools", lambda bar: Tools(None, FakeRetriever()))
    stand_in = FakeRewrite()
    monkeypatch.setattr(runs, "rewrite", stand_in)
    return stand_in


@pytest.fixture
def cases(tmp_path: Path) -> str:
    """Return a file of six drafts."""
    return str(write_rows(tmp_path / "cases.jsonl", draft_rows()))


@pytest.fixture
def rated(tmp_path: Path) -> str:
    """Return a file of two rated texts, one of them labelled against the rules."""
    row = {"lang": "en", "kind": "report", "draft": "We lost 9 of 30.", "overall": 3}
    calm = {**row, "id": "calm", "text": "We lost 9 of 30.", "scores": {"P05": "pass"}}
    loud = {**row, "id": "loud", "text": "THIS IS OUTRAGEOUS!!! Enough!", "scores": {"P05": "fail"}}
    return str(write_rows(tmp_path / "rated.jsonl", [calm, loud]))


def out_json(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the one JSON document that stands on stdout, and nothing else."""
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "evals", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nothing"],
        ["run", "--limit", "0"],
        ["run", "--limit", "-1"],
        ["run", "--limit", "many"],
        ["score"],
        ["score", PAIRS, "--judge", "dice"],
        ["compare", "only-one"],
    ],
)
def test_wrong_usage_ends_with_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(argv)
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["run", "--cases", "none.jsonl"], 2, "none.jsonl"),
        (["score", "none.jsonl"], 2, "none.jsonl"),
        (["score", PAIRS], 2, "line 1: these keys are missing: text"),
        (["calibrate", str(DATA / "drafts" / "dev.jsonl"), "--judge", "rules"], 2, "line 1"),
        (["compare", "a", "b"], 3, "no run yet"),
        (["report"], 3, "no run yet"),
        (["gate"], 3, "no run yet"),
        (["run", "--baseline", "a"], 3, "no run yet"),
        (["bench", "--table", "--out", "none.json"], 3, "make bench"),
    ],
)
def test_an_expected_failure_is_one_message_and_a_code(
    argv: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_messages_follow_the_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROVODNIK_LANG", "ru")
    assert main(["gate"]) == 3
    assert "Прогонов ещё нет" in capsys.readouterr().err


def test_escape_codes_of_a_file_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"id": "a\x1b[2Jb", "lang": "en", "kind": "report", "text": "Done \x1b]0;x\x07in May."}
    path = write_rows(tmp_path / "f.jsonl", [row])
    assert main(["score", str(path)]) == 0
    assert main(["score", str(tmp_path / "\x1b[31mnone")]) == 2
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


@pytest.mark.parametrize("judge", ["model", "both"])
def test_an_unavailable_model_ends_with_4(
    judge: str, rated: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unavailable(on_progress: Any) -> None:
        raise ModelUnavailable("The model is not here. Run: make setup.")

    monkeypatch.setattr(rag.model.catalogue, "open_model", unavailable)
    assert main(["calibrate", rated, "--judge", judge]) == 4
    assert "make setup" in capsys.readouterr().err


def test_a_model_that_does_not_answer_is_no_judge(
    rated: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = FakeModel()
    model.choices.append(ModelUnavailable("Nobody answers at this address."))
    monkeypatch.setattr(rag.model.catalogue, "open_model", lambda bar: model)
    assert main(["calibrate", rated, "--judge", "both"]) == 4
    assert "Nobody answers" in capsys.readouterr().err


# run · report · gate · compare


def test_run_prints_one_document_and_progress_on_stderr(
    cases: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--cases", cases, "--limit", "5", "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["texts"], found["facts_added"], found["pass_rate"]) == (5, 0, 1.0)
    assert Path(found["folder"], "report.html").is_file()
    assert "drafts" in captured.err


def test_a_good_run_passes_the_gate_and_a_bad_one_does_not(
    cases: str,
    fake: FakeRewrite,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--cases", cases, "--gate"]) == 0
    assert main(["gate"]) == 0
    monkeypatch.setattr(runs, "rewrite", FakeRewrite(verdicts(P05="fail", P06="fail"), ["7"]))
    capsys.readouterr()
    assert main(["run", "--cases", cases, "--limit", "5", "--gate", "--json"]) == 1
    found = out_json(capsys)
    assert not found["gate"]["passed"]
    assert len(found["gate"]["reasons"]) == 2  # invented facts, and the pass rate
    assert main(["gate", Path(found["folder"]).name, "--json"]) == 1
    assert out_json(capsys)["reasons"] == found["gate"]["reasons"]


def test_a_run_too_small_for_the_gate_is_shown_all_the_same(
    cases: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--cases", cases, "--limit", "4", "--gate", "--json"]) == 3
    found = out_json(capsys)
    assert (found["texts"], found["gate"]["passed"]) == (4, None)
    assert "4 texts, 5 are needed" in found["gate"]["reasons"][0]
    assert main(["report", "--json"]) == 0
    assert Path(out_json(capsys)["report"]).is_file()


def test_a_nan_in_a_report_is_not_gateable(cases: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--cases", cases, "--json"]) == 0
    path = Path(out_json(capsys)["folder"], "report.json")
    path.write_text(path.read_text("utf-8").replace('"pass_rate": 1.0', '"pass_rate": NaN', 1))
    assert main(["gate", str(path.parent)]) == 3


def test_runs_are_compared_and_gated_against_each_other(
    cases: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--cases", cases, "--json"]) == 0
    first = Path(out_json(capsys)["folder"]).name
    monkeypatch.setattr(runs, "rewrite", FakeRewrite(verdicts(P05="fail")))
    write_rows(Path(cases), draft_rows(5))
    assert main(["run", "--cases", cases, "--baseline", first, "--json"]) == 0
    found = out_json(capsys)
    second = Path(found["folder"]).name
    assert found["comparison"]["by_principle"]["P05"]["only_a"] == 5
    assert main(["compare", first, second]) == 0
    assert "P05" in capsys.readouterr().out
    assert main(["gate", second, "--baseline", first]) == 3
    assert "drafts_hash" in capsys.readouterr().err


def test_an_interrupted_run_ends_with_130_and_goes_on(
    cases: str, fake: FakeRewrite, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.stop_after = 2
    assert main(["run", "--cases", cases]) == 130
    assert main(["gate"]) == 3
    fake.stop_after = 100
    assert main(["run", "--cases", cases]) == 0
    assert fake.asked == [f"d{i}" for i in range(1, 7)]


# score · calibrate


def test_score_prints_a_line_a_text(rated: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", rated]) == 0
    calm, loud = capsys.readouterr().out.splitlines()
    assert calm.startswith("calm\t")
    assert "P05" not in calm
    assert "P05" in loud


def test_score_looks_at_no_label(rated: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", rated, "--json"]) == 0
    with_labels = out_json(capsys)
    rows = [json.loads(line) for line in Path(rated).read_text("utf-8").splitlines()]
    write_rows(Path(rated), [{k: v for k, v in row.items() if k != "scores"} for row in rows])
    assert main(["score", rated, "--json"]) == 0
    assert out_json(capsys) == with_labels
    assert with_labels[1]["verdicts"]["P05"]["verdict"] == "fail"
    assert with_labels[1].keys() == {"id", "overall", "verdicts"}


def test_calibrate_knows_both_shapes(rated: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", rated, "--judge", "rules", "--json"]) == 0
    found = out_json(capsys)
    assert (found["shape"], found["texts"]) == ("rated", 2)
    assert found["by_principle"]["P05"]["en"]["balanced_accuracy"] == 1.0
    assert main(["calibrate", PAIRS, "--judge", "rules", "--json"]) == 0
    found = out_json(capsys)
    assert (found["shape"], found["judge"]) == ("pairs", "rules")
    assert set(found["by_principle"]["P05"]) == {"all", "en", "ru"}
    needed = {"n", "tp", "fp", "tn", "fn", "precision", "recall", "pair_accuracy", "unscored"}
    assert needed <= found["by_principle"]["P05"]["ru"].keys()


def test_people_get_tables() -> None:
    figures = {"n": 2, "recall": 0.5, "recall_interval": (0.1, 0.9)}
    blank = {"n": 0, "recall": None, "recall_interval": (0.0, 1.0)}
    found = {"judge": "rules", "all": figures, "by": {"P01": {"ru": figures, "en": blank}}}
    assert lines({**found, "none": None, "reasons": ["a", "b"]}) == [
        "judge: rules",
        "all:",
        "  n: 2",
        "  recall: 0.500 (0.10–0.90)",
        "by:",
        "          n  recall",
        "  P01 ru  2  0.500 (0.10–0.90)",
        "  P01 en  0  –",
        "none: –",
        "reasons: a; b",
    ]


# bench


@pytest.fixture
def small_test_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a small test split, stand-in systems and another place for the figures."""
    for folder in ("drafts", "retrieval"):
        (tmp_path / folder).mkdir()
    write_rows(tmp_path / "drafts" / "test.jsonl", draft_rows(3))
    question = {"section": "P01", "ru": "С чего начать?", "en": "How to begin?"}
    write_rows(tmp_path / "retrieval" / "test.jsonl", [question])
    monkeypatch.setattr("evals.datasets.DATA", tmp_path)
    monkeypatch.setattr(benchmark, "LATEST", tmp_path / "latest.json")
    monkeypatch.setattr(benchmark, "rewrite", FakeRewrite())
    monkeypatch.setattr(
        benchmark, "by_plain", lambda draft, model: benchmark.by_rewrite(draft, model)
    )
    monkeypatch.setattr(benchmark, "help_seconds", lambda: 0.1)
    retriever = FakeRetriever(lambda query, lang: "P01")
    monkeypatch.setattr(rag.retrieval, "open_retriever", lambda bar: retriever)
    model = type("Model", (), {"name": "Fake model"})()
    monkeypatch.setattr(rag.model.catalogue, "open_model", lambda bar: model)


@pytest.mark.usefixtures("small_test_split")
def test_bench_keeps_its_figures_and_prints_readme_s_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "--json"]) == 0
    found = out_json(capsys)
    assert found["provodnik"]["texts"] == 3
    assert found["retrieval R@1"]["ru→en"] == 1.0
    assert main(["bench", "--table"]) == 0
    assert capsys.readouterr().out == benchmark.table(found) + "\n"
    assert main(["bench", "--table", "--json"]) == 0
    assert out_json(capsys) == found


def test_a_file_of_another_shape_is_no_benchmark(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"provodnik": {}}', "utf-8")
    assert main(["bench", "--table", "--out", str(tmp_path / "other.json")]) == 3


@pytest.mark.usefixtures("small_test_split")
def test_a_part_of_the_drafts_is_not_kept_as_the_benchmark(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "--limit", "2", "--json"]) == 0
    assert out_json(capsys)["provodnik"]["texts"] == 2
    assert not benchmark.LATEST.exists()
