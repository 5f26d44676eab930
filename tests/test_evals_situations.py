"""Situations: what a row is expanded into, how a bad one is refused, and the operators."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evals_samples import write_rows

from evals.datasets import DATA, load_labelled, load_rows, load_situations
from evals.mutations import OPERATORS, mutations
from evals.situations import broken, marks, pairs_of, plain
from rag.errors import BadInput
from rag.knowledge.principles import load_principles
from rag.text.clean import clean_text
from rag.vocabulary import LANGS

Row = dict[str, Any]
GOOD = "{situation}We lost 9 of 30. {problem}Each costs us €100.\n\n{ask}May I call them?"
PLAIN = "We lost 9 of 30. Each costs us €100.\n\nMay I call them?"
ROW: Row = {
    "id": "s1",
    "lang": "en",
    "kind": "proposal",
    "draft": "lost 9 of 30!! calling them?",
    "good": GOOD,
    "breaks": {
        "P05": {"edits": [["We lost 9 of 30.", "Damn, we lost 9 of 30!"]], "note": "shouted"},
        "P01": {"text": " May I call them? We lost 9 of 30. Each costs us €100.\n"},
        "P11": {"edits": [["Each costs us €100.", "Each costs us €120."], ["\n\nMay I call", ""]]},
    },
}


# A row and its pairs.


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (GOOD, PLAIN),
        (PLAIN, PLAIN),
        ("  {ask}Which?\n", "Which?"),
        ("{ask} Which?", "Which?"),
        ("{a}{b}Which?{c}", "Which?"),
        ("Keep {A}, {a b}, {1}, { a } and {}.", "Keep {A}, {a b}, {1}, { a } and {}."),
        ("", ""),
    ],
)
def test_marks_are_no_part_of_the_text(marked: str, expected: str) -> None:
    assert plain(marked) == expected


def test_marks_name_their_stretches_by_offset() -> None:
    found = [(name, PLAIN[start:end]) for name, start, end in marks(GOOD)]
    assert found == [
        ("situation", "We lost 9 of 30. "),
        ("problem", "Each costs us €100.\n\n"),
        ("ask", "May I call them?"),
    ]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("no marks", []),
        ("Dear Ann, {ask}which?", [("frame", "Dear Ann, "), ("ask", "which?")]),
        ("\n {ask}Какой?\n", [("ask", "Какой?")]),
        ("{option}😀 one. {option}Two.", [("option", "😀 one. "), ("option", "Two.")]),
        ("{frame}{ask}Which?", [("ask", "Which?")]),
        ("{ask}Which {X}?", [("ask", "Which {X}?")]),
        ("{frame} Dear Ann, {ask}which?", [("frame", "Dear Ann, "), ("ask", "which?")]),
    ],
)
def test_offsets_fit_the_plain_text(marked: str, expected: list[tuple[str, str]]) -> None:
    text = plain(marked)
    assert [(name, text[start:end]) for name, start, end in marks(marked)] == expected


def test_a_situation_becomes_its_pairs() -> None:
    common = {"situation": "s1", "lang": "en", "kind": "proposal", "draft": ROW["draft"]}
    shouted, ordered, unasked = pairs_of(ROW)
    assert shouted == {
        "id": "s1-P05",
        "principle": "P05",
        **common,
        "good": PLAIN,
        "bad": PLAIN.replace("We lost 9 of 30.", "Damn, we lost 9 of 30!"),
        "note": "shouted",
    }
    assert ordered["bad"] == "May I call them? We lost 9 of 30. Each costs us €100."
    assert (ordered["principle"], ordered["note"]) == ("P01", "")
    assert unasked["bad"] == "We lost 9 of 30. Each costs us €120. them?"


def test_a_cut_leaves_no_hole() -> None:
    text = "One. Two. Three.\n\nFour.\n\nFive."
    found = broken(text, {"edits": [["Two.", ""], ["Four.", ""], ["Five.", ""]]})
    assert found == "One. Three."
    assert broken(text, {"edits": [["Four.\n\n", "\n\n"]]}) == "One. Two. Three.\n\nFive."


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([["Nope", "x"]], "'Nope' stands 0 times"),
        ([["we lost", "x"]], "'we lost' stands 0 times"),
        ([["{ask}May", "x"]], "stands 0 times"),
        ([["us", "x"], ["e", "x"]], r"'e' stands \d+ times"),
        ([["", "x"]], r"'' stands \d+ times"),
        ([["lost 9", "lost ten"], ["lost 9 of", "x"]], "'lost 9 of' stands 0 times"),
        ([["lost 9"]], "a change is"),
        ([["lost 9", "x", "y"]], "a change is"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edits: list[list[str]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        broken(PLAIN, {"edits": edits})
    with pytest.raises(ValueError, match=said):
        pairs_of({**ROW, "breaks": {"P05": {"edits": edits}}})


# A file of them.


def test_a_file_becomes_pairs(tmp_path: Path) -> None:
    other = {**ROW, "id": "s2", "lang": "ru", "breaks": {"P05": ROW["breaks"]["P05"]}}
    path = write_rows(tmp_path / "f.jsonl", [ROW, other])
    pairs = load_situations(path)
    assert [pair["id"] for pair in pairs] == ["s1-P05", "s1-P01", "s1-P11", "s2-P05"]
    assert pairs == pairs_of(ROW) + pairs_of(other)
    assert load_labelled(path) == ("pairs", pairs)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"breaks": {"P05": {"edits": [["Nope", "x"]]}}}, "'Nope' stands 0 times"),
        ({"breaks": {"P05": {"edits": [["lost 9"]]}}}, "a change is"),
        ({"breaks": {"P05": {"edits": [["lost 9", 5]]}}}, "a change is"),
        ({"breaks": {"P05": {"edits": None}}}, "a change is"),
        ({"breaks": {"P05": {"note": "no edits"}}}, "a change is"),
        ({"breaks": {"P05": None}}, "a change is"),
        ({"breaks": {"P05": "Damn!"}}, "a change is"),
        ({"breaks": {"P05": ["Damn!"]}}, "a change is"),
        ({"breaks": {"P99": {"text": "Damn!"}}}, "breaks must be"),
        ({"breaks": ["P05"]}, "breaks must be"),
        ({"good": " "}, "good must be"),
        ({"draft": None}, "draft must be"),
        ({"lang": "fr"}, "lang must be ru | en"),
        ({"kind": "offtopic"}, "kind must be"),
        ({"id": "s1"}, "the id 's1' occurs twice"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(changed: Row, said: str, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "f.jsonl", [ROW, {**ROW, "id": "s2", **changed}])
    for load in (load_situations, load_labelled):
        with pytest.raises(BadInput) as error:
            load(path)
        message = error.value.message("en")
        assert message.startswith(f"{path}, line 2: ")
        assert said in message
        assert "CONTRIBUTING.md" in message
        assert "строка 2" in error.value.message("ru")


@pytest.mark.parametrize("key", ["lang", "kind", "draft", "good"])
def test_a_missing_key_is_refused(key: str, tmp_path: Path) -> None:
    row = {name: value for name, value in ROW.items() if name != key}
    with pytest.raises(BadInput, match=f"line 1: these keys are missing: {key}"):
        load_labelled(write_rows(tmp_path / "f.jsonl", [row]))


def test_blank_lines_count(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    bad = {**ROW, "breaks": {"P05": {"edits": [["Nope", "x"]]}}}
    path.write_text(f"\n\n{json.dumps(bad)}\n", "utf-8")
    with pytest.raises(BadInput, match="line 3"):
        load_situations(path)


def test_broken_texts_are_cleaned_too(tmp_path: Path) -> None:
    texts = {"P05": {"text": "Damn\ud800!"}, "P06": {"edits": [["We lost", "\x1b[2JThey lost"]]}}
    path = tmp_path / "f.jsonl"
    path.write_text(json.dumps({**ROW, "breaks": texts}), "utf-8")
    for pair in load_situations(path):
        assert pair["bad"] == clean_text(pair["bad"])


@pytest.mark.parametrize(
    "change",
    [
        {"edits": []},
        {"edits": [["lost 9", "lost 9"]]},
        {"text": PLAIN},
        {"text": ""},
        {"text": None},
    ],
    ids=["no edits", "same words", "same text", "no text", "null"],
)
def test_a_break_that_breaks_nothing_is_refused(change: Row, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "f.jsonl", [{**ROW, "breaks": {"P05": change}}])
    with pytest.raises(BadInput):
        load_situations(path)


# The product's own situations. Of the test split keys are read, never a text.

SITUATIONS = DATA / "situations"
SPLITS = ("dev", "train", "test")
SHOWN = SPLITS[:2]
MIN_PAIRS = 30


def keys_of(path: Path, *names: str) -> Iterator[tuple[Any, ...]]:
    """Return these keys of every row and nothing else; of `breaks` the principles only."""
    for line in path.read_text("utf-8").split("\n"):
        if line.strip():
            row = json.loads(line)
            yield tuple(list(row[name]) if name == "breaks" else row[name] for name in names)


@pytest.mark.parametrize("split", SHOWN)
def test_every_row_expands_and_every_bad_text_differs(split: str) -> None:
    path = SITUATIONS / f"{split}.jsonl"
    rows, pairs = load_rows(path, "situations"), load_situations(path)
    assert {row["split"] for row in rows} == {split}
    assert [row["id"] for row in rows if not row["breaks"]] == []
    assert len(pairs) == sum(len(row["breaks"]) for row in rows)
    assert [pair["id"] for pair in pairs if pair["bad"].strip() in ("", pair["good"])] == []
    for side in ("good", "bad"):
        assert [pair["id"] for pair in pairs if pair[side] != clean_text(pair[side])] == []
        assert [pair["id"] for pair in pairs if "{" in pair[side]] == []


@pytest.mark.parametrize("split", SHOWN)
def test_every_principle_applies_to_the_kind_of_its_row(split: str) -> None:
    principles = load_principles()
    pairs = load_situations(SITUATIONS / f"{split}.jsonl")
    strange = [p["id"] for p in pairs if p["kind"] not in principles[p["principle"]].kinds]
    assert strange == []


@pytest.mark.parametrize("split", SHOWN)
def test_marks_cover_the_whole_text(split: str) -> None:
    for row in load_rows(SITUATIONS / f"{split}.jsonl", "situations"):
        text = plain(row["good"])
        covered = "".join(text[start:end] for _, start, end in marks(row["good"]))
        assert covered == text, row["id"]


def test_no_situation_stands_twice_or_in_two_splits() -> None:
    found = Counter(
        id for split in SPLITS for (id,) in keys_of(SITUATIONS / f"{split}.jsonl", "id")
    )
    assert [id for id, count in found.items() if count > 1] == []


def test_the_splits_hold_both_languages_and_all_kinds() -> None:
    for split in SPLITS:
        path = SITUATIONS / f"{split}.jsonl"
        rows = list(keys_of(path, "lang", "kind", "industry"))
        cells = {(lang, kind) for lang, kind, _ in rows}
        assert cells == {(lang, kind) for lang in LANGS for kind in OPERATORS}, split
        assert all(isinstance(industry, str) and industry for *_, industry in rows), split


def test_every_principle_has_pairs_enough_in_each_language() -> None:
    found: Counter[tuple[str, str]] = Counter()
    for split in SPLITS:
        for lang, principles in keys_of(SITUATIONS / f"{split}.jsonl", "lang", "breaks"):
            found.update((principle, lang) for principle in principles)
    for path in (DATA / "pairs").glob("*.jsonl"):
        found.update(keys_of(path, "principle", "lang"))
    cells = {(principle, lang): 0 for principle in load_principles() for lang in LANGS}
    few = {cell: found[cell] for cell in cells if found[cell] < MIN_PAIRS}
    assert few == {}


# Operators.

MARKED: dict[str, str] = {
    "proposal": (
        "{frame}Dear Ann, this is about our October requests.\n\n"
        "{situation}In October we lost 9 of 30 requests. "
        "{problem}Every lost request costs us about €100. {efforts}I have called all nine.\n\n"
        "{option}One: two hours of reserve a day. {option}Two: a shift on Saturday. "
        "{recommendation}I would take the first. {ask}Which of the two?"
    ),
    "report": (
        "{frame}Situation. {situation}In October we lost 9 of 30 requests. "
        "{frame}Conclusions. {conclusions}Those who wait for a day go elsewhere. "
        "{frame}Actions. {actions}Bob calls within the hour from Monday."
    ),
    "cascade": (
        "{decision}From Monday we answer within the hour. {reasons}We lost 9 of 30 requests. "
        "{value}Your answers are what clients praise most. {questions}What would you need?"
    ),
}


def stretches(kind: str, mark: str) -> list[str]:
    """Return the texts of a kind's stretches of one mark."""
    text = plain(MARKED[kind])
    return [text[start:end].strip() for name, start, end in marks(MARKED[kind]) if name == mark]


