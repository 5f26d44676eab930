"""Markdown, DOCX and PDF say exactly the text they were given; a diff loses no character."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import docx
import pypdf
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.errors import BadInput, StorageUnavailable
from rag.export import to_docx, to_markdown, to_pdf
from rag.export.blocks import Block
from rag.export.diff import word_diff
from rag.export.markdown import escape
from rag.export.write import check_suffix, write_blocks
from rag.text.clean import clean_text

BLOCKS = [
    Block("heading", "Предложение: цена"),
    Block("heading", "Ситуация"),
    Block(
        "paragraph",
        "За неделю 30 заявок, 9 ушли. Потеря — 1\u202f200\u202f000 ₽.\nПрослушано:\t12.",
    ),
    Block("heading", "Варианты"),
    Block("list_item", "Бесплатная доставка от 5 стоек."),
    Block("list_item", "Маркетинг меняет объявления."),
    Block("paragraph", "Прошу решить до пятницы."),
]


def test_markdown() -> None:
    assert to_markdown(BLOCKS).split("\n\n") == [
        "# Предложение: цена",
        "## Ситуация",
        "За неделю 30 заявок, 9 ушли. Потеря — 1\u202f200\u202f000 ₽.\nПрослушано:\t12.",
        "## Варианты",
        "1. Бесплатная доставка от 5 стоек.",
        "2. Маркетинг меняет объявления.",
        "Прошу решить до пятницы.\n",
    ]


LITERAL = [
    "**bold** _it_ `code` ~~no~~",
    "# heading",
    "Title\n===",
    "Title\n---",
    "- item\n+ item\n1. item\n2) item\n-\n+",
    "    four spaces",
    "<script>alert(1)</script> <!-- x -->",
    "![x](http://e.com/?q) [a](javascript:1) <http://e.com>",
    "[a]: http://e.com\n[a]",
    "&lt;b&gt; &copy; &#60;",
    "a \\ b \\* c",
    "| a | b |\n|---|---|",
    "> quote",
    "-5% и 1.5 млн, + 3",
]


@pytest.mark.parametrize("text", LITERAL)
def test_markdown_shows_literal_text(text: str) -> None:
    page = MarkdownIt("commonmark").render(escape(text))
    assert re.sub(r"<(?!/?p>|br />)[^>]*>", "!", page) == page  # paragraphs and nothing else
    shown = html.unescape(re.sub(r"<[^>]*>", "", page))
    assert shown.split() == text.split()


@hypothesis(max_examples=200)
@given(st.text(st.sampled_from("a1 \n-+=#*_`<>[]()!&;|~\\.:\t'\"")))
def test_markdown_shows_any_text(text: str) -> None:
    page = MarkdownIt("commonmark").render(escape(text))
    assert html.unescape(re.sub(r"</?p>|<br />", "", page)).split() == text.split()


def test_docx() -> None:
    document = docx.Document(io.BytesIO(to_docx(BLOCKS)))
    rows = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]
    assert [style for style, _ in rows] == [
        "Title",
        "Heading 2",
        "Normal",
        "Heading 2",
        "List Number",
        "List Number",
        "Normal",
    ]
    assert [text for _, text in rows] == [block.text for block in BLOCKS]


def test_pdf() -> None:
    text = pypdf.PdfReader(io.BytesIO(to_pdf(BLOCKS))).pages[0].extract_text()
    assert "?" not in text  # the font has a form, or a plain space, for everything here
    for block in BLOCKS:
        assert block.text.split()[-1] in text
    assert "1. Бесплатная доставка" in text
    assert "1 200 000 ₽" in text


def test_pdf_marks_what_the_font_lacks_and_breaks_what_is_too_long() -> None:
    reader = pypdf.PdfReader(io.BytesIO(to_pdf([Block("paragraph", "日 " + "щ" * 9000)])))
    text = "".join(page.extract_text() for page in reader.pages)
    assert text.startswith("?")
    assert text.count("щ") == 9000
    assert len(reader.pages) > 1


@pytest.mark.parametrize("blocks", [[], [Block("paragraph", "")], [Block("heading", "\x00")]])
def test_nothing_to_say_is_still_a_file(blocks: list[Block]) -> None:
    assert docx.Document(io.BytesIO(to_docx(blocks))) is not None
    assert len(pypdf.PdfReader(io.BytesIO(to_pdf(blocks))).pages) == 1
    assert to_markdown(blocks).endswith("\n")


@pytest.mark.parametrize(
    ("name", "start"), [("a.md", b"# \xd0"), ("a.DOCX", b"PK"), ("a.pdf", b"%PDF")]
)
def test_the_suffix_names_the_form(tmp_path: Path, name: str, start: bytes) -> None:
    write_blocks(tmp_path / name, BLOCKS)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["a.txt", "a", ".md", "a.md.exe"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    for refuse in (check_suffix, lambda path: write_blocks(path, BLOCKS)):
        with pytest.raises(BadInput, match=r"\.md, \.docx or \.pdf"):
            refuse(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="--out"):
        write_blocks(tmp_path / "none" / "a.md", BLOCKS)


def test_a_diff_by_words() -> None:
    changes = [(change.what, change.text) for change in word_diff("the old cat", "the new cat")]
    assert changes == [("equal", "the "), ("delete", "old"), ("insert", "new"), ("equal", " cat")]


@given(st.text(st.sampled_from("аб, .\n")), st.text(st.sampled_from("аб, .\n")))
def test_a_diff_loses_nothing(before: str, after: str) -> None:
    changes = word_diff(before, after)
    assert "".join(c.text for c in changes if c.what != "insert") == before
    assert "".join(c.text for c in changes if c.what != "delete") == after


@hypothesis(max_examples=30, deadline=None)
@given(st.text())
def test_any_text_can_be_written_as_docx(text: str) -> None:
    paragraph = docx.Document(io.BytesIO(to_docx([Block("paragraph", text)]))).paragraphs[0]
    assert paragraph.text == clean_text(text)
