"""The screen "quality": what the latest evaluation runs found, or how to make one.

Reports are files other programs wrote; a figure that is not there is shown as a dash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages import frame, look, runs
from pages.safe import plain
from pages.words import language, t
from rag.knowledge.principles import load_principles


def show() -> None:
    """Draw the screen."""
    look.head("quality")
    reports = runs.latest_reports()
    if not reports:
        _how()
    else:
        names = [name for name, _ in reports]
        chosen = st.selectbox(t("quality.run"), names, key="run")
        _run(str(chosen), dict(reports)[chosen])
    table = runs.benchmark()
    if table:
        st.subheader(t("quality.benchmark"), anchor=False)
        _benchmark(table)


def _how() -> None:
    st.html('<div class="pv-name">' + t("quality.none") + "</div>")
    look.soft(t("quality.how"))
    st.code("python -m evals run", language=None)
    look.soft(t("quality.after"))


def _run(name: str, report: Mapping[str, Any] | str) -> None:
    if isinstance(report, str):
        st.warning(t("quality.broken", name=plain(name), what=plain(report)))
        return
    for column, (key, value) in zip(st.columns(4), runs.headline(report).items(), strict=True):
        column.metric(t(f"quality.{key}"), value, border=True)
    rows = [_principle_row(row) for row in runs.principle_rows(report)]
    if rows:
        st.subheader(t("quality.per_principle"), anchor=False)
        st.dataframe(rows, hide_index=True, width="stretch")
    with st.expander(t("quality.raw")):
        st.json(report, expanded=1)


def _principle_row(row: runs.PrincipleRow) -> dict[str, Any]:
    principle = load_principles().get(row.id)
    title = principle[language()].title if principle else ""
    return {
        t("quality.principle"): f"{row.id} {title}".strip(),
        t("quality.passed"): row.passed,
        t("quality.failed"): row.failed,
        t("quality.unscored"): row.unscored,
        t("quality.rate"): row.rate,
        t("quality.interval"): row.interval,
    }


def _benchmark(table: Mapping[str, Any]) -> None:
    rows = table.get("rows")
    if isinstance(rows, list) and rows:
        st.dataframe(rows, hide_index=True, width="stretch")
    else:
        st.json(dict(table), expanded=2)


frame.screen(show)
