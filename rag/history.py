"""The history of drafts, results and what people say of them, in SQLite.

A draft is saved before any work is done on it; feedback lives and goes with its entry.
Write-ahead logging, one connection per call under a lock: kill -9 loses nothing acknowledged,
several processes may write. A damaged file is set aside and a new one begun with what could still
be read of it, so that history never blocks the work. The lock is for that moment: another process
must neither write into a file that is just being moved nor move the new one.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from rag.errors import BadInput, StorageUnavailable
from rag.paths import home
from rag.text.clean import clean_text

T = TypeVar("T")
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
# Named everywhere: a newer version may add some.
_COLUMNS = {
    "entries": "id, created, lang, kind, draft, result, error",
    "feedback": "entry, created, thumb, reasons, comment",
}
_INSERT = f"insert into entries ({_COLUMNS['entries']}) values (?,?,?,?,?,?,?)"
_ENTRIES = f"select {_COLUMNS['entries']} from entries"
# Joined, not looked up: feedback whose entry is gone (an older version deleted it) is no feedback.
_FEEDBACK = """
select entries.id, entries.created, lang, kind, draft, result, error,
    feedback.created, thumb, reasons, comment
from feedback join entries on entries.id = feedback.entry
"""
_KEEP_FEEDBACK = f"""
insert or replace into feedback ({_COLUMNS["feedback"]}) select id,?,?,?,? from entries where id=?
"""
_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)  # SQLite's messages may quote the garbage
_BUSY_SECONDS = 15
_POLL_SECONDS = 0.01
_LONG_AGO = "1970-01-01T00:00:00.000+00:00"
_UNREADABLE = {
    "en": "The kept text is damaged. The draft is whole: rewrite it again.",
    "ru": "Сохранённый текст повреждён. Черновик цел: перепишите его ещё раз.",
}


class _Damaged(sqlite3.DatabaseError):
    """A check found damage that SQLite would pass over."""


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
        self._change(_INSERT, row)
        return id

    def finish(self, id: str, result: dict[str, Any]) -> None:
        """Keep the result of an entry."""
        text = json.dumps(result, ensure_ascii=False)
        self._change("update entries set result=?, error='' where id=?", (text, id))

    def fail(self, id: str, message: str) -> None:
        """Keep why an entry has no result."""
        self._change("update entries set error=? where id=?", (message, id))

    def list(self, limit: int = 100) -> list[Entry]:
        """Return the newest entries, newest first."""
        newest = f"{_ENTRIES} order by created desc, rowid desc limit ?"
        return [_entry(row) for row in self._rows(newest, (limit,))]

    def get(self, id: str) -> Entry | None:
        """Return one entry, None where there is none."""
        rows = self._rows(f"{_ENTRIES} where id=?", (id,))
        return _entry(rows[0]) if rows else None

    def delete(self, id: str) -> None:
        """Delete one entry and what was said of it."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("delete from feedback where entry=?", (id,))
            connection.execute("delete from entries where id=?", (id,))

        self._run(work)

    def clear(self) -> None:
        """Delete every entry and all feedback, also those of files set aside."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("delete from feedback")
            connection.execute("delete from entries")
            for path in self.path.parent.glob(f"{self.path.name}.damaged-*"):
                path.unlink()

        self._run(work)

    def save_feedback(
        self, id: str, thumb: Thumb, reasons: Sequence[str] = (), comment: str = ""
    ) -> None:
        """Keep what was said of an entry in place of what was said before.

        Raises BadInput where the entry is gone: a thanks for something lost would be untrue.
        """
        said = (_now(), thumb, json.dumps(list(reasons)), clean_text(comment).strip(), id)
        if not self._change(_KEEP_FEEDBACK, said):
            raise BadInput(
                "This text is no longer in the history, so the feedback has no place to be kept. "
                "Rewrite the draft again and rate the new text.",
                "Этого текста уже нет в истории, поэтому отзыв сохранить не к чему. Перепишите "
                "черновик ещё раз и оцените новый текст.",
            )

    def feedback(self) -> Sequence[Feedback]:
        """Return all feedback with its entries, what was said last first."""
        newest = f"{_FEEDBACK} order by feedback.created desc, feedback.rowid desc"
        return [_feedback(row) for row in self._rows(newest)]

    def feedback_of(self, id: str) -> Feedback | None:
        """Return what was said of one entry, None where nothing was."""
        rows = self._rows(f"{_FEEDBACK} where entries.id=?", (id,))
        return _feedback(rows[0]) if rows else None

    def _change(self, sql: str, values: Sequence[Any]) -> int:
        """Run one statement and return how many rows it changed."""

        def work(connection: sqlite3.Connection) -> int:
            changed = connection.execute(sql, values).rowcount
            if connection.execute("pragma quick_check(1)").fetchone() != ("ok",):
                raise _Damaged  # a damaged page can take a row and yet not give it back
            return changed

        return self._run(work)

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]:
        return self._run(lambda connection: connection.execute(sql, values).fetchall())

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` does in one transaction, on a new file where this one is damaged."""
        from filelock import FileLock, Timeout

        try:
            self.path.parent.stat()  # the lock would create a folder that is not there
            with FileLock(f"{self.path}.lock", timeout=_BUSY_SECONDS, poll_interval=_POLL_SECONDS):
                try:
                    return self._attempt(work)
                except _DAMAGE as error:
                    if not self._is_damage(error):
                        raise
                    self._start_anew()
                    return self._attempt(work)
        except Timeout as error:
            raise self._unavailable("database is locked by another process") from error
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(str(error)) from error

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._connect()) as connection, connection:
            return work(connection)

    def _unavailable(self, reason: str) -> StorageUnavailable:
        return StorageUnavailable(
            f"Cannot use the history at {self.path}: {reason}. Free some space or set "
            "PROVODNIK_HOME to a folder you can write to.",
            f"Не удалось открыть историю {self.path}: {reason}. Освободите место или укажите в "
            "PROVODNIK_HOME папку, куда можно писать.",
        )

    def _connect(self) -> sqlite3.Connection:
        self.path.touch(mode=0o600)
        self.path.chmod(0o600)  # SQLite gives its other files the same rights
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        connection.text_factory = _decoded
        try:
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma secure_delete=on")  # what is deleted is overwritten
            for table in _SCHEMA:  # an older file lacks the later ones
                connection.execute(table)
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_damage(self, error: Exception) -> bool:
        """Tell a damaged file from one that is locked, full or read-only for now."""
        if isinstance(error, _Damaged | UnicodeDecodeError):
            return True
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        if code == sqlite3.SQLITE_READONLY:  # a header can say so as well
            return os.access(self.path, os.W_OK)
        # Every statement here is right: SQLITE_ERROR means that the file's own description is not.
        return code in {
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_ERROR,
            sqlite3.SQLITE_TOOBIG,
        }

    def _start_anew(self) -> None:
        """Set the damaged file aside and begin a new one with what could be read of it.

        The new one is finished first: where the disk is full, the old one stays in its place.
        """
        rows = {table: self._readable(table, columns) for table, columns in _COLUMNS.items()}
        new = History(Path(f"{self.path}.new"))
        new.path.unlink(missing_ok=True)
        try:
            new._attempt(lambda connection: _restore(connection, rows))
        except sqlite3.Error:
            new.path.unlink(missing_ok=True)
            raise
        aside = f"{self.path}.damaged-{time.time_ns()}"
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{self.path}{suffix}")
            if path.exists():
                path.replace(f"{aside}{suffix}")
        new.path.replace(self.path)

    def _readable(self, table: str, columns: str) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a damaged table up to the damage, from its start and from its end."""
        rows: dict[tuple[Any, ...], None] = {}
        for order in ("asc", "desc"):
            sql = f"select {columns} from {table} order by rowid {order}"
            with suppress(*_DAMAGE), closing(sqlite3.connect(self.path)) as connection:
                connection.text_factory = _decoded
                connection.execute("pragma writable_schema=on")  # else none of a file cut short
                for row in connection.execute(sql):
                    rows[row] = None
        return list(rows)


def _restore(connection: sqlite3.Connection, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    for table, found in rows.items():
        for row in found:
            marks = ",".join("?" * len(row))
            connection.execute(f"insert or ignore into {table} values ({marks})", row)


def _decoded(data: bytes) -> str:
    """Return text also where a byte of it is damaged: one row must not hide all others."""
    return data.decode("utf-8", "replace")


def _entry(row: tuple[Any, ...]) -> Entry:
    id, created, lang, kind, draft, result, error = _texts(row)
    found = _parsed(result)
    if result and not isinstance(found, dict):
        found, error = None, _UNREADABLE.get(lang, _UNREADABLE["en"])
    return Entry(id, _moment(created), lang, kind, draft, found, error)


def _feedback(row: tuple[Any, ...]) -> Feedback:
    created, thumb, reasons, comment = _texts(row[-4:])
    said = tuple(_parsed(reasons) or ())
    return Feedback(_entry(row[:-4]), _moment(created), thumb, said, comment)


def _texts(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as texts: nothing for NULL, or where damage made a number of one."""
    return tuple(value if isinstance(value, str) else "" for value in row)


def _moment(text: str) -> str:
    """Return a time, long ago where a byte of it is damaged."""
    try:
        return datetime.fromisoformat(text).isoformat(timespec="milliseconds")
    except ValueError:
        return _LONG_AGO


def _parsed(text: str) -> Any:
    """Return what was kept as JSON, None where there is nothing or a byte of it is damaged."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