def mutated(kind: str, seed: int = 1, without: str = "") -> dict[str, str]:
    """Return the mutations of a kind's text, less the stretches of a mark."""
    pieces = MARKED[kind].split("{")
    kept = "{".join(piece for piece in pieces if not piece.startswith(f"{without}}}"))
    return mutations({"kind": kind, "good": kept}, random.Random(seed))


def test_every_operator_fits_a_text_with_all_marks() -> None:
    assert {kind: list(mutated(kind)) for kind in MARKED} == {
        "proposal": ["P01", "P02", "P03", "P09", "P11", "P15"],
        "report": ["P13", "P15"],
        "cascade": ["P14", "P15"],
    }
    principles = load_principles()
    for kind, operators in OPERATORS.items():
        assert all(kind in principles[id].kinds for id in operators)


@pytest.mark.parametrize(
    ("kind", "principle", "left_out"),
    [
        ("proposal", "P02", ["problem"]),
        ("proposal", "P09", ["efforts"]),
        ("proposal", "P11", ["ask"]),
        ("cascade", "P14", ["reasons", "value"]),
    ],
)
def test_a_stretch_is_left_out_and_nothing_else(
    kind: str, principle: str, left_out: list[str]
) -> None:
    expected = plain(MARKED[kind])
    for mark in left_out:
        for stretch in stretches(kind, mark):
            expected = expected.replace(stretch, "")
    assert mutated(kind)[principle].split() == expected.split()


