"""The history: a draft is kept before any work, and nothing that was kept is lost."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rag import history
from rag.errors import StorageUnavailable
from rag.history import Entry, History

SAVE_FOREVER = """
import sys
from pathlib import Path
from rag.history import History
kept = History(Path(sys.argv[1]))
while True:
    print(kept.save_draft("черновик", lang="ru", kind="report"), flush=True)
"""


@pytest.fixture
def kept(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite3")


def test_the_life_of_an_entry(kept: History) -> None:
    id = kept.save_draft("Клиенты уходят 👨‍👩‍👧", lang="ru", kind="proposal")
    entry = kept.get(id)
    assert entry == Entry(id, entry.created, "ru", "proposal", "Клиенты уходят 👨‍👩‍👧", None, "")
    assert entry.created.endswith("+00:00")
    kept.fail(id, "No model")
    assert kept.get(id).error == "No model"
    kept.finish(id, {"text": "Текст", "ledger": {"added": []}})
    assert (kept.get(id).result, kept.get(id).error) == (
        {"text": "Текст", "ledger": {"added": []}},
        "",
    )
    kept.delete(id)
    assert kept.get(id) is None


def test_the_newest_come_first_and_can_be_cleared(kept: History) -> None:
    for number in range(5):
        kept.save_draft(str(number), lang="en", kind="report")
    assert [entry.draft for entry in kept.list(3)] == ["4", "3", "2"]
    kept.clear()
    assert kept.list() == []


def test_it_lies_in_the_home(home: Path) -> None:
    History().save_draft("Draft", lang="en", kind="report")
    assert (home / "history.sqlite3").is_file()
    assert [entry.draft for entry in History().list()] == ["Draft"]


def test_words_of_sql_are_words(kept: History) -> None:
    attack = "'); drop table entries; --"
    kept.save_draft(attack, lang=attack, kind=attack)
    kept.delete("' or '1'='1")
    assert [(entry.draft, entry.kind) for entry in kept.list()] == [(attack, attack)]


def test_a_killed_process_loses_nothing_it_acknowledged(kept: History) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SAVE_FOREVER, str(kept.path)], stdout=subprocess.PIPE, text=True
    )
    with child:
        acknowledged = [child.stdout.readline().strip() for _ in range(20)]
        mine = kept.save_draft("beside", lang="en", kind="report")  # a second writer
        child.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
    saved = {entry.id for entry in kept.list(10_000)}
    assert {mine, *acknowledged} <= saved
    assert len(acknowledged) >= 20


@pytest.mark.parametrize(
    "garbage", [b"not a database at all" * 100, b"SQLite format 3\x00" + bytes(84)]
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(kept: History, garbage: bytes) -> None:
    kept.path.write_bytes(garbage)
    id = kept.save_draft("Draft", lang="en", kind="report")
    assert [entry.id for entry in kept.list()] == [id]
    aside = list(kept.path.parent.glob("*.damaged-*"))
    assert [path.read_bytes() for path in aside] == [garbage]


def test_a_full_disk_is_said_in_both_languages(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = History._connect

    def full(self: History) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute("pragma max_page_count=3")
        return connection

    kept.save_draft("Small", lang="en", kind="report")
    monkeypatch.setattr(History, "_connect", full)
    with pytest.raises(StorageUnavailable, match="full") as caught:
        kept.save_draft("Large" * 10_000, lang="en", kind="report")
    assert "Освободите место" in caught.value.message("ru")
    assert [entry.draft for entry in kept.list()] == ["Small"]


def test_a_locked_file_is_said_and_not_set_aside(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.save_draft("First", lang="en", kind="report")
    monkeypatch.setattr(history, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(kept.path)
    other.execute("begin exclusive")
    with pytest.raises(StorageUnavailable, match="locked"):
        kept.save_draft("Second", lang="en", kind="report")
    other.close()
    assert [entry.draft for entry in kept.list()] == ["First"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="PROVODNIK_HOME"):
        History(tmp_path / "none" / "history.sqlite3").list()
