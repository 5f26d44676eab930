"""Data sets: what is read, and how a bad line is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evals_samples import write_rows

from evals.datasets import DATA, Shape, load_labelled, load_rows, spread
from rag.errors import BadInput

PAIR = {"principle": "P05", "lang": "en", "kind": "report", "good": "Calm.", "bad": "Damn!"}
RATED = {"lang": "ru", "kind": "proposal", "text": "Текст.", "scores": {"P01": "pass"}}
QUESTION = {"section": "P05", "ru": "Как писать?", "en": "How to write?"}


@pytest.mark.parametrize(
    ("shape", "row"),
    [
        ("drafts", {"draft": ""}),  # an empty draft is a case the product has to refuse itself
        ("drafts", {"draft": "Text", "kind": "offtopic", "lang": "auto", "numbers": ["5"]}),
        ("pairs", PAIR),
        ("rated", {**RATED, "draft": None, "overall": 4.5, "why": "one fault", "mine": [1]}),
        ("texts", {"lang": "en", "kind": "cascade", "text": "Text."}),
        ("questions", {**QUESTION, "also": ["planning"]}),
    ],
)
def test_a_good_row_is_kept_whole(shape: Shape, row: dict[str, Any], tmp_path: Path) -> None:
    assert load_rows(write_rows(tmp_path / "f.jsonl", [row]), shape) == [{**row, "id": "1"}]


@pytest.mark.parametrize(
    ("shape", "row", "said"),
    [
        ("pairs", {"lang": "en", "kind": "report"}, "missing: principle, good, bad"),
        ("pairs", {**PAIR, "principle": "P99"}, "principle must be P01 | P02"),
        ("pairs", {**PAIR, "good": " "}, "good must be"),
        ("pairs", {**PAIR, "kind": "offtopic"}, "kind must be cascade | proposal | report"),
        ("rated", {**RATED, "lang": "fr"}, "lang must be ru | en, not 'fr'"),
        ("rated", {**RATED, "lang": None}, "lang must be ru | en, not None"),
        ("rated", {**RATED, "scores": {"P01": "yes"}}, "scores must be"),
        ("rated", {**RATED, "overall": 6}, "overall must be 1…5, not 6"),
        ("rated", {**RATED, "draft": 5}, "draft must be"),
        ("drafts", {"draft": "Text", "numbers": [5]}, "numbers must be"),
        ("questions", {**QUESTION, "section": ["P05"]}, "section must be"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(
    shape: Shape, row: dict[str, Any], said: str, tmp_path: Path
) -> None:
    good = {"pairs": PAIR, "rated": RATED, "drafts": {"draft": "x"}, "questions": QUESTION}[shape]
    path = write_rows(tmp_path / "f.jsonl", [good, row])
    with pytest.raises(BadInput) as error:
        load_rows(path, shape)
    message = error.value.message("en")
    assert message.startswith(f"{path}, line 2: ")
    assert said in message
    assert "CONTRIBUTING.md" in message
    assert "строка 2" in error.value.message("ru")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: there are no rows"),
        (b"\n\n", "line 1: there are no rows"),
        (b'{"draft": "x"}\n{"draft": ', "line 2: not JSON"),
        (b'{"draft": "x"}\n\n["x"]\n', "line 3: not a JSON object"),
        (b'{"id": 7, "draft": "x"}\n{"id": "7", "draft": "y"}', "line 2: the id '7' occurs twice"),
        ("не юникод".encode("cp1251"), "Cannot read"),
    ],
)
def test_a_bad_file_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        load_rows(path, "drafts")
    assert said in error.value.message("en")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        load_rows(tmp_path / "none.jsonl", "drafts")


def test_texts_are_cleaned_and_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    lines = [r'{"id": "a\u001b[2J", "draft": "x\ud800y"}', '{"draft": "one\u2028two"}']
    path.write_text("\n".join(lines), "utf-8-sig")
    first, second = load_rows(path, "drafts")
    assert (first["id"], first["draft"]) == ("a", "xy")
    assert (second["id"], second["draft"]) == ("2", "one\ntwo")


@pytest.mark.parametrize(("row", "shape"), [(PAIR, "pairs"), (RATED, "rated")])
def test_labels_are_told_apart(row: dict[str, Any], shape: Shape, tmp_path: Path) -> None:
    assert load_labelled(write_rows(tmp_path / "f.jsonl", [row]))[0] == shape


def test_a_file_of_two_shapes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 2"):
        load_labelled(write_rows(tmp_path / "f.jsonl", [PAIR, RATED]))


SHAPES: dict[str, Shape] = {
    "drafts": "drafts",
    "faithful": "faithful",
    "labels": "labels",
    "pairs": "pairs",
    "rated": "rated",
    "retrieval": "questions",
    "situations": "situations",
    "units": "drafts",  # drafts, with the stretches they fall apart into
}


@pytest.mark.parametrize("path", sorted(DATA.glob("*/*.jsonl")), ids=lambda path: path.parent.name)
def test_the_product_s_own_data_is_well_formed(path: Path) -> None:
    rows = load_rows(path, SHAPES[path.parent.name])
    assert {row.get("split", path.stem) for row in rows} == {path.stem}


def test_dev_and_test_share_no_draft() -> None:
    for folder in DATA.iterdir():
        splits = [path.read_text("utf-8").splitlines() for path in folder.glob("*.jsonl")]
        drafts = [{json.loads(line).get("draft") for line in lines} - {None} for lines in splits]
        assert len(set().union(*drafts)) == sum(len(found) for found in drafts), folder.name


@pytest.mark.parametrize(
    ("size", "limit", "kept"), [(50, 5, [0, 10, 20, 30, 40]), (3, 9, [0, 1, 2])]
)
def test_a_part_is_spread_over_the_whole(size: int, limit: int, kept: list[int]) -> None:
    rows = [{"id": str(n)} for n in range(size)]
    assert [int(row["id"]) for row in spread(rows, limit)] == kept
    assert spread(rows, None) == rows
