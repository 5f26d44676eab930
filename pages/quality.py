"""The screen "quality": what the latest evaluation runs found, or how to make one.

Reports are files another program wrote: whatever figures and tables they hold are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages import frame, look, runs
from pages.safe import inert, plain
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
        _report(table)


def _how() -> None:
    st.html('<div class="pv-name">' + t("quality.none") + "</div>")
    look.soft(t("quality.how"))
    st.code("python -m evals run", language=None)
    look.soft(t("quality.after"))


def _run(name: str, report: Mapping[str, Any] | str) -> None:
    if isinstance(report, str):
        st.warning(t("quality.broken", name=plain(name), what=plain(report)))
    else:
        _report(report)


def _report(report: Mapping[str, Any]) -> None:
    """Show a report's figures, its plot, what it got wrong, then its tables."""
    figures = runs.figures(report)
    if figures:
        look.grid(figures)
    plot = runs.plot(report)
    if plot:
        st.subheader(t("quality.plot"), anchor=False)
        st.html(plot)
    cases = runs.worst(report)
    if cases:
        st.subheader(t("quality.worst"), anchor=False)
        st.dataframe(cases, hide_index=True, width="stretch")
    for name, rows in runs.tables(report).items():
        st.html(f'<div class="pv-head">{inert(name)}</div>')
        st.dataframe([_with_title(row) for row in rows], hide_index=True, width="stretch")


def _with_title(row: dict[str, str]) -> dict[str, str]:
    """Return a row with the principle's title beside its id."""
    principles = load_principles()
    return {
        name: f"{value} {principles[value][language()].title}" if value in principles else value
        for name, value in row.items()
    }


frame.screen(show)
