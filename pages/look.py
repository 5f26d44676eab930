"""The page's look: one small style sheet and the few parts every screen uses."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages import core
from pages.safe import inert, plain
from pages.words import language, t
from rag.errors import ProvodnikError

_STYLE = """
<style>
.block-container {padding: 2.2rem 3rem 4rem; max-width: 1400px;}
section[data-testid="stSidebar"] {width: 15.5rem !important; min-width: 15.5rem !important;}
[data-testid="stMarkdownContainer"] code {font-size: .95em; font-family: monospace;}
.pv-lead {color: #59645f; margin: -0.6rem 0 0.6rem; max-width: 52rem; line-height: 1.5;}
.pv-text {white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6;}
.pv-card {background: #fff; border: 1px solid #dfe3de; border-radius: .6rem; padding: 1rem 1.2rem;}
.pv-sheet {background: #fff; border: 1px solid #dfe3de; border-radius: .6rem;
  padding: 1.3rem 1.5rem; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.65;}
.pv-soft {color: #59645f; font-size: .88rem; line-height: 1.5;}
.pv-head {color: #59645f; font-size: .8rem; font-weight: 600; margin: 0 0 .2rem;}
.pv-quote {border-left: 3px solid #b9cbc7; padding: .1rem 0 .1rem .8rem; margin: .35rem 0;
  color: #37423f; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5;}
.pv-text del {background: #fbe4e1; color: #8a2f26; border-radius: 3px;}
.pv-text ins {background: #dff1e6; color: #135c3a; border-radius: 3px;
  text-decoration: underline; text-underline-offset: 3px;}
.pv-text mark, .pv-sheet mark {background: #fdecc4; color: inherit; border-radius: 3px;
  padding: 0 .1rem;}
.pv-chip {display: inline-block; border: 1px solid #dfe3de; background: #fff; border-radius: 1rem;
  padding: .1rem .65rem; margin: 0 .3rem .35rem 0; font-size: .88rem;}
.pv-row {display: grid; grid-template-columns: 9.5rem 1fr; gap: .2rem 1rem; padding: .6rem 0;
  border-top: 1px solid #e8ebe7; line-height: 1.5;}
.pv-row:first-child {border-top: 0;}
.pv-badge {display: inline-block; font-size: .8rem; font-weight: 600; border-radius: 1rem;
  padding: .05rem .6rem; white-space: nowrap; height: fit-content;}
.pv-pass {background: #dff1e6; color: #135c3a;} .pv-fail {background: #fbe4e1; color: #8a2f26;}
.pv-na {background: #eceeeb; color: #59645f;} .pv-unscored {background: #fdf1d6; color: #74530c;}
.pv-score {font-size: 1.5rem; font-weight: 650;}
.pv-name {font-weight: 600;}
.pv-question {font-weight: 600; font-size: .92rem; line-height: 1.4; margin-top: .3rem;}
.pv-field {margin-bottom: .8rem;}
.pv-cite {padding: .4rem 0;}
.pv-table {width: 100%; border-collapse: collapse; background: #fff; line-height: 1.45;}
.pv-table th {text-align: left; color: #59645f; font-size: .8rem; font-weight: 600;}
.pv-table th, .pv-table td {border: 1px solid #e8ebe7; padding: .45rem .7rem;
  overflow-wrap: anywhere; vertical-align: top;}
.pv-empty {border: 1px dashed #cfd6d1; border-radius: .6rem; padding: 1.6rem 1.8rem;
  color: #59645f; line-height: 1.6;}
.pv-empty b {color: #1e2527; font-size: 1.05rem;}
.pv-empty ul {margin: .6rem 0 0; padding-left: 1.1rem;} .pv-empty li {margin: .3rem 0;}
</style>
"""

_COPY = """
export default function ({ parentElement, data }) {
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  button.onclick = async () => {
    await navigator.clipboard.writeText(data.text);
    button.textContent = data.done;
    setTimeout(() => { button.textContent = data.label; }, 1600);
  };
}
"""
_COPY_STYLE = """
button {font: inherit; font-size: .875rem; width: 100%; min-height: 2.5rem; color: #fff;
  cursor: pointer;
  background: #0f6b63; border: 1px solid #0f6b63; border-radius: .5rem; padding: .25rem .75rem;}
button:hover {background: #0c5851;} button:focus-visible {outline: 3px solid #9fd0ca;}
"""


def style() -> None:
    """Put the style sheet on the page."""
    st.html(_STYLE)


def head(screen: str) -> None:
    """Show a screen's title and what it is for."""
    st.title(t(f"{screen}.title"), anchor=False)
    st.html(f'<div class="pv-lead">{inert(t(f"{screen}.lead"))}</div>')


def soft(text: str) -> None:
    """Show a quiet line of text, inert."""
    st.html(f'<div class="pv-soft">{inert(text)}</div>')


def grid(rows: Mapping[str, str]) -> None:
    """Show names and their values, one a line."""
    lines = "".join(
        f'<div class="pv-row"><div class="pv-head">{inert(name)}</div>'
        f"<div>{inert(value)}</div></div>"
        for name, value in rows.items()
    )
    st.html(f'<div class="pv-card">{lines}</div>')


def choose(place: DeltaGenerator, label: str, titles: Mapping[str, str], key: str) -> None:
    """Offer ids by their titles; the choice is kept for the session under `key`."""
    place.selectbox(
        label, list(titles), format_func=titles.__getitem__, key=key, persist_state="session"
    )


def kinds() -> dict[str, str]:
    """Return the kinds to choose from, with their titles."""
    return {"auto": t("kind.auto")} | {
        kind: core.kind_title(kind, language()) for kind in core.kinds()
    }


def empty(title: str, lines: list[str]) -> None:
    """Show what will appear here once there is something."""
    items = "".join(f"<li>{inert(line)}</li>" for line in lines)
    st.html(f'<div class="pv-empty"><b>{inert(title)}</b><ul>{items}</ul></div>')


def explain(error: BaseException) -> str:
    """Return what an error tells the user, as inert Markdown."""
    if isinstance(error, ProvodnikError):
        return plain(error.message(language()))
    if isinstance(error, ImportError):
        return t("app.missing", what=plain(error.name or str(error)))
    return t("app.unexpected", what=plain(f"{type(error).__name__}: {error}"))


def notice(error: BaseException) -> None:
    """Show an error: what happened and what to do."""
    st.error(explain(error), icon=":material/error:")


def copy_button(text: str, key: str) -> None:
    """Show a button that puts `text` on the clipboard."""
    component = st.components.v2.component(
        "provodnik.copy", html="<button type='button'></button>", css=_COPY_STYLE, js=_COPY
    )
    component(key=key, data={"text": text, "label": t("result.copy"), "done": t("result.copied")})
