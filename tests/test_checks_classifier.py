"""The trained classifier really runs here: what it reads, what it quotes, how it goes missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.datasets import DATA, load_situations, spread
from rag.checks import classifier
from rag.checks.check import check
from rag.checks.classifier import load_network, opinions
from rag.encoder.page import WINDOW, alone, read_page
from rag.encoder.weights import load_weights
from rag.errors import Unavailable
from rag.knowledge.principles import load_principles
from rag.text.sentences import split_sentences

TEXT = """Anna, in March 12 of 80 requests became contracts; I listened to 40 calls.

We lose revenue to two rivals who answer within an hour. I tried a rota, it helped on weekdays only.

1. Hire a clerk until June, 900 a month: keeps about six deals.
2. Move answers to production for two months: no cost, slower.

I recommend the clerk. Do you approve 1 or 2 by Friday?"""
HOT = TEXT.replace("I recommend the clerk.", "I am sick of begging for it, this is a disgrace!")


def test_it_has_an_opinion_on_every_principle_but_the_one_that_needs_a_draft() -> None:
    found = opinions(TEXT, "proposal")
    assert set(found) == set(load_principles()) - {"P12"}
    assert all(np.isfinite(opinion.odds) for opinion in found.values())


def test_a_quote_is_a_sentence_of_the_text() -> None:
    sentences = {unit.text for unit in split_sentences(HOT)}
    assert all(opinion.quote in sentences for opinion in opinions(HOT, "proposal").values())


def test_heat_lowers_the_odds_of_a_calm_tone_and_is_quoted() -> None:
    calm, hot = opinions(TEXT, "proposal")["P05"], opinions(HOT, "proposal")["P05"]
    assert hot.odds < 0 < calm.odds
    assert "disgrace" in hot.quote


@pytest.mark.parametrize("text", ["", " ", "?", "Да.", "слово " * 3000, "🙂" * 600, "a" * 5000])
def test_any_text_is_read(text: str) -> None:
    assert all(np.isfinite(item.odds) for item in opinions(text, "report").values())


def test_a_long_text_is_read_in_windows_the_encoder_takes() -> None:
    page = read_page("report", TEXT * 9)
    windows = list(page.windows())
    assert [token for ids, _ in windows for token in ids] == page.ids
    assert len(windows) > 2
    for ids, spans in windows:
        assert len(ids) == len(spans) <= WINDOW
        assert len(alone(ids)) <= load_weights().sizes.positions


def test_places_point_into_the_text_across_line_breaks() -> None:
    page = read_page("report", "One\n\n two  \n три")
    words = ["One\n\n two  \n три"[start:end].strip() for start, end in page.spans if end]
    assert [word for word in words if word] == ["One", "two", "три"]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_it_ranks_a_good_text_above_its_broken_twin(lang: str) -> None:
    pairs = load_situations(DATA / "situations" / "dev.jsonl")
    shown = [pair for pair in pairs if pair["lang"] == lang and pair["principle"] != "P12"]
    pairs = spread(shown, 30)
    odds = [
        [opinions(pair[side], pair["kind"])[pair["principle"]].odds for side in ("good", "bad")]
        for pair in pairs
    ]
    assert np.mean([good > bad for good, bad in odds]) >= 0.8


def test_without_its_file_the_rules_decide_and_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "PATH", tmp_path / "none.npz")
    for cached in (load_network, opinions):
        cached.cache_clear()
    with pytest.raises(Unavailable, match="make setup"):
        opinions(TEXT, "proposal")
    found = check(TEXT, kind="proposal", lang="en", draft=TEXT, mode="rules")
    assert {item.scorer for item in found.values()} <= {"rules", ""}
