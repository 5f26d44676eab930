"""What is indexed: the product's knowledge and the user's uploads, as documents with exact text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag.errors import UnreadableFile
from rag.knowledge.exemplars import load_exemplars, unit_source
from rag.knowledge.handbook import load_handbook
from rag.knowledge.levers import load_levers
from rag.knowledge.principles import load_principles
from rag.paths import home
from rag.vocabulary import LANGS, Lang

UPLOADS = "uploads"


@dataclass(frozen=True)
class Document:
    """One source text. `section` is the id of its principle, chapter or theme."""

    source: str
    lang: Lang
    text: str
    title: str
    section: str
    group: str
    missing: bool = False


def knowledge_documents() -> Iterator[Document]:
    """Yield principles, handbook chapters and levers in both languages."""
    for principle in load_principles().values():
        for lang in LANGS:
            text = principle[lang]
            body = f"{text.title}. {text.rule} {text.holds} {text.fails} {text.why}"
            source = f"principles/{principle.id}_{principle.name}#{lang}"
            yield Document(source, lang, body, text.title, principle.id, "principle")
    for chapter in load_handbook():
        text_ = f"{chapter.title}\n\n{chapter.text}"
        yield Document(
            chapter.path,
            chapter.lang,
            text_,
            chapter.title,
            chapter.id,
            "handbook",
            chapter.status == "missing",
        )
    yield from _lever_documents()
    yield from _exemplar_documents()


def _lever_documents() -> Iterator[Document]:
    for theme in load_levers():
        for lang in LANGS:
            signs = "; ".join(theme.signs[lang])
            about = f"{theme.theme[lang]}. {signs}. {theme.consequence[lang]}"
            title = theme.theme[lang]
            yield Document(f"levers/{theme.id}#{lang}", lang, about, title, theme.id, "theme")
            for lever in theme.options:
                body = f"{lever.action[lang]}. {lever.value[lang]}. {'; '.join(lever.signs[lang])}"
                source = f"levers/{theme.id}/{lever.id}#{lang}"
                yield Document(source, lang, body, f"{theme.id}/{lever.id}", theme.id, "lever")


def _exemplar_documents() -> Iterator[Document]:
    """Yield every unit, which teaches roles, and every option, which teaches what it is worth."""
    for exemplar in load_exemplars():
        for n, unit in enumerate(exemplar.units):
            source = unit_source(exemplar, n)
            yield Document(source, exemplar.lang, unit.text, unit.role, exemplar.id, "unit")
            if unit.value:
                yield Document(
                    f"{source}#option", exemplar.lang, unit.calm, unit.role, exemplar.id, "measure"
                )


def upload_documents(uploads: Mapping[str, bytes] | None = None) -> Iterator[Document]:
    """Yield the user's uploaded guidelines; a file that cannot be read is skipped."""
    from rag.readers.read import read_bytes
    from rag.text.language import detect_language

    for name, data in (read_uploads() if uploads is None else uploads).items():
        try:
            text = read_bytes(name, data).text
        except UnreadableFile:
            continue
        if text.strip():
            yield Document(f"{UPLOADS}/{name}", detect_language(text), text, name, name, "upload")


def read_uploads() -> dict[str, bytes]:
    """Return the uploads of one moment, by name; one that cannot be opened is left out."""
    uploads = {}
    for path in upload_files():
        with suppress(OSError):
            uploads[path.name] = path.read_bytes()
    return uploads


def upload_files() -> list[Path]:
    """Return the uploaded files by name; a hidden one is half written or not the user's."""
    folder = home() / UPLOADS
    files = folder.glob("*") if folder.is_dir() else ()
    return sorted(path for path in files if path.is_file() and not path.name.startswith("."))


def is_removed(source: str) -> bool:
    """Tell whether a passage's source is an upload that the user has removed since."""
    folder, _, name = source.partition("/")
    return folder == UPLOADS and not (home() / UPLOADS / name).is_file()
