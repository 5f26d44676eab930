"""The row under a finished text: a thumb, and after a thumbs-down what is wrong.

A thumb is kept at once, so that a reader who says no more is counted too; reasons and a comment
refine it. What was said is shown again whenever the text is.

feedback_open      the entry whose form is open
feedback_failure   why the last thumb was not kept
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages import core, look
from pages.words import language, t
from rag.errors import ProvodnikError
from rag.history import Feedback, Thumb

MAX_COMMENT = 1000
_THUMBS: Mapping[Thumb, str] = {"up": ":material/thumb_up:", "down": ":material/thumb_down:"}


def row(result: Mapping[str, Any]) -> None:
    """Show the thumbs, then the form or what was said. A text outside the history has none."""
    id, state = result.get("id"), st.session_state
    if not id:
        return
    try:
        said = core.feedback_of(id)
    except ProvodnikError as error:
        look.notice(error)
        return
    _thumbs(id, said)
    failure = state.pop("feedback_failure", None)
    if failure:
        look.notice(failure)
    if state.get("feedback_open") == id:
        _form(id, result["kind"], said)
    elif said:
        _said(result["kind"], said)


def _thumbs(id: str, said: Feedback | None) -> None:
    """Show the question and the two answers; the one given stands out."""
    with st.container(horizontal=True, vertical_alignment="center", key="feedback"):
        look.soft(t("feedback.ask"))
        for thumb, icon in _THUMBS.items():
            st.button(
                t(f"feedback.{thumb}"),
                icon=icon,
                key=f"thumb_{thumb}_{id}",
                type="secondary" if said and said.thumb == thumb else "tertiary",
                on_click=_thumb,
                args=(id, thumb, said),
            )


def _thumb(id: str, thumb: Thumb, said: Feedback | None) -> None:
    """Keep a thumb that is new; a thumbs-down opens the form, another one closes it."""
    state = st.session_state
    opened = state.pop("feedback_open", None) == id
    if said is None or said.thumb != thumb:
        _keep(id, thumb)
    if thumb == "down" and not opened:
        state["feedback_open"] = id


def _keep(id: str, thumb: Thumb, reasons: Sequence[str] = (), comment: str = "") -> bool:
    """Keep what was said and tell whether that went well."""
    try:
        core.save_feedback(id, thumb, reasons, comment)
    except ProvodnikError as error:
        st.session_state["feedback_failure"] = error
        return False
    return True


def _form(id: str, kind: str, said: Feedback | None) -> None:
    """Ask what is wrong, filled with what was said before."""
    titles = _titles(kind)
    # The browser answers with titles: a choice made in one language means nothing in the other.
    chosen, comment = f"reasons_{language()}_{id}", f"comment_{id}"
    with st.form(f"feedback_form_{id}"):
        st.multiselect(
            t("feedback.reasons"),
            list(titles),
            default=[reason for reason in titles if said and reason in said.reasons],
            format_func=titles.__getitem__,
            key=chosen,
            placeholder=t("feedback.choose"),
            select_all=False,
        )
        st.text_input(
            t("feedback.comment"),
            value=said.comment if said else "",
            max_chars=MAX_COMMENT,
            key=comment,
        )
        st.form_submit_button(
            t("feedback.save"), on_click=_save, args=(id, chosen, comment), key=f"save_{id}"
        )


def _save(id: str, chosen: str, comment: str) -> None:
    """Keep what the form says; where that fails it stays open, with every word in it."""
    state = st.session_state
    if _keep(id, "down", state[chosen], state[comment]):
        del state["feedback_open"]


def _said(kind: str, said: Feedback) -> None:
    """Thank, and show what was said."""
    look.soft(t("feedback.thanks"))
    titles = _titles(kind)
    named = [titles[reason] for reason in titles if reason in said.reasons]
    if named:
        look.soft(t("feedback.marked", reasons=" · ".join(named)))
    if said.comment:
        look.soft(t("feedback.said", comment=said.comment))


def _titles(kind: str) -> dict[str, str]:
    """Return the reasons that fit a kind of text, with their titles."""
    return {reason: t(f"reason.{reason}") for reason in core.reasons(kind)}
