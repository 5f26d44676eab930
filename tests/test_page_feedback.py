"""The row under a finished text: thumbs, reasons, a comment, and what was said before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import page_samples
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages import core
from pages.words import load_words
from rag.errors import StorageUnavailable
from rag.feedback import REASONS, reasons_for
from rag.history import History

ROOT = Path(__file__).parent.parent
HOSTILE = "<img src='http://e.vil/x.png'> ![x](http://e.vil/y.png) <script>alert(1)</script>"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in the page's folder, with nothing left of another test."""
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def kept(kind: str = "proposal", **result: Any) -> str:
    """Put a finished text into the history and return its entry."""
    entry = History().save_draft(page_samples.DRAFT, lang="ru", kind=kind)
    History().finish(entry, page_samples.sample() | {"kind": kind} | result)
    return entry


@pytest.fixture
def opened() -> Open:
    """Return a way to open an entry of the history on the write screen."""

    def open_(entry: str, lang: str = "ru") -> AppTest:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        page.session_state["lang"] = lang
        page.run()
        page.switch_page("pages/history.py").run()
        page.button(key=f"open_{entry}").click().run()
        page.switch_page("pages/write.py").run()
        assert not page.exception
        return page

    return open_


def shown(page: AppTest) -> str:
    """Return the words on the page."""
    return "\n".join(str(element.value) for element in page.get("html"))


def press(page: AppTest, name: str, entry: str) -> AppTest:
    """Press a thumb or save the form."""
    page.button(key=f"{name}_{entry}").click().run()
    assert not page.exception
    return page


def test_every_reason_has_words() -> None:
    for lang in ("ru", "en"):
        words = {key for key in load_words(lang) if key.startswith("reason.")}
        assert words == {f"reason.{reason.id}" for reason in REASONS}


def test_a_thumbs_up_is_kept_at_once_and_thanked(opened: Open) -> None:
    entry = kept()
    page = opened(entry)
    assert "Спасибо" not in shown(page)
    press(page, "thumb_up", entry)
    assert "Спасибо" in shown(page)
    assert History().feedback_of(entry).thumb == "up"
    assert len(page.multiselect) == 0


def test_a_thumbs_down_asks_for_reasons_and_keeps_them(opened: Open) -> None:
    entry = kept()
    page = press(opened(entry), "thumb_down", entry)
    assert History().feedback_of(entry).thumb == "down"  # also where nothing more is said
    page.multiselect(key=f"reasons_ru_{entry}").set_value(["tone", "limits"])
    page.text_input(key=f"comment_{entry}").set_value("Без рамок никто не согласует")
    press(page, "save", entry)
    said = History().feedback_of(entry)
    assert (said.thumb, said.reasons) == ("down", ("tone", "limits"))
    assert said.comment == "Без рамок никто не согласует"
    words = shown(page)
    assert "Спасибо" in words and "Тон не тот · У вариантов нет рамок" in words
    assert len(page.multiselect) == 0


@pytest.mark.parametrize("kind", ["proposal", "report", "cascade"])
def test_only_reasons_that_fit_the_text_are_offered(opened: Open, kind: str) -> None:
    entry = kept(kind)
    page = press(opened(entry, "en"), "thumb_down", entry)
    words = load_words("en")
    offered = page.multiselect(key=f"reasons_en_{entry}").options
    assert offered == [words[f"reason.{id}"] for id in reasons_for(kind)]


def test_what_was_said_is_shown_again_and_can_be_changed(opened: Open) -> None:
    entry = kept()
    History().save_feedback(entry, "down", ["lost", "a reason of a later version"], "Где звонки?")
    page = opened(entry, "en")
    assert "You marked: Something is lost<" in shown(page)
    assert "You wrote: Где звонки?" in shown(page)
    press(page, "thumb_down", entry)
    assert page.multiselect(key=f"reasons_en_{entry}").value == ["lost"]
    assert page.text_input(key=f"comment_{entry}").value == "Где звонки?"
    page.multiselect(key=f"reasons_en_{entry}").set_value(["tone"])
    press(page, "save", entry)
    assert History().feedback_of(entry).reasons == ("tone",)
    press(page, "thumb_up", entry)
    assert (History().feedback_of(entry).thumb, History().feedback_of(entry).reasons) == ("up", ())


