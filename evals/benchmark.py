"""The benchmark: our rewrite beside one plain prompt to the same model, on the test drafts.

Invented and kept figures are counted by the fact ledger; principles by the rules. The rules also
shape the rewrite, so the principle figures favour it: people's labels have the last word.
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from evals.runs import row_draft
from rag.checks.check import check
from rag.checks.overall import overall
from rag.errors import BadInput, BadModelAnswer
from rag.facts.ledger import compare_facts
from rag.prompts import load_prompt
from rag.rewriting.pipeline import rewrite
from rag.tools import Tools
from rag.vocabulary import Draft

Row = dict[str, Any]


def benchmark(rows: list[Row], tools: Tools, on_row: Callable[[], None]) -> Row:
    """Return the figures of both systems over the same drafts."""
    ours: list[Row] = []
    plain: list[Row] = []
    refused = 0
    for row in rows:
        try:
            draft = row_draft(row)
            ours.append(_ours(draft, row, tools))
            plain.append(_plain(draft, row, tools))
        except BadInput:
            refused += 1
        on_row()
    return {"drafts": len(rows), "refused": refused, "provodnik": _totals(ours), "plain prompt": _totals(plain)}


def help_seconds(runs: int = 5) -> float:
    """Return the median seconds of `python -m rag --help` as a process of its own."""
    times = []
    for _ in range(runs):
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "rag", "--help"], check=True, capture_output=True)
        times.append(time.monotonic() - start)
    return round(sorted(times)[runs // 2], 2)


def machine() -> str:
    """Return the machine in words, and the day."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = datetime.date.today().isoformat()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GiB, {day}"


def _ours(draft: Draft, row: Row, tools: Tools) -> Row:
    result = rewrite(draft, tools)
    figures = _figures(draft, row, result.text)
    return figures | {"first": result.timings["first_field"], "total": result.timings["total"]}


def _plain(draft: Draft, row: Row, tools: Tools) -> Row:
    assert tools.model is not None
    start = time.monotonic()
    prompt = load_prompt(f"plain_{draft.lang}")
    try:
        text = tools.model.complete(prompt.render(draft=draft.text), max_tokens=prompt.sampling["max_tokens"]).text
    except BadModelAnswer:
        text = ""
    seconds = time.monotonic() - start
    return _figures(draft, row, text) | {"first": seconds, "total": seconds}


def _figures(draft: Draft, row: Row, text: str) -> Row:
    ledger = compare_facts(draft.text, text, lang=draft.lang)
    verdicts = check(text, kind=draft.kind, lang=draft.lang, draft=draft.text, mode="rules")
    decided = [v.verdict for v in verdicts.values() if v.verdict in ("pass", "fail")]
    return {
        "invented": len(ledger.added),
        "numbers": len(row["numbers"]),
        "numbers_kept": sum(number.lower() in text.lower() for number in row["numbers"]),
        "passed": decided.count("pass"),
        "decided": len(decided),
        "forbidden": sum(words.lower() in text.lower() for words in row["must_not"]),
        "overall": overall(verdicts, text) or 1,
    }


def _totals(rows: list[Row]) -> Row:
    def total(name: str) -> int:
        return sum(int(row[name]) for row in rows)

    def median(name: str) -> float:
        ordered = sorted(row[name] for row in rows)
        return round(ordered[len(ordered) // 2], 1)

    return {
        "texts": len(rows),
        "invented facts": total("invented"),
        "figures kept, %": round(100 * total("numbers_kept") / max(total("numbers"), 1), 1),
        "principles passed, %": round(100 * total("passed") / max(total("decided"), 1), 1),
        "forbidden words": total("forbidden"),
        "overall by rules, mean of 5": round(total("overall") / max(len(rows), 1), 2),
        "seconds to first text, median": median("first"),
        "seconds to full text, median": median("total"),
    }
