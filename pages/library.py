"""The door to the knowledge: search, sources, the user's own guidelines."""

from __future__ import annotations

import re
from typing import Any

from pages import core
from rag.errors import BadInput
from rag.paths import home
from rag.text.clean import clean_text
from rag.vocabulary import Lang, Passage


def search(query: str, lang: Lang, k: int = 6) -> list[Passage]:
    """Return the passages nearest to a query, best first."""
    return list(core.open_retriever().search(query, k, lang=lang))


def sources() -> list[Any]:
    """Return every document the index is built from."""
    from rag.index.sources import knowledge_documents, upload_documents

    return [*knowledge_documents(), *upload_documents()]


def missing_chapters(lang: str) -> dict[str, str]:
    """Return the chapters a source names but does not contain: title by id."""
    return {doc.section: doc.title for doc in sources() if doc.missing and doc.lang == lang}


def uploads() -> list[str]:
    """Return the names of the user's guidelines."""
    from rag.index.sources import upload_files

    return [path.name for path in upload_files()]


def add_upload(name: str, data: bytes) -> str:
    """Keep a guideline after reading it once, and return the name it is kept under."""
    from rag.index.sources import UPLOADS

    text, _ = core.read_upload(name, data)
    if not text.strip():
        raise BadInput(
            "The file has no text in it. A scan has to be recognised first.",
            "В файле нет текста. Скан нужно сначала распознать.",
        )
    folder = home() / UPLOADS
    folder.mkdir(exist_ok=True)
    kept = file_name(name)
    partial = folder / f".{kept}.part"
    partial.write_bytes(data)
    partial.replace(folder / kept)
    refresh_index()
    return kept


def remove_upload(name: str) -> None:
    """Forget a guideline; only names that `uploads` lists are removed."""
    from rag.index.sources import UPLOADS

    if name in uploads():
        (home() / UPLOADS / name).unlink(missing_ok=True)
        refresh_index()


def refresh_index() -> None:
    """Bring the index up to date with the uploads."""
    core.open_retriever.clear()
    core.open_retriever()


def file_name(name: str) -> str:
    """Return a file name that cannot leave its folder or hide in it."""
    base = clean_text(name).replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = base.rpartition(".")
    stem = re.sub(r"[^\w\- ]+", "_", stem).strip(" _") or "guideline"
    return f"{stem[:80]}.{suffix.lower()}" if dot else stem[:80]