def test_looking_at_the_form_changes_nothing(opened: Open) -> None:
    entry = kept()
    History().save_feedback(entry, "down", ["lost"], "Где звонки?")
    before = History().feedback_of(entry)
    page = press(opened(entry), "thumb_down", entry)
    press(page, "thumb_down", entry)
    assert len(page.multiselect) == 0
    assert History().feedback_of(entry) == before


def test_the_language_may_change_while_the_form_is_open(opened: Open) -> None:
    entry = kept()
    page = press(opened(entry), "thumb_down", entry)
    page.multiselect(key=f"reasons_ru_{entry}").set_value(["tone"])
    page.session_state["lang"] = "en"
    page.run()
    page.multiselect(key=f"reasons_en_{entry}").set_value(["lost"])
    press(page, "save", entry)
    assert History().feedback_of(entry).reasons == ("lost",)


def test_a_fresh_text_can_be_rated(monkeypatch: pytest.MonkeyPatch) -> None:
    entries: list[str] = []

    def start(draft: Any, entry: str, text_format: str, answers: Any) -> Any:
        entries.append(entry)
        result = page_samples.sample() | {"id": entry}
        return page_samples.fake_start(result)(draft, entry, text_format, answers)

    monkeypatch.setattr(core, "start_rewrite", start)
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    page.session_state["lang"] = "ru"
    page.run()
    page.text_area(key="draft").set_value(page_samples.DRAFT)
    page.button(key="start").click().run()
    page.session_state["job"].wait(10)
    page.run().run()
    press(page, "thumb_up", entries[0])
    assert History().feedback_of(entries[0]).thumb == "up"


def test_a_form_opened_for_one_text_stays_with_it(opened: Open) -> None:
    first, second = kept(), kept("report")
    page = press(opened(first), "thumb_down", first)
    page.switch_page("pages/history.py").run()
    page.button(key=f"open_{second}").click().run()
    page.switch_page("pages/write.py").run()
    assert not page.exception
    assert len(page.multiselect) == 0
    assert History().feedback_of(second) is None


def test_a_hostile_comment_stays_text(opened: Open) -> None:
    entry = kept()
    page = press(opened(entry), "thumb_down", entry)
    page.text_input(key=f"comment_{entry}").set_value(f"{HOSTILE}\x1b[2J\u202e")
    press(page, "save", entry)
    assert History().feedback_of(entry).comment == HOSTILE
    for words in (shown(page), shown(opened(entry))):
        assert "&lt;script&gt;" in words
        assert "<img" not in words and "<script" not in words


def test_a_text_deleted_elsewhere_is_said_and_nothing_is_thanked(opened: Open) -> None:
    entry = kept()
    page = opened(entry)
    History().delete(entry)
    press(page, "thumb_up", entry)
    assert "уже нет в истории" in page.error[0].value
    assert "Спасибо" not in shown(page)


def test_a_form_that_could_not_be_kept_stays_open_with_its_words(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = kept()
    page = press(opened(entry), "thumb_down", entry)

    def full(*_: Any) -> None:
        raise StorageUnavailable("The disk is full.", "Диск переполнен.")

    monkeypatch.setattr(core, "save_feedback", full)
    page.text_input(key=f"comment_{entry}").set_value("Где звонки?")
    press(page, "save", entry)
    assert "Диск переполнен" in page.error[0].value
    assert page.text_input(key=f"comment_{entry}").value == "Где звонки?"


def test_a_history_that_cannot_be_read_does_not_hide_the_text(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(entry: str) -> None:
        raise StorageUnavailable("The history is locked.", "История занята.")

    monkeypatch.setattr(core, "feedback_of", locked)
    page = opened(kept())
    assert "История занята" in page.error[0].value
    assert "Прослушано 12 звонков" in shown(page)
