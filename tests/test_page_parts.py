"""What the screens share: the words in two languages, inert HTML, and the worker thread."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from pages import core, library
from pages.job import Job
from pages.safe import diff_sides, highlighted, inert, plain
from pages.words import load_words
from rag import settings
from rag.settings import SETTINGS
from rag.vocabulary import FieldReady, OnEvent, Progress

PAGES = Path(__file__).parent.parent / "pages"


def test_both_languages_have_the_same_words() -> None:
    russian, english = load_words("ru"), load_words("en")
    assert russian.keys() == english.keys()
    for key, text in russian.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_every_word_the_screens_ask_for_exists() -> None:
    code = "".join(path.read_text("utf-8") for path in [*PAGES.glob("*.py"), PAGES / "../app.py"])
    asked = set(re.findall(r'\bt\("([a-z_0-9]+\.[a-z_0-9]+)"', code, re.I))
    assert len(asked) > 60
    assert asked <= load_words("ru").keys()


def test_words_of_every_choice_exist() -> None:
    words = load_words("en")
    assert {f"format.{id}" for id in core.FORMATS} <= words.keys()
    for value in ("pass", "fail", "na", "unscored"):
        assert f"verdict.{value}" in words
    assert {f"meaning.{setting.name}" for setting in SETTINGS} <= words.keys()


def test_russian_words_are_russian() -> None:
    latin = [text for text in load_words("ru").values() if not re.search("[а-яё]", text, re.I)]
    assert latin == []


@pytest.mark.parametrize(
    "text",
    ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "a & b < c", "</div><h1>x"],
)
def test_html_of_others_stays_text(text: str) -> None:
    for html in (inert(text), highlighted(text, ["a"]), *diff_sides([("insert", text)])):
        assert not re.search(r"<(?!/?(?:div|mark|ins|del)[ >])", html)


@pytest.mark.parametrize(
    "text", ["![a](https://evil.example/x.png)", "[a](https://evil.example)", "**b**", "# h", "$x$"]
)
def test_markdown_of_others_stays_text(text: str) -> None:
    shown = plain(text)
    assert re.sub(r"\\(.)", r"\1", shown) == text
    assert not re.search(r"(?<!\\)[\[\]()*#$!]", shown)


def test_code_in_a_message_stays_code_and_a_lone_backtick_opens_none() -> None:
    assert plain("run `python -m rag doctor`.") == "run `python -m rag doctor`\\."
    assert "`" not in plain("a ` b ![x](y)")


def test_highlighting_marks_each_place_once_and_keeps_the_text() -> None:
    html = highlighted("один два три", ["два", "два три", "нет такого"])
    assert html.count("<mark>") == 1
    assert "<mark>два три</mark>" in html


def test_highlighting_marks_every_place_of_a_quote() -> None:
    assert highlighted("[a] и [a]", ["[a]"]).count("<mark>[a]</mark>") == 2


def test_diff_shows_each_side_of_a_change() -> None:
    old, new = diff_sides([("equal", "цена "), ("delete", "говно"), ("insert", "выше на 7%")])
    assert "<del>говно</del>" in old and "7%" not in old
    assert "<ins>выше на 7%</ins>" in new and "говно" not in new


def test_a_job_reports_what_it_does_and_keeps_its_result() -> None:
    def work(on_event: OnEvent) -> dict[str, str]:
        on_event(Progress("propose", 1, 4))
        on_event(FieldReady("situation", "30 заявок"))
        return {"text": "готово"}

    job = Job(work)
    job.wait(5)
    job.look()
    assert (job.stage, job.share) == ("propose", 0.25)
    assert job.fields == {"situation": "30 заявок"}
    assert job.result == {"text": "готово"} and job.error is None


def test_a_cancelled_job_stops_at_its_next_event_even_inside_a_fallback() -> None:
    def slow(on_event: OnEvent) -> dict[str, str]:
        for _ in range(1000):
            time.sleep(0.005)
            try:
                on_event(Progress("propose"))
            except Exception:  # a fallback of the pipeline must not swallow a cancel
                continue
        return {}

    job = Job(slow)
    job.cancel()
    job.wait(5)
    assert not job.running and job.cancelled and job.result is None


def test_an_address_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:secret@llm.example/v1")
    assert settings.endpoint_host() == "llm.example"
    assert "secret" not in core.model_name()
    assert settings.shown_address("https://me:secret@llm.example/v1") == "https://…@llm.example/v1"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:8080/v1", "http://localhost:11434/v1"])
def test_an_endpoint_on_this_machine_sends_nothing_away(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert settings.endpoint_host() == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.TXT", "boot.txt"),
        (".hidden.md", "hidden.md"),
        ("Регламент продаж.docx", "Регламент продаж.docx"),
        ("<img>.txt", "img.txt"),
    ],
)
def test_an_upload_cannot_leave_its_folder(given: str, kept: str) -> None:
    assert library.file_name(given) == kept
