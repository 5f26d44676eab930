"""The Streamlit page: navigation, language, the notice about where texts go. Screens: pages/.

Run: `streamlit run app.py`. It listens on this machine only (`.streamlit/config.toml`).
"""

from __future__ import annotations

import streamlit as st

from pages import frame, look
from pages.safe import plain
from pages.words import language, t
from rag import settings

# Drawn here: an emoji or a Material icon as the tab's icon would be fetched from the internet.
_MARK = (
    '<rect width="32" height="32" rx="8" fill="#0f6b63"/>'
    '<path d="M7 22c8 0 6-12 14-12m-5-4 6 4-6 4" fill="none" stroke="#fff" stroke-width="3" '
    'stroke-linecap="round" stroke-linejoin="round"/>'
)
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{_MARK}</svg>'
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 176 32" width="176" height="32">'
    f'{_MARK}<text x="44" y="23" font-family="sans-serif" font-size="20" font-weight="600" '
    'fill="#1e2527">{name}</text></svg>'
)
_LANGUAGES = {"ru": "Русский", "en": "English"}


def main() -> None:
    """Draw the frame and run the screen that is open."""
    frame.keep_private()
    st.set_page_config(page_title=t("app.name"), page_icon=ICON, layout="wide")
    st.logo(LOGO.format(name=t("app.name")), size="large", icon_image=ICON)
    look.style()
    screen = frame.navigation()
    st.session_state["framed"] = True
    sidebar()
    screen.run()


def sidebar() -> None:
    """Show the language switch and where texts go."""
    with st.sidebar:
        st.session_state.setdefault("lang", language())
        st.segmented_control(
            t("app.language"),
            list(_LANGUAGES),
            format_func=_LANGUAGES.__getitem__,
            key="lang",
            required=True,
        )
        host = settings.endpoint_host()
        if host:
            st.warning(t("app.remote", host=plain(host)), icon=":material/cloud_upload:")
        else:
            st.caption(f":material/lock: {t('app.local')}")


main()
