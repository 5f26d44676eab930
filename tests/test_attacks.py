"""Hostile text is only text: in the terminal, in files, in the index, in prompts, in history."""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
import zipfile
from pathlib import Path

import attack_samples
import docx
import pypdf
import pytest
from attack_samples import ACTIVE, ALL, INSTRUCTIONS, INVISIBLE, TERMINAL
from markdown_it import MarkdownIt

from rag.command_line.main import main
from rag.errors import BadInput
from rag.export import to_docx, to_markdown, to_pdf
from rag.export.blocks import Block
from rag.facts.extract import extract_facts
from rag.history import History
from rag.prompts import load_prompt
from rag.readers.read import read_bytes
from rag.text.clean import clean, clean_text

PUBLIC = Path(__file__).parents[2] / "shared" / "attacks"
DRAFT = "Клиенты уходят, за неделю 9 заявок из 30. Предлагаю скидку 5% до пятницы."
# Letters and emoji aside, nothing that a screen does not show, except a line's end and a tab.
UNSEEN = {"Cc", "Cs", "Cf"}
SHAPING = set("\u200c\u200d\u200e\u200f\u061c\ufe0f")


def _public() -> list[str]:
    """Return the public attack data where it stands beside the checkout."""
    files = sorted(PUBLIC.glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text("utf-8").split("\n") if line]
    return [json.loads(line)["text"] for line in lines]


def _assert_inert(text: str) -> None:
    """Assert that a clean text shows all it holds."""
    for char in set(text) - SHAPING - set("\n\t"):
        category = unicodedata.category(char)
        assert category not in UNSEEN or char in "\u06dd\u070f\u08e2", f"{char!a} in {text[:80]!a}"


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_clean_text_is_inert(text: str) -> None:
    _assert_inert(clean_text(text))


@pytest.mark.parametrize("text", (TERMINAL | INVISIBLE).values(), ids=TERMINAL | INVISIBLE)
def test_what_was_hidden_is_counted(text: str) -> None:
    assert sum(clean(text).removed.values()) > 0


@pytest.mark.parametrize("text", (ACTIVE | INSTRUCTIONS).values(), ids=ACTIVE | INSTRUCTIONS)
def test_visible_text_stays_as_the_author_wrote_it(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize("text", ["👩🏽‍💻 ❤️ 🏳️‍🌈", "שלום עולם‏", "مرحبا می‌خواهم"])
def test_living_text_beside_an_attack_stays(text: str) -> None:
    for attack in (TERMINAL | INVISIBLE).values():
        assert clean_text(f"{text}\n{attack}").startswith(text)


def _blocks(text: str) -> list[Block]:
    return [Block("heading", text), Block("paragraph", text), Block("list_item", text)]


def _assert_docx_inert(text: str) -> None:
    data = to_docx(_blocks(text))
    shown = [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]
    assert shown == [clean_text(text)] * 3
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        relations = b"".join(archive.read(name) for name in names if name.endswith(".rels"))
        body = archive.read("word/document.xml")
    assert b'TargetMode="External"' not in relations
    assert not re.search(rb"<w:(fldSimple|instrText|hyperlink|object|altChunk)\b", body)
    assert not [name for name in names if re.search(r"vba|embeddings|activeX", name)]


def _assert_markdown_inert(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(to_markdown(_blocks(text)))
    kinds = {token.type for token in tokens}
    kinds |= {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}


def _assert_pdf_inert(text: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(_blocks(text))))
    root = reader.trailer["/Root"]
    assert not {"/AA", "/AcroForm", "/Names"} & set(root)
    assert isinstance(root["/OpenAction"], list)  # a place to open at, not an action
    for page in reader.pages:
        assert not {"/Annots", "/AA"} & set(page)
        page.extract_text()


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_exports_hold_no_active_content(text: str) -> None:
    _assert_docx_inert(text)
    _assert_markdown_inert(text)
    _assert_pdf_inert(text)


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_hostile_text_survives_reading_facts_prompts_and_history(text: str) -> None:
    whole = f"{DRAFT}\n{text}"
    cleaned = read_bytes("draft.txt", whole.encode("utf-8", "replace")).text
    _assert_inert(cleaned)
    figures = [fact.value for fact in extract_facts(cleaned, "ru")]
    assert {"9", "30", "5%", "@wd5"} <= set(figures)
    history = History()
    entry = history.save_draft(cleaned, lang="ru", kind="proposal")
    assert history.get(entry).draft == cleaned
    values = dict.fromkeys(load_prompt("judge_ru").inputs, "x") | {"text": cleaned}
    last = load_prompt("judge_ru").render(**values)[-1]["content"]
    assert last.count("</text>") == 1


def _run(args: list[str], text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    data = text.encode("utf-8", "surrogatepass")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return main(args)


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize("args", [["rewrite"], ["rewrite", "--json"], ["check"]], ids=" ".join)
@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_the_terminal_gets_no_escape_codes(
    text: str, args: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = _run(args, f"{DRAFT}\n{text}", monkeypatch)
    shown = capsys.readouterr()
    assert code in (0, 1, 2)
    _assert_inert(shown.out)
    _assert_inert(shown.err)


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize("name", ["\x1b[31mnone", "no\udcffne\x07", "\u202enone"])
def test_names_of_files_and_queries_reach_the_terminal_clean(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rewrite", name]) == 2
    assert main(["search", f"цена {name}", "-k", "1"]) == 0
    assert main(["search", f"цена {name}", "-k", "1", "--json"]) == 0
    shown = capsys.readouterr()
    _assert_inert(shown.out.encode().decode())
    _assert_inert(shown.err.encode().decode())


def test_all_public_attacks_where_they_are_present() -> None:
    """Run the public data beside the checkout; without it our own samples stand for it."""
    texts = _public() or list(attack_samples.ALL.values())
    for text in texts:
        cleaned = clean_text(text)
        _assert_inert(cleaned)
        assert clean_text(cleaned) == cleaned
        _assert_markdown_inert(text)
    sample = [Block("paragraph", text) for text in texts]
    shown = docx.Document(io.BytesIO(to_docx(sample))).paragraphs
    assert [paragraph.text for paragraph in shown] == [clean_text(text) for text in texts]
    assert len(pypdf.PdfReader(io.BytesIO(to_pdf(sample))).pages) >= 1


def test_all_public_attacks_as_files_are_text_or_refused() -> None:
    for text in _public() or attack_samples.ALL.values():
        try:
            read_bytes("draft.txt", text.encode("utf-8", "replace"))
        except BadInput as error:
            assert error.exit_code == 2
