"""The screens and how one is run: the list `app.py` navigates by, and what guards them.

Until `st.navigation` has been called once, Streamlit takes every file of a folder named `pages`
for a page of its own and runs it without `app.py`. So the first visitor of a fresh server who
opens `/check` directly would see a bare screen; the guard hands over to `app.py` instead.

An error nobody foresaw is shown on the screen it happened on. The server's log gets its type and
place only: its message may quote the text that was worked on.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import streamlit as st
from streamlit import net_util
from streamlit.navigation.page import StreamlitPage

from pages import look
from pages.words import t

SCREENS = {
    "write": ":material/edit_note:",
    "check": ":material/fact_check:",
    "knowledge": ":material/menu_book:",
    "quality": ":material/monitoring:",
    "history": ":material/history:",
    "settings": ":material/tune:",
}
_LOG = logging.getLogger("streamlit.error_util")  # where Streamlit tells of a screen's errors


def navigation(icons: bool = True) -> StreamlitPage:
    """Declare the screens and return the one that is open."""
    return st.navigation(
        [
            st.Page(
                f"pages/{name}.py",
                title=t(f"app.{name}"),
                icon=icon if icons else None,
                default=name == "write",
            )
            for name, icon in SCREENS.items()
        ]
    )


def screen(show: Callable[[], None]) -> None:
    """Run a screen inside the frame `app.py` draws."""
    if "framed" in st.session_state:
        try:
            show()
        except Exception as error:  # Streamlit's own signals are no Exception
            unforeseen(error)
        return
    navigation(icons=False)  # without a page config an icon becomes the tab's, fetched remotely
    st.rerun()


def unforeseen(error: Exception) -> None:
    """Show an error that no screen expects, and log where it came from."""
    _LOG.error("A screen failed", exc_info=error)
    look.notice(error)


def keep_private() -> None:
    """Close what would tell others of this machine or its texts; may be called again."""
    _LOG.addFilter(_without_words)
    # Where another site knocks, Streamlit would ask a server on the internet for our address.
    net_util.get_external_ip = lambda: None


def _without_words(record: logging.LogRecord) -> bool:
    """Reduce a logged error to its type and the place it came from."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
        record.msg, record.args = f"{record.getMessage()}: {type(error).__name__} at {place}", ()
        record.exc_info = record.exc_text = None
    return True
