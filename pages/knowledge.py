"""The screen "knowledge": search the guidelines, read the principles, manage the sources."""

from __future__ import annotations

import streamlit as st

from pages import core, frame, library, look
from pages.safe import highlighted, inert, plain
from pages.words import language, t
from rag.errors import ProvodnikError
from rag.knowledge.principles import Principle, load_principles
from rag.vocabulary import Passage


def show() -> None:
    """Draw the screen."""
    look.head("knowledge")
    tabs = st.tabs([t(f"knowledge.{name}_tab") for name in ("search", "principles", "sources")])
    for tab, part in zip(tabs, (search, principles, sources), strict=True):
        with tab:
            try:
                part()
            except (ProvodnikError, ImportError) as error:
                look.notice(error)


def search() -> None:
    """Search and show each passage with its source and exact place."""
    query = st.text_input(
        t("knowledge.search"),
        key="query",
        placeholder=t("knowledge.search_placeholder"),
        icon=":material/search:",
        persist_state="session",
    )
    if not query.strip():
        look.empty(t("knowledge.try"), [t(f"knowledge.try_{n}") for n in (1, 2, 3)])
        return
    with st.spinner(t("knowledge.searching")):
        found = library.search(query, language())
    missing = library.missing_chapters(language())
    for title in dict.fromkeys(missing[p.section] for p in found if p.section in missing):
        st.warning(t("knowledge.may_be_missing", title=plain(title)), icon=":material/info:")
    shown = [passage for passage in found if passage.section not in missing]
    if not shown:
        st.info(t("knowledge.nothing"))
    for passage in shown:
        _passage(passage, query)


def _passage(passage: Passage, query: str) -> None:
    place = t("result.span", start=passage.start, end=passage.end)
    group = _group(passage.group)
    words = [word for word in query.split() if len(word) > 3]
    st.html(
        f'<div class="pv-card"><span class="pv-name">{inert(passage.title)}</span> '
        f'<span class="pv-badge pv-na">{inert(group)}</span>'
        f"{highlighted(passage.text, words)}"
        f'<div class="pv-soft">{inert(passage.source)} · {inert(place)} · '
        f"{inert(t('knowledge.score', score=f'{passage.score:.2f}'))}</div></div>"
    )


_GROUPS = ("principle", "handbook", "lever", "theme", "exemplar", "upload")


def principles() -> None:
    """Show the principles, one fold each."""
    for principle in load_principles().values():
        with st.expander(plain(f"{principle.id} · {principle[language()].title}")):
            _principle(principle)


def _principle(principle: Principle) -> None:
    text = principle[language()]
    kinds = ", ".join(core.kind_title(kind, language()) for kind in principle.kinds)
    st.html(f'<div class="pv-text">{inert(text.rule)}</div>')
    look.grid(
        {
            t("knowledge.holds"): text.holds,
            t("knowledge.fails"): text.fails,
            t("knowledge.why"): text.why,
        }
    )
    good, bad = st.columns(2)
    for column, name, examples in ((good, "good", text.good), (bad, "bad", text.bad)):
        badge = "pass" if name == "good" else "fail"
        rows = "".join(f'<div class="pv-quote">{inert(example)}</div>' for example in examples)
        column.html(
            f'<span class="pv-badge pv-{badge}">{inert(t(f"knowledge.{name}"))}</span>{rows}'
        )
    look.soft(t("knowledge.kinds", kinds=kinds))


def sources() -> None:
    """Show the user's guidelines, to add and remove, and what is built in."""
    st.subheader(t("knowledge.own"), anchor=False)
    names = library.uploads()
    if not names:
        look.soft(t("knowledge.own_empty"))
    for name in names:
        label, button = st.columns([5, 1], vertical_alignment="center")
        label.html(f'<div class="pv-text">{inert(name)}</div>')
        if button.button(t("knowledge.remove"), key=f"remove_{name}", width="stretch"):
            library.remove_upload(name)
            st.session_state["knowledge_note"] = t("knowledge.removed", name=plain(name))
            st.rerun()
    _add()
    st.subheader(t("knowledge.builtin"), anchor=False)
    rows = [
        f'<div class="pv-row"><div><span class="pv-badge pv-na">{inert(_group(doc.group))}</span>'
        f"</div>"
        f'<div><span class="pv-name">{inert(doc.title)}</span> '
        f'<span class="pv-soft">{inert(doc.source)}</span></div></div>'
        for doc in library.sources()
        if doc.lang == language() and doc.group not in ("upload", "lever")
    ]
    st.html(f'<div class="pv-card">{"".join(rows)}</div>')


def _group(group: str) -> str:
    return t(f"group.{group}") if group in _GROUPS else group


def _add() -> None:
    """Read, keep and index a guideline."""
    number = st.session_state.setdefault("guideline_number", 0)
    file = st.file_uploader(t("knowledge.upload"), type=list(core.FILES), key=f"guideline_{number}")
    if file and st.button(t("knowledge.upload_button"), type="primary"):
        with st.spinner(t("knowledge.uploading")):
            name = library.add_upload(file.name, file.getvalue())
        st.session_state["guideline_number"] = number + 1
        st.session_state["knowledge_note"] = t("knowledge.uploaded", name=plain(name))
        st.rerun()
    note = st.session_state.pop("knowledge_note", "")
    if note:
        st.success(note, icon=":material/check:")


frame.screen(show)