def test_the_ask_comes_first_and_only_once() -> None:
    found = mutated("proposal")["P01"]
    [frame], [ask] = stretches("proposal", "frame"), stretches("proposal", "ask")
    assert found.startswith(f"{frame}\n\n{ask} In October")
    assert found.count(ask) == 1
    assert sorted(found.split()) == sorted(plain(MARKED["proposal"]).split())
    assert mutated("proposal", without="frame")["P01"].startswith(ask)


def test_one_option_is_left_and_either_may_be() -> None:
    options, left = stretches("proposal", "option"), set()
    for seed in range(20):
        found = mutated("proposal", seed)["P03"]
        [kept] = [option for option in options if option in found]
        left.add(kept)
        [gone] = [option for option in options if option != kept]
        assert found.split() == plain(MARKED["proposal"]).replace(gone, "").split()
    assert left == set(options)


def test_a_report_loses_one_part_of_its_formula_and_any_may_be() -> None:
    parts = {mark: stretches("report", mark)[0] for mark in ("situation", "conclusions", "actions")}
    lost = Counter[str]()
    for seed in range(40):
        found = mutated("report", seed)["P13"]
        [missing] = [mark for mark, part in parts.items() if part not in found]
        lost[missing] += 1
    assert lost.keys() == parts.keys()


