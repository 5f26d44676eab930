"""Any text at all goes through cleaning, files, index and history, and what is harmless stays.

Ten thousand texts run under `chaos`, a few in every run.
"""

from __future__ import annotations

import html
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import docx
import pypdf
import pytest
from conftest import WordEmbedder
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.export import to_docx, to_markdown, to_pdf
from rag.export.blocks import Block
from rag.export.markdown import escape
from rag.history import History
from rag.index import store
from rag.index.sources import Document
from rag.index.split import split
from rag.retrieval import HybridRetriever
from rag.text.clean import clean_text

PLAIN = "Клиенты уходят из-за цены: за неделю 9 заявок из 30."  # an index needs a word
# Each stays as it is, whatever stands on the lines around it.
HARMLESS = [
    "👩🏽‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🏴‍☠️ ❤️‍🔥 🧑🏿‍🤝‍🧑🏻 👁️‍🗨️ 🐦‍⬛ 🏃🏽‍♀️‍➡️",
    "1️⃣ #️⃣ ☎️ ™️ ↔️ ㊗️ 🇷🇺 ⛓️‍💥",
    "שָׁלוֹם עולם‏ \u200fאבג",
    "مرحبا بكم، می‌خواهم ۳۰ درخواست؛ ـلله",
    "क्‍ष हिन्दी ক্‌ষ தமிழ்",
    "Олёг й ё — «№ 5» 12\u202f500 ₽ 3\u00a0% …",
    "日本語が 한국어 ภาษาไทย Việt ẹ́",
]
TROUBLE = [
    *("\x1b[31m", "\x1b]0;", "\x1bP", "\x1b_x\x1b\\", "\udfff\ud83d", "\u0301" * 5, "\r\n"),
    *"\ud800\x00\x07\x9b\x90\u202e\u202c\u2066\u2069\u200b\u200c\u200d\u200f\u061c\ufeff\u00ad",
    *"\ufe0f\ufe0e\u20e3\U000e0041\U000e0100\ufffe\ufdd0\U0001ffff\u0338\u0e33\u3164",
    *"\u2028\u2029\x85\r\t\x0b\x0c\u1680\u3000\u00a0\\`|=",
    *("{nb}", "**", "__", "<b>", "&#0;", "]]>", "1.", "- "),
]
ANY = st.lists(
    st.sampled_from(TROUBLE)
    | st.text(st.characters(), max_size=6)
    | st.sampled_from(["слово", "30"]),
    max_size=6,
).map("".join)
CASES = st.lists(st.tuples(ANY, st.sampled_from(HARMLESS), ANY), min_size=40, max_size=40)


def _assert_clean(dirty: str, harmless: str) -> str:
    text = clean_text(dirty)
    assert clean_text(text) == text
    assert unicodedata.is_normalized("NFC", text)
    kinds = {unicodedata.category(char) for char in text if char not in "\n\t"}
    assert not kinds & {"Cs", "Cc"}
    assert unicodedata.normalize("NFC", harmless) in text.split("\n")
    return text


def _assert_markdown(text: str) -> None:
    page = MarkdownIt("commonmark").render(escape(text))
    assert html.unescape(re.sub(r"</?p>|<br />", "", page)).split() == text.split()


def _cleaned(batches: int) -> list[str]:
    """Make batches of texts, clean them, and return them."""
    seen: list[str] = []

    @hypothesis(
        max_examples=batches,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(CASES)
    def go(cases: list[tuple[str, str, str]]) -> None:
        for before, harmless, after in cases:
            text = _assert_clean(f"{before}\n{harmless}\n{after}", harmless)
            _assert_markdown(text)
            seen.append(text)

    go()
    return seen


def _assert_exported(texts: Sequence[str]) -> None:
    kinds = ("heading", "paragraph", "list_item")
    blocks = [Block(kinds[number % 3], text) for number, text in enumerate(texts)]
    written = docx.Document(io.BytesIO(to_docx(blocks))).paragraphs
    assert [paragraph.text for paragraph in written] == list(texts)
    assert to_markdown(blocks).count("\n\n") >= len(blocks) - 1
    pages = pypdf.PdfReader(io.BytesIO(to_pdf(blocks))).pages
    figures = sum(text.count("30") for text in texts)
    assert sum(page.extract_text().count("30") for page in pages) >= figures


def _documents(texts: Sequence[str]) -> list[Document]:
    return [Document(str(n), "ru", text, "", "", "upload") for n, text in enumerate(texts)]


def _assert_indexed(texts: Sequence[str], words: WordEmbedder, folder: Path) -> None:
    passages = split(_documents(texts))
    for passage in passages:
        assert texts[int(passage.source)][passage.start : passage.end] == passage.text
    joined = "".join("".join(passage.text for passage in passages).split())
    assert joined == "".join("".join(texts).split())
    store.write(folder, passages, words.embed_passages([passage.text for passage in passages]))
    found, vectors = store.read(folder)
    assert {passage.id: passage for passage in found} == {p.id: p for p in passages}
    retriever = HybridRetriever(found, vectors, words)
    for text in texts[:20]:
        assert retriever.search(text)


def _assert_remembered(texts: Sequence[str], folder: Path) -> None:
    kept = History(folder / "history.sqlite3")
    ids = [kept.save_draft(text, lang="ru", kind="proposal") for text in texts]
    kept.finish(ids[-1], {"texts": list(texts)})
    entries = kept.list(len(texts))
    assert [entry.draft for entry in reversed(entries)] == list(texts)
    assert entries[0].result == {"texts": list(texts)}
    kept.clear()


def _through_everything(batches: int, words: WordEmbedder, folder: Path) -> None:
    """Send `batches` of forty texts through all that texts go through."""
    texts = _cleaned(batches)
    assert len(texts) >= batches * 40
    for start in range(0, len(texts), 250):
        _assert_exported(texts[start : start + 250])
        _assert_remembered(texts[start : start + 250], folder)
    _assert_indexed([PLAIN, *texts], words, folder / "index")


def test_any_text_goes_through_everything(words: WordEmbedder, tmp_path: Path) -> None:
    _through_everything(2, words, tmp_path)


@pytest.mark.chaos
def test_ten_thousand_texts_go_through_everything(words: WordEmbedder, tmp_path: Path) -> None:
    _through_everything(250, words, tmp_path)
