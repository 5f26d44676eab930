"""A run: what is counted, how it goes on after a kill, what comparison and gate say of it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from evals_samples import FakeRetriever, FakeRewrite, draft_rows, verdicts

from evals import runs, store
from evals.compare import compare_results, compare_runs
from evals.experiment import run_cases
from evals.gate import gate
from evals.measures import Counts, count, holds
from evals.report import html_report
from rag.errors import BadInput, NothingMeasured, StorageUnavailable
from rag.facts.ledger import compare_facts
from rag.tools import Tools
from rag.vocabulary import DroppedFact, VerdictValue

TOOLS = Tools(None, FakeRetriever())


def run(fake: FakeRewrite, rows: list[dict[str, Any]], patch: pytest.MonkeyPatch) -> Path:
    """Run over the rows with a stand-in rewrite and return the folder."""
    patch.setattr(runs, "rewrite", fake)
    folder = store.run_folder(rows, "rules", f"fake {id(fake)}")
    results = run_cases(rows, folder, lambda row: runs.rewrite_row(row, TOOLS))
    runs.write_reports(folder, results, "rules")
    return folder


# What is counted on one text.


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Lost 15 of 30.", "5", False),
        ("Lost 5,2 of 30.", "5", False),
        ("Grew to 1.5.", "5", False),
        ("Lost 5.", "5", True),
        ("Lost (5), kept 9.", "5", True),
        ("Lost 51.", "5", False),
        ("Lost 12 % of 30.", "12%", True),
        ("Это свой склад.", "вой", False),
        ("Поднимут вой.", "Вой", True),
        ("1 200 rub", "1\u00a0200 rub", True),
        ("anything", "", False),
    ],
)
def test_words_are_found_whole(text: str, words: str, expected: bool) -> None:
    assert holds(text, words) is expected


def test_a_fact_dropped_for_a_reason_is_not_lost() -> None:
    text = "Lost 9 of 30 requests in October."
    ledger = compare_facts("9 of 30 and 12%", text, lang="en")
    assert [item.fact for item in ledger.dropped] == ["12%"]
    ledger.dropped.append(DroppedFact("Bob", "personal data is not passed on"))
    found = count({"numbers": ["9", "12%"], "must_not": ["requests"]}, text, ledger)
    assert (found.facts_kept, found.facts_lost) == (2, 1)
    assert (found.numbers, found.numbers_kept, found.forbidden) == (2, 1, 1)
    assert found.facts_added == 1  # October is not in the draft


def test_counts_add_up() -> None:
    both = Counts(1, 3, 1, 0, 2, 1, 0) + Counts(1, 1, 0, 2, 0, 0, 1)
    assert asdict(both) == asdict(Counts(2, 4, 1, 2, 2, 1, 1))
    assert both.rates() == {"facts_kept_rate": 4 / 5, "numbers_kept_rate": 1 / 2}
    assert Counts().rates() == {"facts_kept_rate": None, "numbers_kept_rate": None}


# A run and its report.


def test_a_run_is_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = draft_rows(3)
    rows += [
        {"id": "off", "draft": "Write me a poem about spring.", "kind": "offtopic"},
        {"id": "work", "draft": "A poem of a report about our sales.", "kind": "report"},
        {"id": "more", "draft": "One more poem of a report."},
    ]
    fake = FakeRewrite(verdicts(P02="fail", P03="unscored", P13="na"))
    report = store.read_report(run(fake, rows, monkeypatch))
    assert (report["texts"], report["refused"], report["refused_wrongly"]) == (3, 3, 2)
    assert (report["unscored"], report["decided"]) == (3, 39)
    assert report["pass_rate"] == pytest.approx(36 / 39)
    assert report["principles"]["P02"]["fail"] == 3
    assert report["principles"]["P03"]["pass_rate"] is None
    assert report["numbers_kept_rate"] == 1.0
    assert report["overall_mean"] == 4.0
    assert (report["seconds_first_field_median"], report["seconds_total_median"]) == (1.0, 3.0)


def test_a_scorer_replaces_the_verdicts_of_the_rewrite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "rewrite", FakeRewrite())
    row = draft_rows(1)[0]
    found = runs.rewrite_row(row, TOOLS, lambda row, text: verdicts(P07="fail"))
    assert (found["verdicts"]["P07"]["verdict"], found["overall"]) == ("fail", 2)


def test_a_run_without_texts_measures_nothing() -> None:
    with pytest.raises(NothingMeasured):
        runs.summary([{"id": "1", "draft": "x", "off_topic": True, "refused": "OffTopic"}])


def test_a_killed_run_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, fake = draft_rows(5), FakeRewrite()
    fake.stop_after = 3
    with pytest.raises(KeyboardInterrupt):
        run(fake, rows, monkeypatch)
    [folder] = (path.parent for path in (store.home() / "runs").glob("*/rows.jsonl"))
    with pytest.raises(NothingMeasured, match="not finished"):
        store.read_report(folder)
    path = folder / "rows.jsonl"
    whole = path.read_bytes()
    torn = whole.rstrip(b"\n").rfind(b"Calm: ") + 3
    path.write_bytes(whole[:torn] + "Ж".encode()[:1])  # inside a line, inside a character

    fake.stop_after = 10**6
    assert run(fake, rows, monkeypatch) == folder
    assert fake.asked == ["d1", "d2", "d3", "d3", "d4", "d5"]
    assert [row["id"] for row in store.read_results(folder)] == ["d1", "d2", "d3", "d4", "d5"]
    assert store.read_report(folder)["texts"] == 5


def test_a_finished_run_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, fake = draft_rows(2), FakeRewrite()
    assert run(fake, rows, monkeypatch) == run(fake, rows, monkeypatch)
    assert fake.asked == ["d1", "d2"]


def test_other_drafts_judge_or_code_make_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {
        store.run_folder(draft_rows(2), "rules", "m"),
        store.run_folder(draft_rows(3), "rules", "m"),
    }
    folders.add(store.run_folder(draft_rows(2), "both", "m"))
    monkeypatch.setattr(store, "code_hash", lambda: "changed")
    folders.add(store.run_folder(draft_rows(2), "rules", "m"))
    assert len(folders) == 4


def test_a_line_separator_inside_a_text_is_no_end_of_a_row(tmp_path: Path) -> None:
    rows = [{"id": "1"}]
    run_cases(rows, tmp_path, lambda row: {"text": "one\u2028two\x85three"})
    assert store.read_results(tmp_path) == [{"id": "1", "text": "one\u2028two\x85three"}]


def test_a_full_disk_is_an_expected_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(StorageUnavailable):
        store.write_json(tmp_path / "file" / "report.json", {})


def test_runs_are_found_by_name_start_path_and_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingMeasured):
        store.find_run("latest")
    first = run(FakeRewrite(), draft_rows(2), monkeypatch)
    second = run(FakeRewrite(), draft_rows(3), monkeypatch)
    assert store.find_run(first.name) == store.find_run(first.name[:9]) == first
    assert store.find_run(str(second)) == second
    assert store.find_run("latest") in (first, second)
    for name in ("", "nothing"):
        with pytest.raises(BadInput, match=first.name):
            store.find_run(name)


# The HTML report.

HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x onerror='x()'>\"&"


def test_the_page_is_self_contained_and_shows_hostile_text_as_text() -> None:
    row = {
        "id": HOSTILE,
        "draft": HOSTILE,
        "text": HOSTILE,
        "overall": 3,
        "verdicts": {HOSTILE: {"verdict": "fail", "reason": HOSTILE, "quote": HOSTILE}},
    }
    principle = {"pass": 1, "fail": 0, "na": 0, "unscored": 0, "pass_rate_interval": [0.2, 1.0]}
    report = {"name": HOSTILE, "model": HOSTILE, "principles": {HOSTILE: principle}}
    refused = {"id": HOSTILE, "draft": HOSTILE, "refused": HOSTILE}
    page = html_report(report, [row, refused])
    tags = set(re.findall(r"<\s*/?\s*(\w+)", page))
    assert not tags & {"script", "img", "iframe", "link", "object", "a", "form"}
    assert not re.search(r"<[^>]*\s(?:src|href|on\w+)\s*=", page)
    assert "url(" not in page and "@import" not in page
    assert "Content-Security-Policy" in page
    assert page.count("&lt;script&gt;") == 13


def test_the_page_of_a_run_holds_its_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run(FakeRewrite(verdicts(P05="fail")), draft_rows(2), monkeypatch)
    page = (folder / "report.html").read_text("utf-8")
    for words in ("Calm: ", "Case 2.", "P05: why P05", "4 of 5", "Fake model"):
        assert words in page


# Comparison.


def result(id: str, draft: str = "same", **changed: VerdictValue) -> dict[str, Any]:
    """Return a row of a run with its verdicts."""
    found = {name: {"verdict": item.verdict} for name, item in verdicts(**changed).items()}
    return {"id": id, "draft": draft, "verdicts": found}


def test_runs_are_compared_draft_by_draft() -> None:
    a = [result(str(i), P05="fail", P06="na") for i in range(10)]
    b = [result(str(i), P06="na") for i in range(8)]
    b += [result("8", "other words"), {"id": "9", "draft": "same", "refused": "OffTopic"}]
    found = compare_results(a, b)
    assert found["drafts"] == 8
    calm = found["by_principle"]["P05"]
    assert (calm["pairs"], calm["pass_a"], calm["pass_b"]) == (8, 0, 8)
    assert (calm["only_a"], calm["only_b"]) == (0, 8)
    assert calm["p"] == pytest.approx(2 / 2**8)
    # Holm: the smallest of 14 p values is multiplied by 14.
    assert calm["p_holm"] == pytest.approx(14 * 2 / 2**8)
    assert not calm["different"]
    assert found["difference"] == pytest.approx(1 / 14)
    assert found["difference_interval"] == pytest.approx((1 / 14, 1 / 14))
    assert found["different"]
    assert "P06" not in found["by_principle"]
    assert found["by_principle"]["P01"]["p"] == 1.0


def test_runs_without_a_common_draft_are_refused() -> None:
    with pytest.raises(NothingMeasured):
        compare_results([result("1")], [result("1", "other words")])


def test_only_like_is_compared_with_like(monkeypatch: pytest.MonkeyPatch) -> None:
    a = run(FakeRewrite(), draft_rows(2), monkeypatch)
    b = run(FakeRewrite(verdicts(P01="fail")), draft_rows(2), monkeypatch)
    report = store.read_report(b)
    report["versions"]["prompts"] = "new"
    store.write_json(b / "report.json", report)
    found = compare_runs(a, b)
    assert found["changed"] == {"prompts": ["1", "new"]}
    assert found["by_principle"]["P01"]["only_a"] == 2
    store.write_json(b / "report.json", report | {"judge": "both"})
    with pytest.raises(NothingMeasured, match="judges"):
        compare_runs(a, b)


# The gate.

GOOD = {
    "texts": 5,
    "pass_rate": 0.95,
    "facts_added": 0,
    "refused_wrongly": 0,
    "unscored": 2,
    "decided": 60,
    "drafts_hash": "same",
    "judge": "rules",
}


@pytest.mark.parametrize(
    ("changed", "baseline", "said"),
    [
        ({}, None, []),
        ({}, {}, []),
        ({"pass_rate": 0.935}, {}, []),  # within the slack
        ({"pass_rate": 0.92}, {}, ["fell from 0.950 to 0.920"]),
        ({"pass_rate": 0.89}, None, ["0.890 is below 0.9"]),
        ({"facts_added": 1}, None, ["1 facts were invented"]),
        ({"refused_wrongly": 2}, None, ["2 working drafts were refused"]),
        ({"facts_added": 3, "pass_rate": 0.5}, {}, ["3 facts", "below", "fell"]),
    ],
)
def test_the_gate_names_each_reason(
    changed: dict[str, Any], baseline: dict[str, Any] | None, said: list[str]
) -> None:
    reasons = gate({**GOOD, **changed}, None if baseline is None else {**GOOD, **baseline})
    assert len(reasons) == len(said)
    for reason, words in zip(reasons, said, strict=True):
        assert words in reason


@pytest.mark.parametrize(
    ("changed", "baseline", "said"),
    [
        ({"pass_rate": math.nan}, None, "no pass rate"),
        ({"pass_rate": None}, None, "no pass rate"),
        ({"pass_rate": "0.99"}, None, "no pass rate"),
        ({"texts": 4}, None, "4 texts, 5 are needed"),
        ({"unscored": 16}, None, "16 verdicts are missing"),
        ({}, {"drafts_hash": "other"}, "drafts_hash"),
        ({}, {"judge": "both"}, "judge"),
        ({}, {"pass_rate": math.nan}, "no pass rate"),
    ],
)
def test_the_gate_refuses_what_measures_nothing(
    changed: dict[str, Any], baseline: dict[str, Any] | None, said: str
) -> None:
    with pytest.raises(NothingMeasured) as error:
        gate({**GOOD, **changed}, None if baseline is None else {**GOOD, **baseline})
    assert said in error.value.message("en")


def test_a_report_of_another_shape_is_not_gateable(tmp_path: Path) -> None:
    for content in ("[1, 2]", "{", json.dumps(GOOD)):
        (tmp_path / "report.json").write_text(content, "utf-8")
        with pytest.raises(NothingMeasured, match="lacks"):
            store.read_report(tmp_path)
