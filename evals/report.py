"""A run as one self-contained HTML page: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evals.charts import plot
from rag.text.markup import inert

Row = dict[str, Any]
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;"
    "color:#1e2527;background:#fbfbf9}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #dfe3de;font-weight:400}"
    ".fail{color:#a02c2c}"
    ".sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f1f3f0;padding:1rem;margin:0}"
)
# Even if a text slipped through unescaped, the browser would run and load nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_FIGURES = {
    "model": "model",
    "judge": "judge",
    "lang_gap": "gap between languages in pair accuracy",
    "overall_rank_correlation": "rank correlation of overall with people's",
    "texts": "texts written",
    "refused": "drafts refused",
    "refused_wrongly": "of them working drafts",
    "pass_rate": "principles that hold, of those decided",
    "overall_mean": "overall, mean of 1–5",
    "facts_added": "facts invented",
    "facts_kept_rate": "facts kept or left out with a reason",
    "numbers_kept_rate": "labelled figures kept",
    "forbidden": "forbidden words let through",
    "seconds_first_field_median": "seconds to the first field, median",
    "seconds_total_median": "seconds to the whole text, median",
}


def html_report(report: Row, rows: list[Row]) -> str:
    """Return the page of a run or a calibration: figures, plots, then texts, the worst first."""
    name = inert(report["name"])
    written = sorted((row for row in rows if "verdicts" in row), key=lambda row: -len(_fails(row)))
    body = [
        f"<h1>{name}</h1>",
        _table((words, _shown(report[key])) for key, words in _FIGURES.items() if key in report),
        _languages(report.get("by_lang", {})),
        _principles(report.get("principles", {})),
        _plot(report),
        *(_case(case) for case in report.get("worst", [])),
        *(_text(row) for row in written),
        *(_refused(row) for row in rows if "refused" in row),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{name}</title><style>{_STYLE}</style>"
    )
    page = f"<head>{head}</head><body>{''.join(body)}</body>"
    return f'<!doctype html><html lang="en">{page}</html>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{inert(name)}</th><td>{inert(value)}</td></tr>" for name, value in rows)
    return f"<table>{''.join(cells)}</table>"


def _languages(by_lang: Row) -> str:
    """Return a calibration's figures by language."""
    names = ("n", "pair_accuracy", "balanced_accuracy", "false_alarms", "unscored")
    rows = [
        f"<tr><th>{inert(lang)}</th>"
        + "".join(f"<td>{inert(_shown(item.get(name)))}</td>" for name in names)
        + "</tr>"
        for lang, item in by_lang.items()
    ]
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in ("", *names))
    return f"<h2>Languages</h2><table><tr>{head}</tr>{''.join(rows)}</table>" if rows else ""


def _plot(report: Row) -> str:
    found = plot(report)
    title = "Principles by language, with 95 % intervals where there are any"
    return f"<h2>{title}</h2>{found}" if found else ""


def _case(case: Row) -> str:
    """Return a verdict that people do not share."""
    said = (
        f"{case['principle']} {case['lang']}: people say {case['label']}, judged {case['verdict']}"
    )
    why = f"{case['reason']} ({_shown(case['odds'])}) — {case['quote']}"
    return (
        f'<h3>{inert(case["id"])}</h3><p class="fail">{inert(said)}</p>'
        f"<p>{inert(why)}</p><pre>{inert(case['text'])}</pre>"
    )


def _principles(principles: Row) -> str:
    rows = []
    for id, item in principles.items():
        decided = item["pass"] + item["fail"]
        low, high = item["pass_rate_interval"]
        rows.append(
            f"<tr><th>{inert(id)}</th><td>{item['pass']:d} / {decided:d}</td>"
            f"<td>{low:.2f}–{high:.2f}</td>"
            f"<td>{item['na']:d} not applicable, {item['unscored']:d} unscored</td></tr>"
        )
    return f"<h2>Principles</h2><table>{''.join(rows)}</table>" if rows else ""


def _text(row: Row) -> str:
    fails = "".join(
        f'<li class="fail">{inert(id)}: {inert(verdict["reason"])} — {inert(verdict["quote"])}</li>'
        for id, verdict in _fails(row).items()
    )
    sides = f"<pre>{inert(row['draft'])}</pre><pre>{inert(row['text'])}</pre>"
    return (
        f"<h3>{inert(row['id'])}: {inert(_shown(row['overall']))} of 5</h3>"
        f'<ul>{fails}</ul><div class="sides">{sides}</div>'
    )


def _refused(row: Row) -> str:
    title = f"{inert(row['id'])}: refused, {inert(row['refused'])}"
    return f"<h3>{title}</h3><pre>{inert(row['draft'])}</pre>"


def _fails(row: Row) -> Row:
    return {id: item for id, item in row["verdicts"].items() if item["verdict"] == "fail"}


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
