"""The screen "history": every draft and its result, kept on this machine across restarts."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from pages import core, frame, look, writing
from pages.safe import inert
from pages.words import language, t
from rag.errors import ProvodnikError
from rag.history import Entry, History

SHOWN = 100
_PREVIEW = 180


def show() -> None:
    """Draw the screen."""
    look.head("history")
    try:
        entries = History().list(SHOWN)
    except ProvodnikError as error:
        look.notice(error)
        return
    if not entries:
        look.empty(t("history.none"), [t("write.empty_3")])
        if st.button(t("history.go_write"), type="primary"):
            st.switch_page("pages/write.py")
        return
    for entry in entries:
        _row(entry)
    _clear()


def _row(entry: Entry) -> None:
    with st.container(border=True):
        text, buttons = st.columns([5, 1.4], vertical_alignment="center")
        state, badge = ("done", "pass") if entry.result else ("not_done", "na")
        kind = core.kind_title(entry.kind, language())
        preview = " ".join(entry.draft.split())[:_PREVIEW]
        text.html(
            f'<div class="pv-soft">{inert(_when(entry))} · {inert(kind)} '
            f'<span class="pv-badge pv-{badge}">{inert(t(f"history.{state}"))}</span></div>'
            f'<div class="pv-text">{inert(preview)}</div>'
            f'<div class="pv-soft">{inert(entry.error)}</div>'
        )
        one, two = buttons.columns(2)
        if one.button(t("history.open"), key=f"open_{entry.id}", width="stretch"):
            writing.open_entry(core.named(entry))
            st.switch_page("pages/write.py")
        if two.button(
            "",
            icon=":material/delete:",
            help=t("history.delete"),
            key=f"delete_{entry.id}",
            width="stretch",
        ):
            History().delete(entry.id)
            st.rerun()


def _when(entry: Entry) -> str:
    """Return when an entry was made, in this machine's time."""
    return datetime.fromisoformat(entry.created).astimezone().strftime("%d.%m.%Y %H:%M")


def _clear() -> None:
    """Delete everything, after a second look."""
    with st.popover(t("history.clear"), icon=":material/delete_sweep:"):
        look.soft(t("history.clear_sure"))
        if st.button(t("history.clear_yes"), type="primary", key="clear_history"):
            History().clear()
            st.rerun()


frame.screen(show)
