"""A run: rewrite and score a set of drafts into a folder that survives an interruption.

`rows.jsonl` takes one line a finished draft; a run over the same drafts with the same versions
goes on where it stopped. `report.json` and `report.html` are written at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.report import html_report
from evals.statistics import wilson
from rag.checks.check import check
from rag.checks.overall import overall
from rag.errors import BadInput, NothingMeasured
from rag.knowledge.kinds import load_kinds
from rag.knowledge.principles import load_principles
from rag.knowledge.source import knowledge_hash, prompts_hash
from rag.paths import home
from rag.rewriting.pipeline import rewrite
from rag.rewriting.prepare import make_draft
from rag.rewriting.result import as_json, verdicts_json
from rag.tools import Tools
from rag.vocabulary import Draft, JudgeMode

Row = dict[str, Any]


def run_folder(rows: list[Row], mode: str, model: str) -> Path:
    """Return the folder of a run; the same drafts, judge and versions share one."""
    key = json.dumps([rows, mode, model, knowledge_hash(), prompts_hash()], sort_keys=True)
    folder = home() / "runs" / hashlib.sha256(key.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_drafts(rows: list[Row], folder: Path, tools: Tools, mode: JudgeMode) -> Iterator[Row]:
    """Rewrite and score each draft that is not done yet; yield every result in order."""
    done = {row["id"]: row for row in read_results(folder)}
    for row in rows:
        if row["id"] not in done:
            result = _rewritten(row, tools, mode)
            with (folder / "rows.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(result, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            done[row["id"]] = result
        yield done[row["id"]]


def row_draft(row: Row) -> Draft:
    """Return the draft of a row; a kind the product does not know is left to be found."""
    kind = row.get("kind", "auto")
    known = kind if kind in load_kinds() else "auto"
    return make_draft(row["draft"], known, row.get("lang", "auto"), row["id"])


def _rewritten(row: Row, tools: Tools, mode: JudgeMode) -> Row:
    try:
        draft = row_draft(row)
        result = as_json(rewrite(draft, tools))
    except BadInput as error:
        return {"id": row["id"], "lang": row.get("lang", ""), "kind": row.get("kind", ""), "refused": type(error).__name__}
    if mode != "rules":
        verdicts = check(
            result["text"], kind=draft.kind, lang=draft.lang, draft=draft.text, model=tools.model, mode=mode
        )
        result["verdicts"] = verdicts_json(verdicts)
        result["overall"] = overall(verdicts, result["text"])
    return result


def find_run(name: str) -> Path:
    """Return the folder of a run by its name, a unique start of it, a path, or "latest"."""
    if Path(name).is_dir():
        return Path(name)
    runs = sorted((home() / "runs").glob("*/rows.jsonl"), key=lambda path: path.stat().st_mtime)
    found = [path.parent for path in runs if name == "latest" or path.parent.name.startswith(name)]
    if not found or (name != "latest" and len(found) > 1):
        raise BadInput(
            f"There is no one run named {name!r}. Runs: {', '.join(p.parent.name for p in runs) or 'none'}.",
            f"Нет однозначного прогона {name!r}. Прогоны: {', '.join(p.parent.name for p in runs) or 'нет'}.",
        )
    return found[-1]


def write_summary(folder: Path, rows: list[Row], results: list[Row], judge: str) -> Row:
    """Write and return the summary of a finished run, with its HTML page."""
    drafts = json.dumps([row["draft"] for row in rows], ensure_ascii=False)
    found = summary(results, folder.name) | {
        "judge": judge,
        "drafts_hash": hashlib.sha256(drafts.encode()).hexdigest()[:12],
    }
    write_atomically(folder / "report.json", json.dumps(found, ensure_ascii=False, indent=2))
    write_html(folder, found)
    return found


def write_html(folder: Path, found: Row) -> Path:
    """Write the HTML page of a run and return its path."""
    path = folder / "report.html"
    write_atomically(path, html_report(found, read_results(folder)))
    return path


def read_summary(folder: Path) -> Row:
    """Return the summary of a finished run. Raises NothingMeasured for an unfinished one."""
    try:
        return dict(json.loads((folder / "report.json").read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise NothingMeasured(
            f"The run {folder.name} is not finished: {error}. Run the same command again.",
            f"Прогон {folder.name} не завершён: {error}. Повторите ту же команду.",
        ) from error


def read_results(folder: Path) -> list[Row]:
    """Return the finished rows of a run; a line torn by a kill is dropped."""
    path = folder / "rows.jsonl"
    rows = []
    for line in path.read_text("utf-8").splitlines() if path.is_file() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def summary(rows: list[Row], name: str) -> Row:
    """Return the figures of a run. Raises NothingMeasured for an empty one."""
    written = [row for row in rows if "verdicts" in row]
    if not written:
        raise NothingMeasured("The run has no results.", "В прогоне нет результатов.")
    figures = {id: _principle(id, written) for id in load_principles()}
    passed = sum(item["pass"] for item in figures.values())
    decided = passed + sum(item["fail"] for item in figures.values())
    return {
        "name": name,
        "texts": len(written),
        "refused": len(rows) - len(written),
        "model": written[0].get("model", ""),
        "pass_rate": passed / decided if decided else None,
        "pass_rate_interval": wilson(passed, decided),
        "added_facts": sum(len(row["ledger"]["added"]) for row in written),
        "seconds_median": _median([row["timings"]["total"] for row in written]),
        "first_field_median": _median([row["timings"].get("first_field", 0.0) for row in written]),
        "principles": figures,
        "versions": written[0]["versions"],
    }


def _principle(id: str, rows: list[Row]) -> Row:
    found = [row["verdicts"][id]["verdict"] for row in rows]
    counts = {value: found.count(value) for value in ("pass", "fail", "na", "unscored")}
    return counts | {"interval": wilson(counts["pass"], counts["pass"] + counts["fail"])}


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
