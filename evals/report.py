"""A run as one self-contained HTML page; every text in it is escaped."""

from __future__ import annotations

from html import escape
from typing import Any

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;color:#20242c}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;text-align:left;"
    "border-bottom:1px solid #ddd}.bar{background:#26547c;height:.7rem;display:inline-block}"
    "pre{white-space:pre-wrap;background:#f5f6f8;padding:1rem}.fail{color:#a02c2c}"
)


def html_report(summary: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """Return the page: figures, a bar per principle, the texts with their failed principles."""
    body = [f"<h1>{escape(summary['name'])}</h1>", _figures(summary), _principles(summary)]
    worst = sorted((row for row in rows if "verdicts" in row), key=_passes)
    body += [_text(row) for row in worst]
    head = f'<meta charset="utf-8"><title>{escape(summary["name"])}</title><style>{_STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{''.join(body)}</body></html>"


def _figures(summary: dict[str, Any]) -> str:
    names = ("model", "texts", "refused", "pass_rate", "added_facts", "first_field_median", "seconds_median")
    rows = "".join(f"<tr><th>{name}</th><td>{escape(_shown(summary[name]))}</td></tr>" for name in names)
    return f"<table>{rows}</table>"


def _principles(summary: dict[str, Any]) -> str:
    rows = []
    for id, item in summary["principles"].items():
        n = item["pass"] + item["fail"]
        share = item["pass"] / n if n else 0
        low, high = item["interval"]
        rows.append(
            f'<tr><td>{id}</td><td>{item["pass"]} / {n}</td><td><span class="bar" '
            f'style="width:{share * 12:.1f}rem"></span></td><td>{low:.2f}–{high:.2f}</td>'
            f'<td>{item["na"]} na, {item["unscored"]} unscored</td></tr>'
        )
    return f"<h2>Principles</h2><table>{''.join(rows)}</table>"


def _text(row: dict[str, Any]) -> str:
    fails = "".join(
        f'<li class="fail">{id}: {escape(v["reason"])} — {escape(v["quote"])}</li>'
        for id, v in row["verdicts"].items()
        if v["verdict"] == "fail"
    )
    return f"<h3>{escape(str(row.get('id', '')))}</h3><ul>{fails}</ul><pre>{escape(row['text'])}</pre>"


def _passes(row: dict[str, Any]) -> int:
    return sum(verdict["verdict"] != "fail" for verdict in row["verdicts"].values())


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
