"""The history of drafts and results, in SQLite: a draft is saved before any work is done on it.

Write-ahead logging, one connection per call: kill -9 loses nothing acknowledged, several processes
may write. A damaged file is set aside and a new one begun, so that history never blocks the work.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.errors import StorageUnavailable
from rag.paths import home

_SCHEMA = """
create table if not exists entries (
    id text primary key, created text not null, lang text not null, kind text not null,
    draft text not null, result text, error text
)
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


class History:
    """The entries of one database file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "history.sqlite3"

    def save_draft(self, text: str, *, lang: str, kind: str) -> str:
        """Keep a draft and return its id. Raises StorageUnavailable."""
        id = uuid.uuid4().hex
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = (id, created, lang, kind, text, None, "")
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
        """Delete one entry."""
        with self._connection() as connection:
            connection.execute("delete from entries where id=?", (id,))

    def clear(self) -> None:
        """Delete every entry."""
        with self._connection() as connection:
            connection.execute("delete from entries")

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
            connection.execute(_SCHEMA)
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
