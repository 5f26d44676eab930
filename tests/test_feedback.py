"""What people say of texts is kept beside them, goes with them, and becomes evaluation cases."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from evals_samples import FakeRetriever, FakeRewrite, scorer_of

import rag.tools
from evals import runs
from evals.calibration import calibrate_rated
from evals.cases import cases
from evals.command_line.main import main
from evals.datasets import load_labelled, load_rows
from rag import history
from rag.errors import BadInput, StorageUnavailable
from rag.feedback import REASONS, principles_of, reasons_for
from rag.history import History
from rag.knowledge.kinds import load_kinds
from rag.knowledge.principles import load_principles
from rag.tools import Tools

OLD_SCHEMA = """
create table entries (
    id text primary key, created text not null, lang text not null, kind text not null,
    draft text not null, result text, error text
)
"""


@pytest.fixture
def kept() -> History:
    """Return the history the commands read."""
    return History()


def finished(
    kept: History, draft: str = "We lost 9 of 30.", *, kind: str = "report", text: str = ""
) -> str:
    """Put a draft with its finished text into the history."""
    id = kept.save_draft(draft, lang="en", kind=kind)
    result = {"lang": "en", "kind": kind, "text": text or f"Calm: {draft}"}
    kept.finish(id, result)
    return id


# the history


def test_feedback_is_kept_with_its_entry(kept: History) -> None:
    id = finished(kept)
    assert kept.feedback_of(id) is None
    kept.save_feedback(id, "down", ["tone", "lost"], " Куда делись 12 звонков? 👍🏽 ")
    said = kept.feedback_of(id)
    assert said.entry == kept.get(id)
    assert (said.thumb, said.reasons) == ("down", ("tone", "lost"))
    assert said.comment == "Куда делись 12 звонков? 👍🏽"
    assert said.created.endswith("+00:00")


def test_later_feedback_replaces_what_was_said(kept: History) -> None:
    first, second = finished(kept, "First."), finished(kept, "Second.")
    kept.save_feedback(first, "down", ["tone"], "loud")
    kept.save_feedback(second, "up")
    kept.save_feedback(first, "up")
    assert [(said.entry.id, said.thumb) for said in kept.feedback()] == [
        (first, "up"),
        (second, "up"),
    ]
    assert (kept.feedback_of(first).reasons, kept.feedback_of(first).comment) == ((), "")


def test_feedback_goes_with_its_entry(kept: History) -> None:
    ids = [finished(kept, f"Draft {number}.") for number in range(3)]
    for id in ids:
        kept.save_feedback(id, "down", comment="secret")
    kept.delete(ids[0])
    assert {said.entry.id for said in kept.feedback()} == set(ids[1:])
    kept.clear()
    assert list(kept.feedback()) == []
    with sqlite3.connect(kept.path) as connection:
        assert connection.execute("select count(*) from feedback").fetchone() == (0,)
    connection.close()


def test_feedback_on_an_entry_that_is_gone_is_refused(kept: History) -> None:
    id = finished(kept)
    kept.delete(id)
    with pytest.raises(BadInput) as caught:
        kept.save_feedback(id, "up")
    assert "истории" in caught.value.message("ru")
    assert list(kept.feedback()) == []


def test_a_file_of_an_older_version_goes_on_working(kept: History) -> None:
    kept.path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(kept.path) as connection:
        connection.execute(OLD_SCHEMA)
        row = ("old", "2026-01-01T00:00:00.000+00:00", "ru", "report", "Черновик", None, "")
        connection.execute("insert into entries values (?,?,?,?,?,?,?)", row)
    connection.close()
    assert [entry.draft for entry in kept.list()] == ["Черновик"]
    assert list(kept.feedback()) == []
    kept.save_feedback("old", "up")
    assert kept.feedback_of("old").entry.draft == "Черновик"


def test_feedback_an_older_version_left_behind_is_not_shown(kept: History) -> None:
    id = finished(kept)
    kept.save_feedback(id, "up")
    with sqlite3.connect(kept.path) as connection:
        connection.execute("delete from entries")
    connection.close()
    assert list(kept.feedback()) == []
    assert kept.feedback_of(id) is None


def test_a_locked_file_is_said_and_what_was_said_before_stays(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = finished(kept)
    kept.save_feedback(id, "up")
    monkeypatch.setattr(history, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(kept.path)
    other.execute("begin exclusive")
    with pytest.raises(StorageUnavailable, match="locked"):
        kept.save_feedback(id, "down", ["tone"])
    other.close()
    assert kept.feedback_of(id).thumb == "up"


def test_hostile_words_are_kept_as_clean_words(kept: History) -> None:
    id = finished(kept)
    kept.save_feedback(id, "down", ["'); drop table feedback; --"], "a\ud800\x1b[2J\u202eb<script>")
    said = kept.feedback_of(id)
    assert said.reasons == ("'); drop table feedback; --",)
    assert said.comment == "ab<script>"


# the reasons


def test_every_reason_means_principles_that_exist_and_every_kind_has_an_order() -> None:
    ids = [reason.id for reason in REASONS]
    assert len(ids) == len(set(ids))
    assert {id for reason in REASONS for id in reason.principles} <= load_principles().keys()
    for reason in REASONS:
        named = [set(load_principles()[id].kinds) for id in reason.principles]
        assert len(set().union(*named)) == sum(map(len, named)), "one principle a kind"


def test_only_reasons_that_can_be_true_are_offered() -> None:
    everywhere = {"invented", "lost", "tone", "blames_own", "takes_side", "value", "wordy", "other"}
    offered = {kind: set(reasons_for(kind)) for kind in load_kinds()}
    assert offered == {
        "proposal": everywhere | {"options", "limits", "consequence", "evidence", "ask", "order"},
        "report": everywhere | {"consequence", "evidence", "order"},
        "cascade": everywhere | {"no_reasons"},
    }


@pytest.mark.parametrize(
    ("reasons", "kind", "principles"),
    [
        (("order",), "proposal", ["P01"]),
        (("order",), "report", ["P13"]),
        (("order",), "cascade", []),
        (("wordy", "lost", "invented", "tone"), "cascade", ["P05", "P12", "P15"]),
        (("other", "a reason of a later version"), "proposal", []),
        ((), "proposal", []),
    ],
)
def test_reasons_mean_principles_by_kind(
    reasons: tuple[str, ...], kind: str, principles: list[str]
) -> None:
    assert principles_of(reasons, kind) == principles


# the cases


def test_a_thumbs_down_labels_what_its_reasons_mean_and_nothing_else(kept: History) -> None:
    id = finished(kept, kind="proposal")
    kept.save_feedback(id, "down", ["options", "limits", "other"], "two are one")
    assert cases(kept) == [
        {
            "id": id,
            "lang": "en",
            "kind": "proposal",
            "draft": "We lost 9 of 30.",
            "text": "Calm: We lost 9 of 30.",
            "scores": {"P03": "fail", "P10": "fail"},
            "thumb": "down",
            "reasons": ["options", "limits", "other"],
            "comment": "two are one",
        }
    ]


def test_a_thumbs_up_labels_nothing_and_an_unfinished_entry_is_no_case(kept: History) -> None:
    good, unfinished = finished(kept), kept.save_draft("Draft", lang="en", kind="report")
    kept.save_feedback(good, "up", ["tone"])
    kept.save_feedback(unfinished, "down", ["tone"])
    [row] = cases(kept)
    assert (row["id"], row["scores"], row["reasons"]) == (good, {}, [])


def test_the_kind_is_the_finished_text_s_and_texts_are_clean(kept: History) -> None:
    id = kept.save_draft("Done\x1b[2J in May.", lang="en", kind="proposal")
    kept.finish(id, {"lang": "en", "kind": "report", "text": "Done\u202e in May."})
    kept.save_feedback(id, "down", ["order"])
    [row] = cases(kept)
    assert (row["kind"], row["scores"]) == ("report", {"P13": "fail"})
    assert (row["draft"], row["text"]) == ("Done in May.", "Done in May.")


# the command


@pytest.fixture
def said(kept: History, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the cases of a loud text and a calm one."""
    monkeypatch.setenv("PROVODNIK_LANG", "en")
    calm = finished(kept)
    loud = finished(kept, text="THIS IS OUTRAGEOUS!!! Enough!\u2028We lost 9 of 30.")
    kept.save_feedback(calm, "up")
    kept.save_feedback(loud, "down", ["tone"], "не кричите")
    return cases(kept)


