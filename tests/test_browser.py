"""The page in a real browser: a draft becomes a text, nothing is fetched from elsewhere.

Needs Chromium (`tests/install_browser.sh`); skipped with the reason where there is none.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import page_samples
import pytest
from serving import served

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here; run tests/install_browser.sh"),
    # Playwright's own event loop may still hold a pipe when the interpreter looks at it.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Serve the page from a fresh process on a free port; give its address."""
    environment = {**os.environ, "PROVODNIK_HOME": str(home), "PROVODNIK_LANG": "ru"}
    environment.pop("OPENAI_BASE_URL", None)
    page = str(ROOT / "tests" / "page_server.py")
    with served(
        lambda port: [sys.executable, page, str(port)],
        folder=ROOT,
        environment=environment,
        seconds=60,
    ) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the page once for the module and return its address."""
    with serving(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium once for the module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Open the page; `page.elsewhere` collects requests that leave this machine."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 1200},
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    tab = context.new_page()
    tab.elsewhere = []
    own = (address, "data:", "blob:", address.replace("http", "ws"))
    tab.on("request", lambda r: None if r.url.startswith(own) else tab.elsewhere.append(r.url))
    tab.set_default_timeout(30_000)
    tab.goto(address)
    tab.wait_for_selector("h1")
    yield tab
    context.close()


def _rewrite(page: Any, text: str) -> None:
    page.get_by_label("Черновик", exact=True).fill(text)
    page.get_by_role("button", name="Переписать").first.click()
    page.get_by_text("Пишу поля").wait_for()
    page.get_by_role("button", name="Скопировать").wait_for()


def test_a_draft_becomes_a_text_in_the_browser(page: Any, tmp_path: Path) -> None:
    _rewrite(page, page_samples.DRAFT)
    assert "Прослушано 12 звонков" in page.locator(".pv-sheet").inner_text()
    assert page.locator(".pv-sheet mark").count() == 2
    assert page.get_by_label("Черновик", exact=True).input_value() == page_samples.DRAFT
    page.get_by_role("button", name="Скопировать").click()
    page.get_by_role("button", name="Скопировано").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page_samples.TEXT
    page.screenshot(path=str(tmp_path / "write.png"))
    assert (tmp_path / "write.png").stat().st_size > 20_000
    assert page.elsewhere == []


@pytest.mark.parametrize(("name", "start"), [("DOCX", b"PK"), ("PDF", b"%PDF"), ("Markdown", b"#")])
def test_the_text_can_be_downloaded(page: Any, name: str, start: bytes) -> None:
    _rewrite(page, page_samples.DRAFT)
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    assert Path(download.value.path()).read_bytes().startswith(start)


def test_work_can_be_stopped_and_the_draft_stays(page: Any) -> None:
    page.get_by_label("Черновик", exact=True).fill(page_samples.DRAFT)
    page.get_by_role("button", name="Переписать").first.click()
    page.get_by_role("button", name="Остановить").click()
    page.get_by_text("Работа остановлена").wait_for()
    assert page.get_by_label("Черновик", exact=True).input_value() == page_samples.DRAFT


def test_every_screen_shows_in_both_languages_and_fetches_nothing(
    page: Any, tmp_path: Path
) -> None:
    titles = {
        "Русский": ("Написать", "Проверить", "Знания", "Качество", "История", "Настройки"),
        "English": ("Write", "Check", "Knowledge", "Quality", "History", "Settings"),
    }
    for language, screens in titles.items():
        page.get_by_text(language, exact=True).click()
        for screen in screens:
            page.get_by_test_id("stSidebarNav").get_by_text(screen, exact=True).click()
            page.get_by_role("heading", name=screen, exact=True).wait_for()
            assert page.get_by_test_id("stException").count() == 0
            page.screenshot(path=str(tmp_path / f"{language}-{screen}.png"))
    assert page.elsewhere == []


def test_a_deep_link_to_a_fresh_server_opens_inside_the_frame(browser: Any, tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        page = browser.new_page()
        elsewhere: list[str] = []
        page.on("request", lambda r: elsewhere.append(r.url) if "gstatic" in r.url else None)
        page.goto(f"{address}/settings")
        page.get_by_role("heading", name="Настройки", exact=True).wait_for()
        page.get_by_text("Язык страницы").first.wait_for()
        assert page.get_by_test_id("stSidebarNavLink").count() == 6
        assert elsewhere == []
        page.close()


def test_hostile_draft_shows_as_text_and_runs_nothing(page: Any) -> None:
    hostile = "Черновик про цену. <img src=x onerror='window.hit=1'> ![x](http://e.invalid/x.png)"
    _rewrite(page, hostile)
    page.get_by_text("Что изменилось").wait_for()
    assert page.evaluate("window.hit") is None
    assert page.elsewhere == []
