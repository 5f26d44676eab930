"""The benchmark: our rewrite beside one plain prompt to the same model, on the test drafts.

Kept and invented facts are counted by the fact ledger; principles by the rules. The rules also
shape the rewrite, so the principle figures favour it: people's labels have the last word.
README's table is `table()` of the stored figures; a test keeps the two equal.
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from evals.measures import Counts, count
from evals.runs import row_draft
from evals.scoring import make_scorer
from evals.statistics import share, wilson
from rag.checks.overall import overall
from rag.errors import BadInput, BadModelAnswer, NothingMeasured
from rag.facts.ledger import compare_facts
from rag.prompts import load_prompt
from rag.rewriting.pipeline import rewrite
from rag.tools import Tools
from rag.vocabulary import Draft, Ledger, Model

Row = dict[str, Any]
LATEST = Path(__file__).parent / "benchmark" / "latest.json"
OURS, PLAIN = "provodnik", "plain prompt"


@dataclass(frozen=True)
class Written:
    """What a system made of a draft; `first` and `total` are seconds."""

    text: str
    ledger: Ledger
    first: float
    total: float


System = Callable[[Draft], Written]


def make_systems(tools: Tools, model: Model) -> dict[str, System]:
    """Return the systems that are compared, by name."""
    return {
        OURS: lambda draft: by_rewrite(draft, tools),
        PLAIN: lambda draft: by_plain(draft, model),
    }


def by_rewrite(draft: Draft, tools: Tools) -> Written:
    """Write with the product."""
    result = rewrite(draft, tools)
    timings = result.timings
    return Written(result.text, result.ledger, timings["first_field"], timings["total"])


def by_plain(draft: Draft, model: Model) -> Written:
    """Write with one prompt; an unusable answer (endless, empty) is an empty text."""
    prompt, start = load_prompt(f"plain_{draft.lang}"), time.monotonic()
    messages = prompt.render(draft=draft.text)
    try:
        text = model.complete(messages, max_tokens=prompt.sampling["max_tokens"]).text
    except BadModelAnswer:
        text = ""
    seconds = time.monotonic() - start
    return Written(text, compare_facts(draft.text, text, lang=draft.lang), seconds, seconds)


def benchmark_row(row: Row, systems: Mapping[str, System]) -> Row:
    """Return what each system made of one draft and its figures, or why it was refused."""
    try:
        draft = row_draft(row)
        written = {name: write(draft) for name, write in systems.items()}
    except BadInput as error:
        return {"refused": type(error).__name__}
    return {name: _figures(draft, row, item) for name, item in written.items()}


def _figures(draft: Draft, row: Row, written: Written) -> Row:
    given = {"kind": draft.kind, "lang": draft.lang, "draft": draft.text}
    verdicts = make_scorer("rules")(given, written.text)
    values = [verdict.verdict for verdict in verdicts.values()]
    return {
        "text": written.text,
        "counts": asdict(count(row, written.text, written.ledger)),
        "passed": values.count("pass"),
        "decided": values.count("pass") + values.count("fail"),
        "overall": overall(verdicts, written.text) or 1,
        "first": written.first,
        "total": written.total,
    }


def totals(results: list[Row]) -> Row:
    """Return the figures of each system over the drafts for which both gave a usable text.

    Raises NothingMeasured where there is none.
    """
    written = [row for row in results if "refused" not in row]
    names = [name for name in (written[0] if written else {}) if name != "id"]
    shared = [row for row in written if all(row[name]["text"] for name in names)]
    if not shared:
        raise NothingMeasured("No draft was rewritten.", "Ни один черновик не переписан.")
    unusable = {name: sum(not row[name]["text"] for row in written) for name in names}
    systems = {
        name: {"unusable answers": unusable[name], **_totals([row[name] for row in shared])}
        for name in names
    }
    return {"drafts": len(results), "refused": len(results) - len(written), **systems}


def _totals(rows: list[Row]) -> Row:
    counts = sum((Counts(**row["counts"]) for row in rows), Counts())
    facts = counts.facts_kept + counts.facts_lost
    passed, decided = (sum(row[name] for row in rows) for name in ("passed", "decided"))
    return {
        "texts": len(rows),
        "invented facts": counts.facts_added,
        "facts kept, %": _percent(counts.facts_kept, facts),
        "figures kept, %": _percent(counts.numbers_kept, counts.numbers),
        "principles passed, %": _percent(passed, decided),
        "forbidden words": counts.forbidden,
        "overall by rules, mean of 5": round(fmean(row["overall"] for row in rows), 2),
        "seconds to first text, median": round(median(row["first"] for row in rows), 1),
        "seconds to full text, median": round(median(row["total"] for row in rows), 1),
        "intervals": {
            "facts kept, %": _interval(counts.facts_kept, facts),
            "figures kept, %": _interval(counts.numbers_kept, counts.numbers),
            "principles passed, %": _interval(passed, decided),
        },
    }


def _percent(part: int, whole: int) -> float | None:
    found = share(part, whole)
    return None if found is None else round(100 * found, 1)


def _interval(part: int, whole: int) -> list[int]:
    return [round(100 * bound) for bound in wilson(part, whole)]


def help_seconds(runs: int = 5) -> float:
    """Return the median seconds of `python -m rag --help` as a process of its own."""
    times = []
    for _ in range(runs):
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "rag", "--help"], check=True, capture_output=True)
        times.append(time.monotonic() - start)
    return round(median(times), 2)


def machine() -> str:
    """Return the machine in words, and the day."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{platform.system()} {platform.machine()}", f"{cores} cores"]
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        parts.append(f"{memory:.0f} GiB")
    return ", ".join([*parts, datetime.date.today().isoformat()])


def table(found: Row) -> str:
    """Return the figures as README's Markdown table, with what they were measured on."""
    ours, plain = found[OURS], found[PLAIN]
    names = [name for name in ours if name != "intervals"]
    rows = [f"| {name} | {_cell(ours, name)} | {_cell(plain, name)} |" for name in names]
    recall = ", ".join(f"{way} {found['retrieval R@1'][way]}" for way in ("ru", "en", "ru→en"))
    notes = (
        f"{found['drafts']} test drafts, {found['refused']} of them refused as off topic or empty; "
        "the figures are over those for which both gave a usable text. "
        f"Model: {found['model']}. Machine: {found['machine']}. In brackets: 95% Wilson intervals. "
        f"Retrieval, share of {found['retrieval R@1']['questions']} questions whose first passage "
        f"answers: {recall}. `--help` answers in {found['--help, seconds']} s."
    )
    head = ["| | Provodnik | the same model, one plain prompt |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", notes])


def _cell(figures: Row, name: str) -> str:
    value = "–" if figures[name] is None else str(figures[name])
    bounds = figures["intervals"].get(name)
    return f"{value} ({bounds[0]}–{bounds[1]})" if bounds and figures[name] is not None else value