def test_the_command_prints_json_lines_or_one_document(
    said: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cases"]) == 0
    lines = capsys.readouterr().out
    assert [json.loads(line) for line in lines.splitlines()] == said
    assert "не кричите" in lines
    assert main(["cases", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == said


def test_the_file_is_both_drafts_and_rated_texts(
    said: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "new" / "cases.jsonl"
    assert main(["cases", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"cases: 2\nfile: {out}\n"
    assert load_labelled(out) == ("rated", said)
    assert load_rows(out, "drafts") == said
    scorer = scorer_of({row["text"]: "fail" for row in said})
    found = calibrate_rated(load_labelled(out)[1], scorer)
    assert (found["texts"], found["by_principle"]["P05"]["en"]["tn"]) == (2, 1)
    monkeypatch.setattr(rag.tools, "open_tools", lambda bar: Tools(None, FakeRetriever()))
    monkeypatch.setattr(runs, "rewrite", FakeRewrite())
    assert main(["run", "--cases", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == 2


def test_a_file_and_a_document_may_be_asked_for_at_once(
    said: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cases.jsonl"
    assert main(["cases", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == said
    assert load_rows(out, "rated") == said


@pytest.mark.parametrize(("lang", "words"), [("en", "no feedback yet"), ("ru", "Отзывов ещё нет")])
def test_without_feedback_the_command_says_what_to_do(
    lang: str,
    words: str,
    kept: History,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PROVODNIK_LANG", lang)
    finished(kept)
    assert main(["cases", "--out", str(tmp_path / "none.jsonl")]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err and "make run" in captured.err
    assert not (tmp_path / "none.jsonl").exists()


def test_a_place_that_cannot_be_written_is_said(
    said: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["cases", "--out", str(tmp_path / "file" / "cases.jsonl")]) == 4
    assert "Cannot write" in capsys.readouterr().err


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["cases", "--help"])
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out
