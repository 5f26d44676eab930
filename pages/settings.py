"""The screen "settings": which model writes, where texts go, and every setting with its value."""

from __future__ import annotations

import streamlit as st

from pages import core, frame, look
from pages.safe import inert, plain
from pages.words import language, t
from rag import settings
from rag.paths import home

_SECRET, _ADDRESS = "OPENAI_API_KEY", "OPENAI_BASE_URL"


def show() -> None:
    """Draw the screen."""
    look.head("settings")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("settings.model"), anchor=False)
        model()
    with right:
        st.subheader(t("settings.privacy"), anchor=False)
        privacy()
    st.subheader(t("settings.table"), anchor=False)
    table()
    st.caption(t("settings.doctor"))


def model() -> None:
    """Show which model writes, where it runs, and whether it is ready."""
    host = settings.endpoint_host()
    place = t("settings.remote", host=host) if host else t("settings.local")
    look.grid({t("settings.in_use"): core.model_name(), t("settings.state"): place})
    if settings.get("OPENAI_BASE_URL"):
        st.info(t("settings.endpoint_state"), icon=":material/cloud:")
    elif core.model_prepared():
        st.success(t("settings.prepared"), icon=":material/check:")
    else:
        st.info(t("settings.not_prepared"), icon=":material/hourglass_empty:")


def privacy() -> None:
    """Say where texts are processed and kept."""
    host = settings.endpoint_host()
    if host:
        st.warning(t("settings.privacy_remote", host=plain(host)), icon=":material/cloud_upload:")
    else:
        st.html(f'<div class="pv-text">{inert(t("settings.privacy_local"))}</div>')
    look.grid({t("settings.folder"): str(home())})


def table() -> None:
    """Show every setting; of the key only whether it is set."""
    rows = "".join(
        f"<tr><td><code>{inert(setting.name)}</code></td><td>{inert(shown(setting.name))}</td>"
        f"<td>{inert(_meaning(setting))}</td></tr>"
        for setting in settings.SETTINGS
    )
    titles = "".join(f"<th>{inert(t(f'settings.{n}'))}</th>" for n in ("name", "value", "meaning"))
    st.html(f'<table class="pv-table"><tr>{titles}</tr>{rows}</table>')


def shown(name: str) -> str:
    """Return a setting's value for the screen, without what is secret in it."""
    value = settings.get(name)
    if name == _SECRET:
        return t("settings.set") if value else t("settings.unset")
    return (settings.shown_address(value) if name == _ADDRESS else value) or "—"


def _meaning(setting: settings.Setting) -> str:
    """Return what a setting does, in the language of the page where we have it."""
    from pages.words import load_words

    return load_words(language()).get(f"meaning.{setting.name}", setting.meaning)


frame.screen(show)
