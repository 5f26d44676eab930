"""Verdicts per principle, drawn: what fails first, then what holds; not applicable is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages import look
from pages.safe import inert
from pages.words import language, t
from rag.knowledge.principles import load_principles

Verdicts = Mapping[str, Mapping[str, Any]]
_ORDER = ("fail", "unscored", "pass")


def table(verdicts: Verdicts) -> None:
    """Show one row a principle."""
    rows = sorted(
        (item for item in verdicts.items() if item[1]["verdict"] in _ORDER),
        key=lambda item: (_ORDER.index(item[1]["verdict"]), item[0]),
    )
    st.html(f'<div class="pv-card">{"".join(_row(id, verdict) for id, verdict in rows)}</div>')
    hidden = [f"{id} {_name(id)}" for id, v in verdicts.items() if v["verdict"] == "na"]
    if hidden:
        look.soft(t("verdict.hidden", ids=", ".join(hidden)))


def _row(id: str, verdict: Mapping[str, Any]) -> str:
    """Return one verdict: the principle in the page's language, the quote, the scorer's note."""
    value = verdict["verdict"]
    parts = [f'<span class="pv-name">{inert(_name(id))}</span>']
    parts += [f"<div>{inert(line)}</div>" for line in _meaning(id, value)]
    if verdict.get("quote") and value == "fail":
        parts.append(f'<div class="pv-quote">{inert(verdict["quote"])}</div>')
    parts.append(f'<div class="pv-soft">{inert(_note(verdict))}</div>')
    badge = f'<span class="pv-badge pv-{value}">{inert(t(f"verdict.{value}"))}</span>'
    return f'<div class="pv-row"><div>{badge}</div><div>{"".join(parts)}</div></div>'


def _meaning(id: str, value: str) -> list[str]:
    """Return what the verdict means: the principle's own words on when it holds or fails."""
    principle = load_principles().get(id)
    if principle is None or value not in ("pass", "fail"):
        return []
    text = principle[language()]
    return [text.holds if value == "pass" else text.fails]


def _note(verdict: Mapping[str, Any]) -> str:
    scorer = (verdict.get("scorer") or "").rstrip("!")  # "!" marks a serious fail
    known = f"verdict.by_{scorer}"
    name = t(known) if known in ("verdict.by_rules", "verdict.by_judge") else scorer
    return ": ".join(filter(None, (name, verdict.get("reason") or "")))


def _name(id: str) -> str:
    principle = load_principles().get(id)
    return principle[language()].title if principle else id


def summary(overall: int | None, verdicts: Verdicts) -> None:
    """Show the overall score and how many principles hold."""
    scored = [v["verdict"] for v in verdicts.values() if v["verdict"] in ("pass", "fail")]
    if overall is None:
        head = f'<div class="pv-name">{inert(t("verdict.none"))}</div>'
    else:
        head = (
            f'<span class="pv-score">{inert(t("verdict.of5", n=overall))}</span> '
            f'<span class="pv-name">{inert(t(f"verdict.meaning_{overall}"))}</span>'
        )
    held = t("verdict.summary", passed=scored.count("pass"), scored=len(scored))
    st.html(f'<div class="pv-card">{head}<div class="pv-soft">{inert(held)}</div></div>')


def quotes(verdicts: Verdicts) -> list[str]:
    """Return the places of the text that failed verdicts quote."""
    return [v["quote"] for v in verdicts.values() if v["verdict"] == "fail" and v.get("quote")]
