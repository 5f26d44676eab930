"""Every screen, run headless in both languages, with the work itself replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import page_samples
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages import core, library
from pages.words import load_words
from rag.errors import ModelUnavailable
from rag.history import History
from rag.vocabulary import Passage

ROOT = Path(__file__).parent.parent
SCREENS = ("write", "check", "knowledge", "quality", "history", "settings")
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test an empty home, the Russian page and no endpoint."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "PROVODNIK_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROVODNIK_HOME", str(tmp_path))
    monkeypatch.setenv("PROVODNIK_LANG", "ru")
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def open_screen() -> Open:
    """Return a way to open one screen of the page."""

    def open_(screen: str = "write", lang: str = "ru") -> AppTest:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        page.session_state["lang"] = lang
        page.run()
        if screen != "write":
            page.switch_page(f"pages/{screen}.py").run()
        return page

    return open_


def shown(page: AppTest) -> str:
    """Return all words on the page."""
    rows = [element.value for element in page.get("html")]
    for kind in ("markdown", "error", "warning", "info", "success", "caption", "title"):
        rows += [str(element.value) for element in getattr(page, kind)]
    return "\n".join(str(row) for row in rows)


def wait(page: AppTest) -> AppTest:
    """Run the page until the work under way has ended."""
    if "job" in page.session_state:
        page.session_state["job"].wait(10)
    return page.run().run()


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_opens_in_both_languages(open_screen: Open, screen: str, lang: str) -> None:
    page = open_screen(screen, lang)
    assert not page.exception
    assert page.title[0].value == load_words(lang)[f"{screen}.title"]


def test_the_language_switch_changes_the_page(open_screen: Open) -> None:
    page = open_screen()
    page.session_state["lang"] = "en"
    page.run()
    assert page.title[0].value == "Write"


def test_a_choice_survives_the_language_switch(open_screen: Open) -> None:
    page = open_screen()
    page.selectbox(key="write_kind").set_value("report").run()
    page.session_state["lang"] = "en"
    page.run()
    assert page.selectbox(key="write_kind").value == "report"


def rewrite(page: AppTest, text: str = page_samples.DRAFT) -> AppTest:
    """Type a draft and press the button."""
    page.text_area(key="draft").set_value(text)
    return page.button(key="start").click().run()


def test_a_draft_becomes_a_text_with_its_proof(
    open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = page_samples.fake_start(page_samples.sample())
    monkeypatch.setattr(core, "start_rewrite", start)
    page = wait(rewrite(open_screen()))
    words = shown(page)
    assert not page.exception
    assert "Прослушано 12 звонков" in words
    assert "<mark>[уточнить: оценка потерь в деньгах или сделках]</mark>" in words
    assert "Model in the test" in words
    assert "Личный вопрос" in words  # why a fact was left out
    assert "знаки 21–84" in words  # the exact place in the source
    assert "У варианта нет ни срока" in words
    assert "<del>" in words and "<ins>" in words
    assert page.text_area(key="draft").value == page_samples.DRAFT


def test_answers_go_into_the_next_run(open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    start = page_samples.fake_start(page_samples.sample())
    monkeypatch.setattr(core, "start_rewrite", start)
    page = wait(rewrite(open_screen()))
    page.text_input(key=f"answer_{page_samples.QUESTION}").set_value("1,2 млн в месяц")
    wait(page.button(key="again").click().run())
    assert start.calls[0][3] == {}
    assert start.calls[1][3] == {page_samples.QUESTION: "1,2 млн в месяц"}


def test_the_draft_is_saved_before_the_work_and_survives_its_failure(
    open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ModelUnavailable("No model. Run make setup.", "Модели нет. Выполните make setup.")
    start = page_samples.fake_start(page_samples.sample(), error=error)
    monkeypatch.setattr(core, "start_rewrite", start)
    page = wait(rewrite(open_screen()))
    assert "Модели нет" in page.error[0].value
    assert page.text_area(key="draft").value == page_samples.DRAFT
    assert [entry.draft for entry in History().list()] == [page_samples.DRAFT]


def test_an_empty_draft_is_refused_with_what_to_do(open_screen: Open) -> None:
    page = rewrite(open_screen(), "  ")
    assert "Вставьте черновик" in page.error[0].value
    assert History().list() == []


def test_an_unexpected_error_keeps_the_draft_and_says_what_to_do(
    open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = page_samples.fake_start(page_samples.sample(), error=RuntimeError("![x](http://e.vil)"))
    monkeypatch.setattr(core, "start_rewrite", start)
    page = wait(rewrite(open_screen(lang="en")))
    assert "python -m rag doctor" in page.error[0].value
    assert "![" not in page.error[0].value
    assert page.text_area(key="draft").value == page_samples.DRAFT


def test_hostile_text_stays_text(open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = "<img src='http://e.vil/x.png'> ![x](http://e.vil/y.png) <script>alert(1)</script>"
    result = page_samples.sample(text=hostile, model=hostile)
    result["questions"] = [hostile]
    result["ledger"]["kept"] = [hostile]
    result["ledger"]["dropped"] = [{"fact": hostile, "why": hostile}]
    result["citations"][0] |= {"quote": hostile, "source": hostile}
    result["verdicts"]["P10"] |= {"quote": hostile, "reason": hostile, "scorer": hostile}
    monkeypatch.setattr(core, "start_rewrite", page_samples.fake_start(result))
    page = wait(rewrite(open_screen(), f"Черновик про цену и клиентов. {hostile}"))
    words = shown(page)
    assert not page.exception
    assert "<img" not in words and "<script" not in words
    assert all("![" not in element.label for element in page.text_input)


def test_where_texts_go_is_said_plainly(open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "не покидает" in shown(open_screen())
    monkeypatch.setenv("OPENAI_BASE_URL", "https://llm.example/v1")
    words = shown(open_screen())
    assert "llm" in words and "отправляется" in words


def test_the_key_is_never_shown(open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:hidden@llm.example/v1")
    page = open_screen("settings")
    assert not page.exception
    assert "OPENAI_API_KEY" in shown(page)
    assert "sk-very-secret" not in shown(page) and "hidden" not in shown(page)


def test_check_shows_verdicts_with_their_quotes(
    open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Коллеги, сделайте уже что-нибудь с ценой!"
    verdict = {"verdict": "fail", "quote": "сделайте уже", "reason": "Упрёк.", "scorer": "rules"}
    found = {"text": text, "lang": "ru", "kind": "proposal", "overall": 2}
    monkeypatch.setattr(core, "check_text", lambda *_: found | {"verdicts": {"P05": verdict}})
    page = open_screen("check")
    page.text_area(key="check_text").set_value(text)
    page.button(key="check_start").click().run()
    words = shown(page)
    assert not page.exception
    assert "<mark>сделайте уже</mark>" in words and "Упрёк." in words and "2 из 5" in words


def test_search_shows_the_exact_place_and_a_missing_chapter(
    open_screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        Passage("1", "handbook/ru/x.md", "ru", "Планирование", 0, 12, "Планирование", "planning"),
        Passage("2", "handbook/ru/y.md", "ru", "Отчёт по формуле.", 40, 57, "Отчёт", "reports"),
    ]
    monkeypatch.setattr(library, "search", lambda *_: found)
    monkeypatch.setattr(library, "missing_chapters", lambda _: {"planning": "Планирование"})
    page = open_screen("knowledge")
    page.text_input(key="query").set_value("планирование").run()
    words = shown(page)
    assert "знаки 40–57" in words
    assert "нет текста" in page.warning[0].value
    assert "handbook/ru/x.md" not in words


def test_quality_explains_how_to_make_a_run_and_shows_one(
    open_screen: Open, tmp_path: Path
) -> None:
    assert "python -m evals run" in open_screen("quality").code[0].value
    report = {"texts": 12, "score": {"mean": 4.25}, "principles": {"P05": {"pass": 11}}}
    for name, content in (("good", json.dumps(report)), ("torn", "{")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "report.json").write_text(content, "utf-8")
    page = open_screen("quality")
    page.selectbox(key="run").set_value("torn").run()
    assert "torn" in page.warning[0].value
    page.selectbox(key="run").set_value("good").run()
    assert not page.exception
    assert "score: mean" in shown(page) and "4.25" in shown(page)
    assert page.dataframe[0].value.to_dict("records") == [{"": "P05 Ровный тон", "pass": "11"}]


def test_quality_plots_a_calibration_and_shows_hostile_cases_as_text(
    open_screen: Open, tmp_path: Path
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    item = {"pair_accuracy": 0.9, "pair_accuracy_interval": [0.7, 0.97], "pairs_decided": 20}
    report = {
        "shape": "pairs",
        "by_principle": {"P05": {"ru": item, "all": item}, hostile: {"en": item}},
        "worst": [{"id": "1", "principle": "P05", "quote": hostile}],
    }
    (tmp_path / "runs" / "pairs").mkdir(parents=True)
    (tmp_path / "runs" / "pairs" / "report.json").write_text(json.dumps(report), "utf-8")
    page = open_screen("quality")
    assert not page.exception
    plot = next(item.value for item in page.get("html") if "0.90 (0.70–0.97), n 20" in item.value)
    assert "P05 ru" in plot and hostile not in plot and "&lt;img" in plot
    assert page.dataframe[0].value["quote"][0] == hostile


def test_quality_survives_a_report_of_another_shape(open_screen: Open, tmp_path: Path) -> None:
    for name, broken in (("a", {"by_principle": [1]}), ("b", {"by_principle": {"P01": 3}})):
        (tmp_path / "runs" / name).mkdir(parents=True)
        content = json.dumps(broken | {"worst": "nothing"})
        (tmp_path / "runs" / name / "report.json").write_text(content, "utf-8")
        page = open_screen("quality")
        page.selectbox(key="run").set_value(name).run()
        assert not page.exception


def keep(text: str, result: dict[str, Any] | None = None) -> str:
    """Put a draft into the history."""
    entry = History().save_draft(text, lang="ru", kind="proposal")
    if result:
        History().finish(entry, result)
    return entry


def test_history_opens_an_entry_on_the_write_screen(open_screen: Open) -> None:
    entry = keep(page_samples.DRAFT, page_samples.sample())
    page = open_screen("history")
    page.button(key=f"open_{entry}").click().run()
    page.switch_page("pages/write.py").run()
    assert page.text_area(key="draft").value == page_samples.DRAFT
    assert "Прослушано 12 звонков" in shown(page)


def test_history_deletes_one_and_all(open_screen: Open) -> None:
    first, _ = keep("Первый черновик про цену."), keep("Второй черновик про склад.")
    page = open_screen("history")
    page.button(key=f"delete_{first}").click().run()
    assert [entry.draft for entry in History().list()] == ["Второй черновик про склад."]
    page.button(key="clear_history").click().run()
    assert History().list() == []
