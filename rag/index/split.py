"""Cut documents into passages with exact offsets: `document.text[start:end] == passage.text`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from rag.index.sources import Document
from rag.vocabulary import Passage

SIZE = 600
SETTINGS = f"recursive-{SIZE}-v1"


def split(documents: Iterable[Document]) -> list[Passage]:
    """Return the passages of all documents, with ids that depend on content alone."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=SIZE,
        chunk_overlap=0,
        add_start_index=True,
        strip_whitespace=True,
        separators=["\n\n", "\n", ". ", " ", ""],
        keep_separator="end",
    )
    passages: dict[str, Passage] = {}
    for document in documents:
        for chunk in splitter.create_documents([document.text]):
            start = int(chunk.metadata["start_index"])
            passage = _passage(document, chunk.page_content, start)
            passages[passage.id] = passage
    return list(passages.values())


def _passage(document: Document, text: str, start: int) -> Passage:
    key = f"{document.source}\0{start}\0{text}".encode()
    return Passage(
        id=hashlib.sha256(key).hexdigest()[:24],
        source=document.source,
        lang=document.lang,
        text=text,
        start=start,
        end=start + len(text),
        title=document.title,
        section=document.section,
        group="missing" if document.missing else document.group,
    )
