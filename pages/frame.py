"""The screens and how one is run: the list `app.py` navigates by, and the guard of a deep link.

Until `st.navigation` has been called once, Streamlit takes every file of a folder named `pages`
for a page of its own and runs it without `app.py`. So the first visitor of a fresh server who
opens `/check` directly would see a bare screen; the guard hands over to `app.py` instead.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.words import t

SCREENS = {
    "write": ":material/edit_note:",
    "check": ":material/fact_check:",
    "knowledge": ":material/menu_book:",
    "quality": ":material/monitoring:",
    "history": ":material/history:",
    "settings": ":material/tune:",
}


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
        show()
        return
    navigation(icons=False)  # without a page config an icon becomes the tab's, fetched remotely
    st.rerun()
