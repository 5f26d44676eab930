"""What the screen "write" keeps in the session, and how it changes.

draft        what stands in the box            incoming   a text on its way into the box
job          the work under way                job_draft  the Draft it works on
result       the finished JSON                 result_text  the draft it was made from
asked        questions shown, in order         failure    the last error
"""

from __future__ import annotations

import streamlit as st

from pages import core, result
from pages.job import Job
from pages.words import t
from rag.errors import ProvodnikError
from rag.history import Entry, History


def take_in() -> None:
    """Put a text from elsewhere (a file, the history, an example) into the box."""
    state = st.session_state
    state.setdefault("draft", "")
    if "incoming" in state:
        state["draft"] = state.pop("incoming")


def start() -> None:
    """Save the draft, then start the work. A callback: it runs before the page is drawn."""
    state = st.session_state
    state["failure"] = None
    try:
        draft = core.make_draft(state["draft"], state["write_kind"], state["write_lang"])
        answers = given_answers() if state.get("result_text") == state["draft"] else {}
        if not answers:
            state["asked"] = []
        entry = History().save_draft(state["draft"], lang=draft.lang, kind=draft.kind)
        state["job"] = core.start_rewrite(draft, entry, state["write_format"], answers)
    except (ProvodnikError, ImportError) as error:
        state["failure"] = error
        return
    state["job_draft"], state["result_text"] = draft, state["draft"]
    state["result"] = None


def given_answers() -> dict[str, str]:
    """Return the answers typed so far, by question."""
    state = st.session_state
    answers = {q: state.get(result.answer_key(q), "") for q in state.get("asked", [])}
    return {question: answer for question, answer in answers.items() if answer.strip()}


def finish(job: Job) -> None:
    """Move what the job leaves into the session."""
    state = st.session_state
    del state["job"]
    if job.result is not None:
        state["result"] = job.result
        state["asked"] = list(dict.fromkeys([*given_answers(), *job.result["questions"]]))
    elif job.cancelled:
        state["notes"] = [t("write.cancelled")]
    else:
        state["failure"] = job.error


def open_entry(entry: Entry) -> None:
    """Put an entry of the history on the screen."""
    state = st.session_state
    state["incoming"] = state["result_text"] = entry.draft
    state["result"], state["failure"] = entry.result, None
    state["asked"] = list(entry.result["questions"]) if entry.result else []
