"""Hostile text is only text: in the terminal, in files, in the index, in prompts, in history."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import docx
import pypdf
import pytest
from attack_checks import assert_inert, assert_inert_markdown, markdown_kinds
from attack_samples import ACTIVE, GROUPS, INSTRUCTIONS, INVISIBLE, SAMPLES, TERMINAL
from attack_samples import collection as whole_collection

from rag.command_line.io import print_json
from rag.command_line.main import main
from rag.errors import BadInput
from rag.export import to_docx, to_markdown, to_pdf
from rag.export.blocks import Block
from rag.facts.extract import extract_facts
from rag.history import History
from rag.prompts import load_prompt
from rag.readers.read import read_bytes
from rag.text.clean import clean, clean_text

DATA = Path(__file__).parent.parent / "evals" / "data"
DRAFT = "Клиенты уходят, за неделю 9 заявок из 30. Предлагаю скидку 5% до пятницы."
# Of texts nobody has tampered with, so many may be told that something was taken out of them.
MAX_FALSE_WARNINGS = 0.02
LIVING = ["👩🏽‍💻 ❤️ 🏳️‍🌈 1️⃣", "שלום עולם‏", "مرحبا می‌خواهم", "क्‍ष", "日本語 한국어"]


@pytest.fixture(scope="module")
def collection() -> dict[str, str]:
    """Return the texts of the folder that PROVODNIK_ATTACKS names."""
    found = whole_collection()
    if not found:
        pytest.skip("PROVODNIK_ATTACKS names no folder with *.jsonl")
    return found


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_clean_text_is_inert(text: str) -> None:
    cleaned = clean_text(text)
    assert_inert(cleaned)
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize("text", (TERMINAL | INVISIBLE).values(), ids=TERMINAL | INVISIBLE)
def test_what_was_hidden_is_counted(text: str) -> None:
    assert sum(clean(text).removed.values()) > 0


@pytest.mark.parametrize("text", (ACTIVE | INSTRUCTIONS).values(), ids=ACTIVE | INSTRUCTIONS)
def test_visible_text_stays_as_the_author_wrote_it(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize("text", LIVING)
def test_living_text_beside_an_attack_stays(text: str) -> None:
    for attack in (TERMINAL | INVISIBLE).values():
        assert clean_text(f"{text}\n{attack}").startswith(text)
        assert clean_text(f"{attack}\n{text}").endswith(text)


@pytest.mark.parametrize("file", ["drafts/dev.jsonl", "situations/train.jsonl"])
def test_nothing_is_removed_from_the_drafts_of_honest_authors(file: str) -> None:
    lines = (DATA / file).read_text("utf-8").splitlines()
    drafts = [json.loads(line)["draft"] for line in lines]
    warned = [draft for draft in drafts if clean(draft).removed]
    assert len(drafts) >= 40
    assert len(warned) <= MAX_FALSE_WARNINGS * len(drafts)


def _blocks(text: str) -> list[Block]:
    return [Block("heading", text), Block("paragraph", text), Block("list_item", text)]


def _assert_docx_inert(blocks: list[Block]) -> None:
    data = to_docx(blocks)
    shown = [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]
    assert shown == [clean_text(block.text) for block in blocks]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        relations = b"".join(archive.read(name) for name in names if name.endswith(".rels"))
        body = archive.read("word/document.xml")
    assert b'TargetMode="External"' not in relations
    assert not re.search(rb"<w:(fldSimple|fldChar|instrText|hyperlink|object|altChunk)\b", body)
    assert not [name for name in names if re.search(r"vba|embeddings|activeX", name)]


def _assert_export_markdown_inert(blocks: list[Block]) -> None:
    written = to_markdown(blocks)
    assert_inert(written)
    assert_inert_markdown(written)
    assert not markdown_kinds(written) & {"fence", "code_block", "table_open"}


def _assert_pdf_inert(blocks: list[Block]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(blocks)))
    root = reader.trailer["/Root"]
    assert not {"/AA", "/AcroForm", "/Names"} & set(root)
    assert isinstance(root["/OpenAction"], list)  # a place to open at, not an action
    for page in reader.pages:
        assert not {"/Annots", "/AA"} & set(page)
        page.extract_text()


def _assert_exports_inert(texts: Iterable[str]) -> None:
    blocks = [block for text in texts for block in _blocks(text)]
    _assert_docx_inert(blocks)
    _assert_pdf_inert(blocks)


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_exports_hold_no_active_content(group: dict[str, str]) -> None:
    _assert_exports_inert(group.values())


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_exported_markdown_holds_no_active_content(text: str) -> None:
    _assert_export_markdown_inert(_blocks(text))


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_hostile_text_survives_reading_facts_prompts_and_history(group: dict[str, str]) -> None:
    whole = "\n".join([DRAFT, *group.values()])
    cleaned = read_bytes("draft.txt", whole.encode("utf-8", "replace")).text
    assert_inert(cleaned)
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
@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_the_terminal_gets_no_escape_codes(
    group: dict[str, str],
    args: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = _run(args, "\n".join([DRAFT, *group.values()]), monkeypatch)
    shown = capsys.readouterr()
    assert code in (0, 1, 2)
    assert_inert(shown.out)
    assert_inert(shown.err)


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize("name", ["\x1b[31mnone", "no\udcffne\x07", "\u202enone"])
def test_names_of_files_and_queries_reach_the_terminal_clean(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rewrite", name]) == 2
    assert main(["search", f"цена {name}", "-k", "1"]) == 0
    assert main(["search", f"цена {name}", "-k", "1", "--json"]) == 0
    shown = capsys.readouterr()
    assert_inert(shown.out.encode().decode())
    assert_inert(shown.err.encode().decode())


def test_json_on_the_terminal_is_inert_and_still_the_same_data(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json(SAMPLES)
    shown = capsys.readouterr().out
    assert json.loads(shown) == SAMPLES
    assert_inert(shown)


def test_json_on_the_terminal_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "Цена 5 % — «ёж»"})
    assert "Цена 5 % — «ёж»" in capsys.readouterr().out


def test_a_whole_collection_is_cleaned_and_exported_inert(collection: dict[str, str]) -> None:
    for text in collection.values():
        cleaned = clean_text(text)
        assert_inert(cleaned)
        assert clean_text(cleaned) == cleaned
        _assert_export_markdown_inert(_blocks(text))
    _assert_exports_inert(collection.values())


def test_a_whole_collection_as_files_is_text_or_refused(collection: dict[str, str]) -> None:
    for text in collection.values():
        try:
            read_bytes("draft.txt", text.encode("utf-8", "replace"))
        except BadInput as error:
            assert error.exit_code == 2
