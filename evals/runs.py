"""One evaluation run: rewrite a draft, score the text, sum the figures up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, median
from typing import Any

from evals.measures import Counts, count
from evals.report import html_report
from evals.scoring import Scorer, Verdicts
from evals.statistics import share, wilson
from evals.store import (
    code_hash,
    read_results,
    run_folder,
    versions,
    write_json,
    write_text,
)
from rag.checks.overall import overall
from rag.errors import BadInput, NothingMeasured
from rag.knowledge.kinds import load_kinds
from rag.knowledge.principles import load_principles
from rag.rewriting.pipeline import rewrite
from rag.rewriting.prepare import make_draft
from rag.rewriting.result import as_json, verdicts_json
from rag.tools import Tools
from rag.vocabulary import Draft, Rewrite

Row = dict[str, Any]
VALUES = ("pass", "fail", "na", "unscored")
OFF_TOPIC = "offtopic"  # the kind of a draft that the product must refuse


def row_draft(row: Row) -> Draft:
    """Return the draft of a row; a kind the product does not know is left to be found."""
    kind = row.get("kind", "auto")
    known = kind if kind in load_kinds() else "auto"
    return make_draft(row["draft"], known, row.get("lang", "auto"), row["id"])


def rewrite_row(row: Row, tools: Tools, scorer: Scorer | None = None) -> Row:
    """Return the result of one draft, or why the product refused it.

    Without a `scorer` the verdicts are those of the rewrite itself: the rules.
    """
    given = {"draft": row["draft"], "off_topic": row.get("kind") == OFF_TOPIC}
    try:
        result = rewrite(row_draft(row), tools)
    except BadInput as error:
        return given | {"refused": type(error).__name__}
    return given | _result(row, result, _verdicts(result, scorer))


def _verdicts(result: Rewrite, scorer: Scorer | None) -> Verdicts:
    if scorer is None:
        return result.verdicts
    draft = result.draft
    return scorer({"kind": draft.kind, "lang": draft.lang, "draft": draft.text}, result.text)


def _result(row: Row, result: Rewrite, verdicts: Verdicts) -> Row:
    return as_json(result) | {
        "counts": asdict(count(row, result.text, result.ledger)),
        "verdicts": verdicts_json(dict(verdicts)),
        "overall": overall(verdicts, result.text),
    }


def write_reports(folder: Path, results: list[Row], judge: str) -> Row:
    """Write the report of a finished run as JSON and HTML; return it. Raises NothingMeasured."""
    report = {"name": folder.name, "judge": judge, **summary(results)}
    write_json(folder / "report.json", report)
    write_html(folder, report)
    return report


def write_calibration(found: Row, rows: list[Row]) -> Path:
    """Keep a calibration's report where the quality screen finds it; return its HTML page."""
    folder = run_folder("calibration", found["judge"], found["data"], rows)
    report = {"name": f"{found['data']} {found['judge']}", **found, "versions": versions()}
    write_json(folder / "report.json", report)
    return write_html(folder, report)


def write_html(folder: Path, report: Row) -> Path:
    """Write the HTML page of a run and return its path."""
    path = folder / "report.html"
    write_text(path, html_report(report, read_results(folder)))
    return path


def summary(results: list[Row]) -> Row:
    """Return the figures of a run. Raises NothingMeasured where no text was written."""
    written = [row for row in results if "verdicts" in row]
    refused = [row for row in results if "refused" in row]
    if not written:
        raise NothingMeasured("The run has no texts.", "В прогоне нет текстов.")
    principles = {id: principle_figures(id, written) for id in load_principles()}
    passed = sum(item["pass"] for item in principles.values())
    decided = passed + sum(item["fail"] for item in principles.values())
    counts = sum((Counts(**row["counts"]) for row in written), Counts())
    overalls = [row["overall"] for row in written if row["overall"] is not None]
    return {
        "drafts_hash": drafts_hash(results),
        "model": written[0]["model"],
        "refused": len(refused),
        "refused_wrongly": sum(not row["off_topic"] for row in refused),
        "off_topic_written": sum(row["off_topic"] for row in written),
        "pass_rate": share(passed, decided),
        "pass_rate_interval": wilson(passed, decided),
        "decided": decided,
        "unscored": sum(item["unscored"] for item in principles.values()),
        "overall_mean": fmean(overalls) if overalls else None,
        **asdict(counts),
        **counts.rates(),
        "seconds_first_field_median": median(_seconds(row, "first_field") for row in written),
        "seconds_total_median": median(_seconds(row, "total") for row in written),
        "principles": principles,
        "by_principle": _by_lang(written),
        "versions": {**written[0]["versions"], "code": code_hash()},
    }


def _by_lang(written: list[Row]) -> Row:
    langs = sorted({row["lang"] for row in written})
    return {
        id: {
            lang: principle_figures(id, [row for row in written if row["lang"] == lang])
            for lang in langs
        }
        for id in load_principles()
    }


def _seconds(row: Row, mark: str) -> float:
    timings = row["timings"]
    return float(timings.get(mark, timings["total"]))


def principle_figures(id: str, rows: list[Row]) -> Row:
    """Return how often each verdict on one principle occurs, and its pass rate's interval."""
    found = [row["verdicts"][id]["verdict"] for row in rows]
    counts = {value: found.count(value) for value in VALUES}
    passed, decided = counts["pass"], counts["pass"] + counts["fail"]
    rate, interval = share(passed, decided), wilson(passed, decided)
    return counts | {"decided": decided, "pass_rate": rate, "pass_rate_interval": interval}


def drafts_hash(results: list[Row]) -> str:
    """Return a short hash of the drafts: runs over the same ones share it."""
    drafts = json.dumps([row["draft"] for row in results], ensure_ascii=False)
    return hashlib.sha256(drafts.encode("utf-8", "replace")).hexdigest()[:12]
