"""A run's folder: one line a finished row, so that an interruption loses nothing.

`rows.jsonl` grows by one flushed line a row; `report.json` and `report.html` are written at the
end. A run of the same rows, judge, model and versions goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import rag
from rag.errors import BadInput, NothingMeasured, StorageUnavailable
from rag.knowledge.source import knowledge_hash, prompts_hash
from rag.paths import home
from rag.whole import write_whole

Row = dict[str, Any]
ROWS = "rows.jsonl"
REPORT_KEYS = {"name", "judge", "versions", "texts", "pass_rate", "principles", "facts_added"}


def versions() -> dict[str, str]:
    """Return what a result depends on beside its input: only like is compared with like."""
    return {"prompts": prompts_hash(), "knowledge": knowledge_hash(), "code": code_hash()}


@cache
def code_hash() -> str:
    """Return a short hash over the library's files: its code, and weights that lie beside it."""
    folder = Path(rag.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix != ".pyc":
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def run_folder(*key: Any, under: str = "runs") -> Path:
    """Return the folder of a run; the same key and versions share one."""
    text = json.dumps([*key, versions()], sort_keys=True)
    folder = home() / under / hashlib.sha256(text.encode()).hexdigest()[:12]
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_results(folder: Path) -> list[Row]:
    """Return the finished rows of a run; a line torn by a kill is dropped."""
    return read_lines(folder / ROWS)


def read_lines(path: Path) -> list[Row]:
    """Return the objects in a file of JSON lines; a line torn by a kill is dropped."""
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    rows = []
    for line in text.split("\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            rows.append(found)
    return rows


def append_line(path: Path, row: Row) -> None:
    """Add a line that survives a power cut; a torn line before it is ended first."""
    with _writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _writing(path.parent), path.open("ab+") as file:
        start = max(file.seek(0, os.SEEK_END) - 1, 0)
        file.seek(start)
        torn = file.read(1) not in (b"", b"\n")
        line = json.dumps(row, ensure_ascii=False) + "\n"
        # A lone surrogate cannot be written; a question mark in its place harms nobody.
        file.write(("\n" if torn else "").encode() + line.encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())


def find_run(name: str) -> Path:
    """Return the folder of a run by its name, a unique start of it, a path, or "latest".

    Raises BadInput for a name that fits none or several, NothingMeasured where there is no run.
    """
    if any((Path(name) / file).is_file() for file in ("rows.jsonl", "report.json")):
        return Path(name)
    paths = sorted((home() / "runs").glob("*/rows.jsonl"), key=lambda path: path.stat().st_mtime)
    runs = [path.parent for path in paths]
    if not runs:
        raise NothingMeasured(
            "There is no run yet. Make one: python -m evals run.",
            "Прогонов ещё нет. Сделайте первый: python -m evals run.",
        )
    found = runs[-1:] if name == "latest" else [run for run in runs if run.name.startswith(name)]
    if len(found) != 1:
        names = ", ".join(run.name for run in runs)
        raise BadInput(
            f"{name!r} names {len(found)} runs, not one. Runs: {names}.",
            f"Имени {name!r} отвечает прогонов: {len(found)}, а нужен один. Прогоны: {names}.",
        )
    return found[0]


def read_report(folder: Path) -> Row:
    """Return the report of a finished run. Raises NothingMeasured for an unfinished one."""
    report = read_json(folder / "report.json") or {}
    missing = REPORT_KEYS - report.keys()
    if missing:
        names = ", ".join(sorted(missing))
        raise NothingMeasured(
            f"The run {folder.name} is not finished: its report.json is missing or lacks {names}. "
            "Run the same command again.",
            f"Прогон {folder.name} не завершён: файла report.json нет или в нём нет {names}. "
            "Повторите ту же команду.",
        )
    return report


def read_json(path: Path) -> Row | None:
    """Return the object in a JSON file, None where there is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_json(path: Path, data: Row) -> None:
    """Write a JSON file so that a reader never sees half of it. Raises StorageUnavailable."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file so that a reader never sees half of it. Raises StorageUnavailable."""
    with _writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8"))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot write to {folder}: {error.strerror}. Free some space, or set PROVODNIK_HOME "
            "to a folder you can write to.",
            f"Не удалось записать в {folder}: {error.strerror}. Освободите место или укажите в "
            "PROVODNIK_HOME папку, куда можно писать.",
        ) from error
