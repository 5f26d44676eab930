"""The screen "check": a text on the left, verdicts with their quotes on the right."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import core, frame, look, verdicts
from pages.safe import highlighted, inert
from pages.words import language, t
from rag.errors import ProvodnikError


def show() -> None:
    """Draw the screen."""
    look.head("check")
    left, right = st.columns([5, 6], gap="large")
    with left:
        text_side()
    with right:
        verdict_side()


def text_side() -> None:
    """Draw the box and the choices."""
    state = st.session_state
    state.setdefault("check_text", "")
    st.text_area(
        t("check.text"),
        key="check_text",
        height=330,
        placeholder=t("check.placeholder"),
        persist_state="session",
    )
    one, two = st.columns(2)
    look.choose(one, t("write.kind"), look.kinds(), "check_kind")
    judges = {id: t(f"check.{id}") for id in ("rules", "both", "model")}
    look.choose(two, t("check.judge"), judges, "check_judge")
    start, rewrite = st.columns([3, 2])
    if start.button(
        t("check.start"),
        key="check_start",
        type="primary",
        width="stretch",
        icon=":material/fact_check:",
    ):
        state["checked"] = _checked()
    if rewrite.button(t("check.to_write"), width="stretch", icon=":material/edit_note:"):
        state["incoming"] = state["check_text"]
        st.switch_page("pages/write.py")


def _checked() -> dict[str, Any] | BaseException:
    state = st.session_state
    try:
        with st.spinner(t("check.working")):
            return core.check_text(state["check_text"], state["check_kind"], state["check_judge"])
    except (ProvodnikError, ImportError) as error:
        return error


def verdict_side() -> None:
    """Draw the verdicts, the error, or what to expect."""
    found = st.session_state.get("checked")
    if found is None:
        look.empty(t("check.empty_title"), [t("check.empty")])
    elif isinstance(found, BaseException):
        look.notice(found)
    else:
        _verdicts(found)


def _verdicts(found: dict[str, Any]) -> None:
    verdicts.summary(found["overall"], found["verdicts"])
    quotes = verdicts.quotes(found["verdicts"])
    if quotes:
        title = f'<div class="pv-head">{inert(t("check.marked"))}</div>'
        st.html(title + highlighted(found["text"], quotes, "pv-card pv-text"))
    verdicts.table(found["verdicts"])
    look.soft(core.kind_title(found["kind"], language()))


frame.screen(show)