@pytest.mark.parametrize("kind", MARKED)
def test_a_sentence_is_said_twice(kind: str) -> None:
    text, said, frames = plain(MARKED[kind]), set(), stretches(kind, "frame")
    for seed in range(30):
        found = mutated(kind, seed)["P15"]
        assert found.startswith(text)
        repeated = found.removeprefix(text).strip()
        assert text.count(repeated) == 1 and len(repeated.split()) > 5
        said.add(repeated)
    assert not said & set(frames)
    assert len(said) > 1


@pytest.mark.parametrize(
    ("kind", "without", "gone"),
    [
        ("proposal", "problem", {"P02"}),
        ("proposal", "option", {"P03"}),
        ("proposal", "efforts", {"P09"}),
        ("proposal", "ask", {"P01", "P11"}),
        ("proposal", "recommendation", set()),
        ("report", "situation", {"P13"}),
        ("report", "conclusions", {"P13"}),
        ("report", "actions", {"P13"}),
        ("cascade", "reasons", {"P14"}),
        ("cascade", "value", {"P14"}),
        ("cascade", "decision", set()),
    ],
)
def test_an_operator_fits_only_where_its_marks_are(kind: str, without: str, gone: set[str]) -> None:
    assert mutated(kind).keys() - mutated(kind, without=without).keys() == gone


def test_some_texts_fit_no_operator() -> None:
    good = {"no marks": plain(MARKED["proposal"]), "one option": "{option}Hire. {frame}Thanks."}
    for name, text in good.items():
        assert mutations({"kind": "proposal", "good": text}, random.Random(1)) == {}, name


def test_words_before_the_first_mark_stay() -> None:
    row = {"kind": "proposal", "good": f"Dear Ann, {GOOD}"}
    for text in mutations(row, random.Random(1)).values():
        assert text.startswith("Dear Ann, ")


@pytest.mark.parametrize("split", SHOWN)
def test_mutations_are_the_same_for_one_seed_and_always_break(split: str) -> None:
    rows = load_rows(SITUATIONS / f"{split}.jsonl", "situations")
    found = [mutations(row, random.Random(7)) for row in rows]
    assert found == [mutations(row, random.Random(7)) for row in rows]
    assert found != [mutations(row, random.Random(8)) for row in rows]
    for row, texts in zip(rows, found, strict=True):
        assert texts.keys() <= OPERATORS[row["kind"]].keys()
        good = plain(row["good"])
        assert [id for id, text in texts.items() if text in ("", good)] == [], row["id"]
        if "P11" in texts:
            asks = [good[a:b].strip() for mark, a, b in marks(row["good"]) if mark == "ask"]
            assert not any(ask in texts["P11"] for ask in asks), row["id"]
