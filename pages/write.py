"""The screen "write": a draft on the left, the finished text on the right.

The draft goes into the history before the work starts, and stays in the box whatever happens.
"""

from __future__ import annotations

import streamlit as st

from pages import core, feedback, frame, look, result, writing
from pages.job import Job
from pages.safe import plain
from pages.words import language, t
from rag import settings
from rag.errors import ProvodnikError
from rag.readers.leftout import left_out

POLL_SECONDS = 0.5
# Where each stage begins on the progress bar; proposing takes nearly all of the time.
_BEGINS = {
    "prepare": 0.0,
    "index": 0.0,
    "read": 0.05,
    "plan": 0.08,
    "propose": 0.1,
    "retrieve": 0.85,
    "verify": 0.92,
    "render": 0.97,
}
_LONG = {"propose": 0.75, "prepare": 0.05, "index": 0.05}


def show() -> None:
    """Draw the screen."""
    look.head("write")
    left, right = st.columns([5, 6], gap="large")
    with left:
        draft_side()
        result.questions(st.session_state.get("asked", []), on_again=writing.start)
    with right:
        result_side()
    if st.session_state.get("result"):
        result.details(st.session_state["result"], st.session_state["result_text"])


def draft_side() -> None:
    """Draw the box, the choices and the button."""
    writing.take_in()
    for message in st.session_state.pop("notes", []):
        st.info(plain(message), icon=":material/info:")
    st.text_area(
        t("write.draft"),
        key="draft",
        height=300,
        placeholder=t("write.placeholder"),
        persist_state="session",
    )
    limit = int(settings.get_number("PROVODNIK_MAX_CHARS"))
    look.soft(t("write.count", n=len(st.session_state["draft"]), limit=limit))
    choices: dict[str, dict[str, str]] = {
        "kind": look.kinds(),
        "lang": {id: t(f"lang.{id}") for id in ("auto", "ru", "en")},
        "format": {id: t(f"format.{id}") for id in core.FORMATS},
    }
    for column, (name, titles) in zip(st.columns(3), choices.items(), strict=True):
        look.choose(column, t(f"write.{name}"), titles, f"write_{name}")
    one, two = st.columns([3, 2])
    one.button(
        t("write.start"),
        type="primary",
        on_click=writing.start,
        width="stretch",
        key="start",
        disabled="job" in st.session_state,
        icon=":material/auto_fix_high:",
    )
    with two.popover(t("write.upload_button"), width="stretch", icon=":material/upload_file:"):
        _upload()


def _upload() -> None:
    """Read a file into the box, once, and say what was left out."""
    number = st.session_state.setdefault("upload_number", 0)
    file = st.file_uploader(t("write.upload"), type=list(core.FILES), key=f"upload_{number}")
    if file is None:
        return
    try:
        text, notes = core.read_upload(file.name, file.getvalue())
    except (ProvodnikError, ImportError) as error:
        look.notice(error)
        return
    st.session_state["upload_number"] = number + 1
    st.session_state["incoming"] = text
    missing = [left_out(code, language()) for code in notes]
    st.session_state["notes"] = [t("write.read", name=file.name), *missing]
    st.rerun()


def result_side() -> None:
    """Draw what there is: an error, the work under way, the finished text, or what to expect."""
    state = st.session_state
    failure = state.get("failure")
    if failure:
        st.error(t("write.failed", message=look.explain(failure)), icon=":material/error:")
        look.soft(t("write.kept_draft"))
    if "job" in state:
        progress()
    elif state.get("result"):
        result.sheet(state["result"])
        feedback.row(state["result"])
    elif not failure:
        look.empty(t("write.empty_title"), [t(f"write.empty_{n}") for n in (1, 2, 3)])
        st.button(t("write.example"), on_click=_example, key="example", icon=":material/lightbulb:")


def _example() -> None:
    st.session_state["incoming"] = t("write.example_text")


@st.fragment(run_every=POLL_SECONDS)
def progress() -> None:
    """Draw the work under way; when it ends, draw the whole page anew."""
    job: Job | None = st.session_state.get("job")
    if job is None:
        return
    over = not job.running
    job.look()
    if over:
        writing.finish(job)
        st.rerun()
    share = _BEGINS.get(job.stage, 0.5) + _LONG.get(job.stage, 0.0) * job.share
    known = job.stage if job.stage in _BEGINS else "other"
    st.progress(share, text=t(f"stage.{known}"))
    time, stop = st.columns([3, 1], vertical_alignment="center")
    with time:
        look.soft(f"{core.model_name()} · {t('write.elapsed', seconds=job.seconds)}")
    stop.button(t("write.cancel"), on_click=job.cancel, width="stretch", key="cancel")
    result.partial_fields(job.fields, st.session_state["job_draft"].kind)


frame.screen(show)
