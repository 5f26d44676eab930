"""The benchmark's arithmetic with stand-in systems, its table, and retrieval's share of hits."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import FakeModel
from evals_samples import DRAFT, FakeRetriever, FakeRewrite, draft_rows

from evals import benchmark
from evals.retrieval import recall_at_1
from rag.errors import BadModelAnswer, NothingMeasured, OffTopic
from rag.facts.ledger import NOT_IN_TEXT
from rag.rewriting.prepare import make_draft
from rag.tools import Tools
from rag.vocabulary import Draft, DroppedFact, Lang, Ledger

GOOD = "We lost 9 of 30 requests in October. Please approve a reserve."
POOR = "This is ridiculous: 12 were lost."


def good(draft: Draft) -> benchmark.Written:
    """Write well, and tell why one fact was left out."""
    if "poem" in draft.text:
        raise OffTopic("not a working message")
    return benchmark.Written(GOOD, Ledger(kept=["9", "30", "October"]), 2.0, 10.0)


def poor(draft: Draft) -> benchmark.Written:
    """Lose and invent figures, and give up on one draft."""
    if "Case 4" in draft.text:
        return benchmark.Written("", Ledger(), 9.0, 9.0)
    lost = [DroppedFact("9", NOT_IN_TEXT["en"]), DroppedFact("30", NOT_IN_TEXT["en"])]
    return benchmark.Written(POOR, Ledger(["October"], lost, ["12"]), 6.0, 6.0)


SYSTEMS = {benchmark.OURS: good, benchmark.PLAIN: poor}


def measured() -> dict[str, Any]:
    """Return the figures over three drafts, one that only ours can write, and one refused."""
    rows = [*draft_rows(4), {"id": "off", "draft": "Write me a poem.", "kind": "offtopic"}]
    results = [{"id": row["id"], **benchmark.benchmark_row(row, SYSTEMS)} for row in rows]
    return {
        "machine": "a machine",
        "model": "a model",
        "--help, seconds": 0.1,
        "retrieval R@1": {"questions": 4, "ru": 1.0, "en": 0.75, "ru→en": 0.5, "missed": {}},
        **benchmark.totals(results),
    }


def test_both_systems_are_counted_over_the_same_drafts() -> None:
    found = measured()
    assert (found["drafts"], found["refused"]) == (5, 1)
    ours, plain = found["provodnik"], found["plain prompt"]
    assert (ours["texts"], plain["texts"]) == (3, 3)
    assert (ours["unusable answers"], plain["unusable answers"]) == (0, 1)
    assert (ours["invented facts"], plain["invented facts"]) == (0, 3)
    assert (ours["facts kept, %"], plain["facts kept, %"]) == (100.0, 33.3)
    assert (ours["figures kept, %"], plain["figures kept, %"]) == (100.0, 0.0)
    assert (ours["forbidden words"], plain["forbidden words"]) == (0, 3)
    assert ours["seconds to first text, median"] == 2.0
    assert ours["intervals"]["figures kept, %"] == [61, 100]  # Wilson, 6 of 6


def test_nothing_written_is_nothing_measured() -> None:
    with pytest.raises(NothingMeasured):
        benchmark.totals([{"id": "off", "refused": "OffTopic"}])


def test_the_table_holds_every_figure_of_both() -> None:
    lines = benchmark.table(measured()).splitlines()
    assert lines[0] == "| | Provodnik | the same model, one plain prompt |"
    assert "| invented facts | 0 | 3 |" in lines
    assert "| figures kept, % | 100.0 (61–100) | 0.0 (0–39) |" in lines
    assert all(line.count("|") == 4 for line in lines[:-2])
    for words in ("5 test drafts, 1 of them refused", "a model", "a machine", "ru→en 0.5", "0.1 s"):
        assert words in lines[-1]


def test_a_rate_of_nothing_is_a_dash_in_the_table() -> None:
    found = measured()
    found["provodnik"]["figures kept, %"] = None
    assert "| figures kept, % | – | 0.0 (0–39) |" in benchmark.table(found)


def test_the_real_systems_share_draft_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel()
    model.replies.extend([GOOD, BadModelAnswer("cut short")])
    monkeypatch.setattr(benchmark, "rewrite", FakeRewrite())
    systems = benchmark.make_systems(Tools(model, FakeRetriever()), model)
    draft = make_draft(DRAFT, "proposal", "en", "d1")
    ours = systems[benchmark.OURS](draft)
    plain, unusable = systems[benchmark.PLAIN](draft), systems[benchmark.PLAIN](draft)
    assert (ours.text, ours.first, ours.total) == (f"Calm: {DRAFT}", 1.0, 3.0)
    assert (plain.text, unusable.text) == (GOOD, "")
    assert DRAFT in model.asked[0][-1]["content"]
    assert {"9", "30"} <= set(plain.ledger.kept)
    assert unusable.ledger.kept == []


def test_the_machine_is_described() -> None:
    assert "cores" in benchmark.machine()


def test_recall_counts_the_first_passage_in_three_ways() -> None:
    rows = [
        {"id": "1", "ru": "вопрос 1", "en": "question 1", "section": "P01"},
        {"id": "2", "ru": "вопрос 2", "en": "question 2", "section": "P02", "also": ["theme"]},
    ]

    def section(query: str, lang: Lang | None) -> str:
        if query == "вопрос 1":
            return "P01" if lang == "ru" else "P09"
        return "P01" if query == "question 1" else "theme"

    found = recall_at_1(rows, FakeRetriever(section))
    assert (found["questions"], found["ru"], found["en"], found["ru→en"]) == (2, 1.0, 1.0, 0.5)
    assert found["missed"] == {"ru": [], "en": [], "ru→en": ["1"]}
