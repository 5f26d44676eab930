"""The history of drafts, results and what people say of them, in SQLite.

A draft is saved before any work is done on it; feedback lives and goes with its entry.
Write-ahead logging, one connection per call: kill -9 loses nothing acknowledged, several processes
may write. A damaged file is set aside and a new one begun, so that history never blocks the work.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rag.errors import BadInput, StorageUnavailable
from rag.paths import home
from rag.text.clean import clean_text

Thumb = Literal["up", "down"]

_SCHEMA = (
    """
create table if not exists entries (
    id text primary key, created text not null, lang text not null, kind text not null,
    draft text not null, result text, error text
)
""",
    """
create table if not exists feedback (
    entry text primary key, created text not null, thumb text not null, reasons text not null,
    comment text not null
)
""",
)
# Joined, not looked up: feedback whose entry is gone (an older version deleted it) is no feedback.
_FEEDBACK = """
select entries.*, feedback.created, feedback.thumb, feedback.reasons, feedback.comment
from feedback join entries on entries.id = feedback.entry
"""
_BUSY_SECONDS = 15


@dataclass(frozen=True)
class Entry:
    """One draft: `result` is the rewrite's JSON contract once finished, `error` why it failed."""

    id: str
    created: str  # ISO 8601, UTC
    lang: str
    kind: str
    draft: str
    result: dict[str, Any] | None
    error: str


@dataclass(frozen=True)
class Feedback:
    """What a reader said of an entry's text: a thumb, ids of `rag.feedback.REASONS`, own words."""

    entry: Entry
    created: str  # ISO 8601, UTC
    thumb: Thumb
    reasons: tuple[str, ...]
    comment: str


class History:
    """The entries of one database file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "history.sqlite3"

    def save_draft(self, text: str, *, lang: str, kind: str) -> str:
        """Keep a draft and return its id. Raises StorageUnavailable."""
        id = uuid.uuid4().hex
        row = (id, _now(), lang, kind, text, None, "")
        with self._connection() as connection:
            connection.execute("insert into entries values (?,?,?,?,?,?,?)", row)
        return id

    def finish(self, id: str, result: dict[str, Any]) -> None:
        """Keep the result of an entry."""
        text = json.dumps(result, ensure_ascii=False)
        with self._connection() as connection:
            connection.execute("update entries set result=?, error='' where id=?", (text, id))

    def fail(self, id: str, message: str) -> None:
        """Keep why an entry has no result."""
        with self._connection() as connection:
            connection.execute("update entries set error=? where id=?", (message, id))

    def list(self, limit: int = 100) -> list[Entry]:
        """Return the newest entries, newest first."""
        with self._connection() as connection:
            rows = connection.execute(
                "select * from entries order by created desc, rowid desc limit ?", (limit,)
            ).fetchall()
        return [_entry(row) for row in rows]

    def get(self, id: str) -> Entry | None:
        """Return one entry, None where there is none."""
        with self._connection() as connection:
            row = connection.execute("select * from entries where id=?", (id,)).fetchone()
        return _entry(row) if row else None

    def delete(self, id: str) -> None:
        """Delete one entry and what was said of it."""
        with self._connection() as connection:
            connection.execute("delete from feedback where entry=?", (id,))
            connection.execute("delete from entries where id=?", (id,))

    def clear(self) -> None:
        """Delete every entry and all feedback."""
        with self._connection() as connection:
            connection.execute("delete from feedback")
            connection.execute("delete from entries")

    def save_feedback(
        self, id: str, thumb: Thumb, reasons: Sequence[str] = (), comment: str = ""
    ) -> None:
        """Keep what was said of an entry in place of what was said before.

        Raises BadInput where the entry is gone: a thanks for something lost would be untrue.
        """
        said = (_now(), thumb, json.dumps(list(reasons)), clean_text(comment).strip(), id)
        with self._connection() as connection:
            kept = connection.execute(
                "insert or replace into feedback select id,?,?,?,? from entries where id=?", said
            ).rowcount
        if not kept:
            raise BadInput(
                "This text is no longer in the history, so the feedback has no place to be kept. "
                "Rewrite the draft again and rate the new text.",
                "Этого текста уже нет в истории, поэтому отзыв сохранить не к чему. Перепишите "
                "черновик ещё раз и оцените новый текст.",
            )

    def feedback(self) -> Sequence[Feedback]:
        """Return all feedback with its entries, what was said last first."""
        with self._connection() as connection:
            rows = connection.execute(
                f"{_FEEDBACK} order by feedback.created desc, feedback.rowid desc"
            ).fetchall()
        return [_feedback(row) for row in rows]

    def feedback_of(self, id: str) -> Feedback | None:
        """Return what was said of one entry, None where nothing was."""
        with self._connection() as connection:
            row = connection.execute(f"{_FEEDBACK} where entries.id=?", (id,)).fetchone()
        return _feedback(row) if row else None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise StorageUnavailable(
                f"Cannot use the history at {self.path}: {error}. Free some space or set "
                "PROVODNIK_HOME to a folder you can write to.",
                f"Не удалось открыть историю {self.path}: {error}. Освободите место или укажите в "
                "PROVODNIK_HOME папку, куда можно писать.",
            ) from error

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, full, read-only: no damage
                raise
            self._set_aside()
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        try:
            connection.execute("pragma journal_mode=wal")
            for table in _SCHEMA:  # an older file lacks the later ones
                connection.execute(table)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        stamp = int(time.time())
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{self.path}{suffix}")
            if path.exists():
                path.replace(f"{self.path}.damaged-{stamp}{suffix}")


def _entry(row: tuple[Any, ...]) -> Entry:
    id, created, lang, kind, draft, result, error = row
    return Entry(id, created, lang, kind, draft, json.loads(result) if result else None, error)


def _feedback(row: tuple[Any, ...]) -> Feedback:
    *entry, created, thumb, reasons, comment = row
    return Feedback(_entry(tuple(entry)), created, thumb, tuple(json.loads(reasons)), comment)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
