"""A rewrite, drawn from the JSON contract: the text, its questions, and the proof beneath it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from pages import core, look, verdicts
from pages.safe import diff_sides, highlighted, inert, plain
from pages.words import language, t
from rag.errors import ProvodnikError
from rag.facts.ledger import GAP

Result = Mapping[str, Any]
_FILES = {"docx": "DOCX", "pdf": "PDF", "md": "Markdown"}


def sheet(result: Result) -> None:
    """Show the finished text with its gaps marked, the ways to take it away, and its author."""
    text = result["text"]
    for warning in result.get("warnings", []):
        st.warning(t("result.warning", text=plain(warning)), icon=":material/info:")
    st.html(highlighted(text, [found.group() for found in GAP.finditer(text)], "pv-sheet"))
    columns = st.columns([1.2, 1, 1, 1])
    with columns[0]:
        look.copy_button(text, "copy_result")
    for column, (suffix, name) in zip(columns[1:], _FILES.items(), strict=True):
        column.download_button(
            name,
            partial(core.export, result, suffix),
            file_name=f"provodnik.{suffix}",
            key=f"download_{suffix}",
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
        )
    look.soft(byline(result))


def byline(result: Result) -> str:
    """Return which model wrote a text, what it is, and how long it took."""
    kind = core.kind_title(result["kind"], language())
    seconds = float(result.get("timings", {}).get("total", 0.0))
    parts = [kind, t("result.by", model=result.get("model") or "—")]
    return " · ".join([*parts, t("result.seconds", seconds=round(seconds))] if seconds else parts)


def partial_fields(fields: Mapping[str, str], kind: str) -> None:
    """Show the fields that are ready while the rest is being written."""
    if not fields:
        look.soft(t("write.waiting"))
        return
    titles = core.field_titles(kind, language())
    pieces = [
        f'<div class="pv-head">{inert(titles.get(name, name))}</div>'
        f'<div class="pv-text pv-field">{inert(text)}</div>'
        for name, text in fields.items()
    ]
    st.html(f'<div class="pv-card">{"".join(pieces)}</div>')


def questions(asked: list[str], on_again: Callable[[], None]) -> None:
    """Show the open questions as inputs; answered ones stay, so an answer can be corrected."""
    if not asked:
        return
    with st.container(border=True):
        st.subheader(t("result.questions"), anchor=False)
        look.soft(t("result.questions_lead"))
        for question in asked:
            st.html(f'<div class="pv-question">{inert(question)}</div>')
            st.text_input(
                plain(question),
                key=answer_key(question),
                label_visibility="collapsed",
                placeholder=t("result.answer"),
                persist_state="session",
            )
        st.button(
            t("write.again"),
            on_click=on_again,
            icon=":material/refresh:",
            key="again",
            disabled="job" in st.session_state,
        )


def answer_key(question: str) -> str:
    """Return the session's key of an answer."""
    return f"answer_{question}"


def details(result: Result, draft: str) -> None:
    """Show the proof: what changed, the facts, the verdicts, the sources, the versions."""
    st.space("small")
    parts: dict[str, Callable[[], None]] = {
        "changes": lambda: changes(draft, result["text"]),
        "facts": lambda: ledger(result["ledger"]),
        "principles": lambda: principles(result),
        "sources": lambda: citations(result["citations"], result["kind"]),
        "versions": lambda: versions(result),
    }
    tabs = st.tabs([t(f"result.{name}") for name in parts])
    for tab, part in zip(tabs, parts.values(), strict=True):
        with tab:
            try:
                part()
            except (ProvodnikError, ImportError) as error:
                look.notice(error)


def changes(draft: str, text: str) -> None:
    """Show the draft and the text side by side, word by word."""
    look.soft(t("result.diff_lead"))
    old, new = diff_sides(core.word_diff(draft, text))
    for column, title, body in zip(
        st.columns(2, gap="medium"), ("result.draft", "result.title"), (old, new), strict=True
    ):
        column.html(
            f'<div class="pv-head">{inert(t(title))}</div><div class="pv-card">{body}</div>'
        )


def ledger(ledger: Mapping[str, Any]) -> None:
    """Show the account of facts: kept, left out with the reason, invented (none)."""
    kept, dropped, added = ledger["kept"], ledger["dropped"], ledger["added"]
    if added:
        st.error(t("result.added_warning"), icon=":material/warning:")
        st.html(_chips(added))
    else:
        st.success(t("result.nothing_added"), icon=":material/verified:")
    if not kept and not dropped:
        look.soft(t("result.no_facts"))
        return
    left, right = st.columns(2, gap="large")
    left.html(f'<div class="pv-head">{inert(t("result.kept", n=len(kept)))}</div>{_chips(kept)}')
    rows = (
        "".join(
            f'<div class="pv-quote">{inert(row["fact"])}</div>'
            f'<div class="pv-soft">{inert(row["why"])}</div>'
            for row in dropped
        )
        or f'<div class="pv-soft">{inert(t("result.nothing_dropped"))}</div>'
    )
    right.html(f'<div class="pv-head">{inert(t("result.dropped", n=len(dropped)))}</div>{rows}')


def _chips(facts: list[str]) -> str:
    return "".join(f'<span class="pv-chip">{inert(fact)}</span>' for fact in facts)


def principles(result: Result) -> None:
    """Show the overall score and the verdicts."""
    verdicts.summary(core.overall_of(result), result["verdicts"])
    verdicts.table(result["verdicts"])


def citations(rows: list[Mapping[str, Any]], kind: str) -> None:
    """Show, by field, each source with the exact words and where they stand."""
    if not rows:
        look.soft(t("result.no_sources"))
    titles = core.field_titles(kind, language())
    for row in rows:
        start, end = row["span"]
        field = titles.get(row.get("field") or "", "")
        name = " · ".join(filter(None, (row.get("principle"), row["source"])))
        place = t("result.span", start=start, end=end)
        st.html(
            f'<div class="pv-cite"><div class="pv-head">{inert(field)}</div>'
            f'<span class="pv-name">{inert(name)}</span> '
            f'<span class="pv-soft">{inert(place)}</span>'
            f'<div class="pv-quote">{inert(row.get("quote", ""))}</div></div>'
        )


def versions(result: Result) -> None:
    """Show what made the text: model, content hashes, seconds a stage, tokens."""
    rows = {"model": result.get("model", ""), **result.get("versions", {})}
    rows |= {name: f"{value:.1f} s" for name, value in result.get("timings", {}).items()}
    rows |= {f"tokens: {name}": str(value) for name, value in result.get("tokens", {}).items()}
    look.grid({name: str(value) for name, value in rows.items()})
