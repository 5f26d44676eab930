"""The one door between the screens and `rag`'s work: model, rewriting, checking, files, feedback.

Heavy parts are imported when first asked for. Results are the JSON contract of
`rag.rewriting.result`, so a fresh result and one from the history are shown by the same code.
The model and the retriever are opened once for all sessions; tests replace `open_tools`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import streamlit as st

from pages.job import Job
from rag import settings
from rag.errors import ProvodnikError
from rag.feedback import reasons_for
from rag.history import Entry, Feedback, History, Thumb
from rag.knowledge.kinds import load_kinds
from rag.tools import Tools
from rag.vocabulary import (
    Document,
    Draft,
    JudgeMode,
    Model,
    OnEvent,
    Option,
    Progress,
    Retriever,
    TextFormat,
    Verdict,
)

FORMATS: tuple[TextFormat, ...] = ("message", "email", "document")
FILES = ("txt", "md", "docx", "pdf")
_opening = threading.Lock()


def model_name() -> str:
    """Return the name of the model the settings choose, without opening it."""
    url, chosen = settings.get("OPENAI_BASE_URL"), settings.get("PROVODNIK_MODEL")
    if url:
        return f"{chosen or 'default'} @ {settings.shown_address(url)}"
    if chosen:
        return Path(chosen).name
    from rag.model.weights import NAME

    return NAME


def open_tools(on_event: OnEvent = lambda event: None) -> Tools:
    """Return the model and the retriever, opening them where that is still to be done."""
    with _opening:
        retriever = open_retriever(on_event)
        return Tools(open_model(on_event), retriever)


@st.cache_resource(show_spinner=False)
def open_model(_on_event: OnEvent = lambda event: None) -> Model:
    """Return the model the settings choose."""
    from rag.model.catalogue import open_model as open_

    return open_(lambda done, total: _on_event(Progress("prepare", done, total)))


@st.cache_resource(show_spinner=False)
def open_retriever(_on_event: OnEvent = lambda event: None) -> Retriever:
    """Return the retriever; searching needs no language model."""
    from rag.retrieval import open_retriever as open_

    return open_(lambda done, total: _on_event(Progress("index", done, total)))


def kinds() -> list[str]:
    """Return the ids of the kinds of text."""
    return list(load_kinds())


def kind_title(kind: str, lang: str) -> str:
    """Return a kind's name for people."""
    found = load_kinds().get(kind)
    return found.title[lang] if found else kind


def field_titles(kind: str, lang: str) -> dict[str, str]:
    """Return the headings of a kind's fields by id."""
    found = load_kinds().get(kind)
    return {spec.id: spec.title[lang] for spec in found.fields} if found else {}


def make_draft(text: str, kind: str, lang: str) -> Draft:
    """Return the cleaned draft. Raises BadInput with what to do."""
    from rag.rewriting.prepare import make_draft as make

    return make(text, kind, lang)


def start_rewrite(
    draft: Draft, entry: str, text_format: TextFormat, answers: Mapping[str, str]
) -> Job:
    """Start rewriting a draft; the result goes to its entry of the history, watched or not."""

    def work(on_event: OnEvent) -> dict[str, Any]:
        from rag.rewriting.pipeline import rewrite
        from rag.rewriting.result import as_json

        try:
            tools = open_tools(on_event)
            found = rewrite(
                replace(draft, id=entry),
                tools,
                text_format=text_format,
                answers=answers,
                on_event=on_event,
            )
        except ProvodnikError as error:
            History().fail(entry, error.message(draft.lang))
            raise
        result = as_json(found)
        History().finish(entry, result)
        return result

    return Job(work)


def document_of(result: Mapping[str, Any]) -> Document:
    """Return the document a result carries."""
    known = {field.name for field in fields(Option)}

    def value(given: Any) -> Any:
        if isinstance(given, str):
            return given
        return [Option(**{k: v for k, v in row.items() if k in known}) for row in given]

    values = {name: value(given) for name, given in result["fields"].items()}
    return Document(result["kind"], result["lang"], values)


def export(result: Mapping[str, Any], suffix: str) -> bytes:
    """Return a result as the bytes of a .docx, .pdf or .md file."""
    from rag import export as files
    from rag.rewriting.rendering import blocks

    rows = blocks(document_of(result))
    if suffix == "docx":
        return files.to_docx(rows)
    if suffix == "pdf":
        return files.to_pdf(rows)
    return files.to_markdown(rows).encode()


def word_diff(old: str, new: str) -> list[tuple[str, str]]:
    """Return the pieces that lead from `old` to `new`: ("equal" | "delete" | "insert", text)."""
    from rag.export.diff import word_diff as diff

    return [(piece.what, piece.text) for piece in diff(old, new)]


def read_upload(name: str, data: bytes) -> tuple[str, list[str]]:
    """Return an uploaded file's text and what was left out of it. Raises UnreadableFile."""
    from rag.readers.read import read_bytes

    found = read_bytes(name, data)
    return found.text, list(found.dropped)


def check_text(text: str, kind: str, judge: JudgeMode) -> dict[str, Any]:
    """Return the verdicts on a text as `check --json` gives them."""
    from rag.checks.check import check
    from rag.checks.overall import overall
    from rag.rewriting.result import verdicts_json

    draft = make_draft(text, kind, "auto")
    model = None if judge == "rules" else open_tools().model
    verdicts = check(draft.text, kind=draft.kind, lang=draft.lang, model=model, mode=judge)
    return {
        "text": draft.text,
        "lang": draft.lang,
        "kind": draft.kind,
        "overall": overall(verdicts, draft.text),
        "verdicts": verdicts_json(verdicts),
    }


def overall_of(result: Mapping[str, Any]) -> int | None:
    """Return the overall score, 1–5, of a finished text, None where nothing was decided."""
    from rag.checks.overall import overall

    verdicts = {id: Verdict(id, **row) for id, row in result["verdicts"].items()}
    return overall(verdicts, result["text"])


def named(entry: Entry) -> Entry:
    """Return an entry whose result names it; one made on the command line does not by itself."""
    return replace(entry, result={**entry.result, "id": entry.id}) if entry.result else entry


def reasons(kind: str) -> list[str]:
    """Return the ids of what may be wrong with a text of a kind."""
    return reasons_for(kind)


def feedback_of(entry: str) -> Feedback | None:
    """Return what was said of an entry's text. Raises StorageUnavailable."""
    return History().feedback_of(entry)


def save_feedback(entry: str, thumb: Thumb, reasons: Sequence[str] = (), comment: str = "") -> None:
    """Keep what was said of an entry's text. Raises BadInput where the entry is gone."""
    History().save_feedback(entry, thumb, reasons, comment)


def model_prepared() -> bool:
    """Tell whether the model's file lies ready on this machine."""
    chosen = settings.get("PROVODNIK_MODEL")
    if chosen:
        return Path(chosen).expanduser().is_file()
    from rag.model.weights import SHA256
    from rag.paths import home

    return (home() / "models" / f"{SHA256[:16]}.ok").is_file()
