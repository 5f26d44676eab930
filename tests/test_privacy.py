"""Nothing leaves the machine unasked, nothing is kept where it should not be, sessions never mix.

The slow half runs real commands and the real page in processes of their own, watched from inside
(`privacy_guard.py`): what they reach, write, start and log. Words that occur nowhere else, the
canaries, stand in the draft, the guideline, the key, the endpoint's password and the answers.
"""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import docx
import page_samples
import pytest
import streamlit as st
from conftest import FakeModel
from evals_samples import write_rows
from privacy_guard import ANSWER, answer
from privacy_watch import ROOT, Watched
from standin import StandIn
from streamlit.testing.v1 import AppTest
from test_browser import CHROMIUM, browser  # noqa: F401  (a fixture)

from evals.datasets import DATA
from pages import core, frame, library
from pages.words import load_words
from rag import paths, settings
from rag.errors import BadInput, ModelUnavailable
from rag.history import History
from rag.settings import endpoint_host, shown_address

SCREENS = tuple(frame.SCREENS)
DRAFT, GUIDELINE, KEY = "CANARYDRAFTx3k8", "CANARYRULEm5t1", "sk-CANARYKEYz9v4"
USER, PASSWORD, QUERY = "CANARYUSERp6b3", "CANARYPASSn1h7", "CANARYQUERYc4j2"
PROMPT = "Ты строгий редактор деловых писем"  # how the judge's prompt begins
TEXT = (
    f"Олег, клиенты уходят из-за цены на {DRAFT}. За неделю было 30 заявок, 9 ушли к конкурентам. "
    "Предлагаю бесплатную доставку от 5 стоек до 1 июня, или пусть маркетинг поменяет объявления. "
    "Прошу согласовать до пятницы."
)
WORDS = load_words("en")
posix = pytest.mark.skipif(os.name != "posix", reason="file rights are those of POSIX")


# Where texts go, and how an address is shown


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("", ""),
        ("http://127.0.0.1:8080/v1", ""),
        ("http://127.1.2.3/v1", ""),
        ("http://localhost:11434/v1", ""),
        ("http://LocalHost/v1", ""),
        ("http://[::1]:80/v1", ""),
        ("https://llm.example/v1", "llm.example"),
        ("https://me:secret@llm.example/v1", "llm.example"),
        ("https://127.0.0.1@llm.example/v1", "llm.example"),
        ("https://localhost.llm.example/v1", "localhost.llm.example"),
        ("http://10.0.0.5/v1", "10.0.0.5"),
        ("http://0.0.0.0/v1", "0.0.0.0"),
        ("me:secret@llm.example/v1", "llm.example"),
        ("llm.example/v1", "llm.example"),
        ("http://[::1/v1", "OPENAI_BASE_URL"),
        ("http://", "OPENAI_BASE_URL"),
    ],
)
def test_the_host_texts_are_sent_to_is_told(
    url: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert endpoint_host() == host


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://llm.example:8443/v1", "https://llm.example:8443/v1"),
        ("https://me:secret@llm.example/v1", "https://…@llm.example/v1"),
        ("https://secret@llm.example", "https://…@llm.example"),
        ("https://llm.example/v1?key=secret", "https://llm.example/v1?…"),
        ("https://llm.example/v1#secret", "https://llm.example/v1?…"),
        ("https://me:a@secret@llm.example/v1", "https://…@llm.example/v1"),
        ("https://me:se/cret@llm.example/v1", "…"),
        ("https://me:secret?@llm.example/v1", "…"),
        ("https://me:secret#x@llm.example/v1", "…"),
        ("me:secret@llm.example/v1", "…@llm.example/v1"),
        ("http://[secret/v1", "…"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(
    url: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown_address(url) == shown
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert "secret" not in core.model_name()


def test_a_file_of_settings_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes("OPENAI_API_KEY=ключ\n".encode("cp1251"))
    with pytest.raises(BadInput, match=r"Cannot read the settings in .*\.env") as caught:
        settings.get("OPENAI_API_KEY")
    assert "UTF-8" in caught.value.message("ru")


# What the page says and shows


Open = Callable[..., AppTest]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return a way to open a session of the page on a screen."""
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()

    def open_(screen: str = "write", lang: str = "ru") -> AppTest:
        page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        page.session_state["lang"] = lang
        page.run()
        return page if screen == "write" else page.switch_page(f"pages/{screen}.py").run()

    yield open_
    st.cache_resource.clear()


def everything(page: AppTest) -> str:
    """Return all that a session was sent, and all that it keeps."""

    def protos(node: Any) -> Iterator[str]:
        yield str(getattr(node, "proto", None))
        for child in getattr(node, "children", {}).values():
            yield from protos(child)

    return "\n".join([*protos(page._tree), repr(page.session_state)])


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_page_says_whether_texts_leave_and_to_which_host(
    opened: Open, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = (load_words(lang)[f"app.{name}"] for name in ("local", "remote"))
    assert any(stays in item.value for item in opened(lang=lang).sidebar.caption)
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://{USER}:{PASSWORD}@llm.example/v1?k={QUERY}")
    assert opened(lang=lang).sidebar.warning[0].value == goes.format(host=r"llm\.example")


@pytest.mark.parametrize("screen", SCREENS)
def test_no_screen_shows_a_key_or_a_password(
    opened: Open, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://{USER}:{PASSWORD}@llm.example/v1?k={QUERY}")
    shown = everything(opened(screen))
    assert load_words("ru")[f"{screen}.title"] in shown
    assert not [word for word in (KEY, USER, PASSWORD, QUERY) if word in shown]


def test_an_error_nobody_foresaw_is_shown_to_its_session_and_not_quoted_in_the_log(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(f"could not read {DRAFT}")

    monkeypatch.setattr(core, "check_text", fail)
    page, other = opened("check"), opened("check")
    page.text_area(key="check_text").set_value("Текст про цену.")
    page.button(key="check_start").click().run()
    other.run()
    assert "python -m rag doctor" in page.error[0].value and DRAFT in page.error[0].value
    assert DRAFT not in everything(other)
    assert "ValueError at" in caplog.text and "test_privacy.py:" in caplog.text
    assert DRAFT not in caplog.text


def test_an_error_of_a_button_is_not_quoted_in_the_log(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(f"could not read {DRAFT}")

    monkeypatch.setattr(core, "make_draft", fail)
    page = opened()
    page.text_area(key="draft").set_value("Черновик про цену.")
    page.button(key="start").click().run()
    assert "ValueError at" in caplog.text
    assert DRAFT not in caplog.text


# Two sessions


class Pair:
    """Two sessions with a canary each, that must never see the other's."""

    def __init__(self, opened: Open) -> None:
        self.pages = {name: opened() for name in ("CANARYONEk2m6", "CANARYTWOh8s3")}
        self.canaries = list(self.pages)

    def each(self, act: Callable[[AppTest, str], Any]) -> None:
        """Let both sessions act, one after the other, and look at both after each act."""
        for canary, page in self.pages.items():
            act(page, canary)
            self.apart()

    def apart(self) -> None:
        """Draw both anew and assert that neither holds the other's canary."""
        for (_, page), other in zip(self.pages.items(), reversed(self.canaries), strict=True):
            assert not page.run().exception
            assert other not in everything(page)


@pytest.fixture
def pair(opened: Open) -> Pair:
    """Return two sessions of the page."""
    return Pair(opened)


def start(page: AppTest, canary: str) -> None:
    """Type a draft with the canary and start the work."""
    page.text_area(key="draft").set_value(TEXT.replace(DRAFT, canary))
    page.button(key="start").click().run()


def wait(page: AppTest, canary: str) -> None:
    """Wait for the work and draw what came of it."""
    if "job" in page.session_state:
        page.session_state["job"].wait(60)
    page.run().run()


def quoting(canary_of: Callable[[str], str]) -> Any:
    """Return a stand-in for the rewriting whose every part quotes the draft's canary."""

    def start_rewrite(draft: Any, entry: str, text_format: str, answers: Any) -> Any:
        canary = canary_of(draft.text)
        result = page_samples.sample(f"{page_samples.TEXT} {canary}") | {"id": entry}
        result["questions"] = [f"Сколько стоит {canary}?"]
        result["ledger"]["kept"] = [canary]
        result["citations"][0]["quote"] = canary
        return page_samples.fake_start(result)(draft, entry, text_format, answers)

    return start_rewrite


@pytest.fixture
def quoted(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Return two sessions whose finished texts stand on the screen."""
    found = quoting(lambda text: next(word for word in pair.canaries if word in text))
    monkeypatch.setattr(core, "start_rewrite", found)
    pair.each(start)
    pair.each(wait)
    for canary, page in pair.pages.items():
        assert everything(page).count(canary) > 5
    return pair


def test_sessions_share_neither_drafts_nor_texts_nor_questions(quoted: Pair) -> None:
    def answered(page: AppTest, canary: str) -> None:
        page.text_input(key=f"answer_Сколько стоит {canary}?").set_value(f"{canary} млн").run()
        page.button(key="again").click().run()
        wait(page, canary)

    quoted.each(answered)


def test_sessions_share_no_feedback_form(quoted: Pair) -> None:
    def rated(page: AppTest, canary: str) -> None:
        entry = page.session_state["result"]["id"]
        page.button(key=f"thumb_down_{entry}").click().run()
        page.text_input(key=f"comment_{entry}").set_value(f"Плохо: {canary}").run()

    quoted.each(rated)
    for canary, page in quoted.pages.items():
        assert len(page.multiselect) == 1
        entry = page.session_state["result"]["id"]
        page.text_input(key=f"comment_{entry}").set_value(f"Плохо: {canary}")
        page.button(key=f"save_{entry}").click().run()
        assert canary in History().feedback_of(entry).comment
    quoted.apart()


def test_sessions_share_no_upload(pair: Pair) -> None:
    def uploaded(page: AppTest, canary: str) -> None:
        data = TEXT.replace(DRAFT, canary).encode()
        page.file_uploader[0].set_value((f"{canary}.txt", data, "text/plain")).run()
        page.run()
        assert canary in page.text_area(key="draft").value

    pair.each(uploaded)


def test_sessions_share_no_error(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(draft: Any, entry: str, text_format: str, answers: Any) -> Any:
        error = ModelUnavailable(f"No model for {draft.text}")
        fake = page_samples.fake_start(page_samples.sample(), error=error)
        return fake(draft, entry, text_format, answers)

    monkeypatch.setattr(core, "start_rewrite", failing)
    pair.each(start)
    pair.each(wait)
    for canary, page in pair.pages.items():
        assert any(canary in item.value for item in page.error)


def test_sessions_share_neither_searches_nor_checks(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "search", lambda *_: [])

    def searched(page: AppTest, canary: str) -> None:
        page.switch_page("pages/knowledge.py").run()
        page.text_input(key="query").set_value(canary).run()

    def checked(page: AppTest, canary: str) -> None:
        page.switch_page("pages/check.py").run()
        page.text_area(key="check_text").set_value(TEXT.replace(DRAFT, canary))
        page.selectbox(key="check_judge").set_value("rules")
        page.button(key="check_start").click().run()
        assert page.session_state["checked"]["text"].count(canary) == 1

    pair.each(searched)
    pair.each(checked)


@pytest.mark.chaos
def test_sessions_share_nothing_of_the_real_pipeline(
    pair: Pair, fake_model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.each(start)
    pair.each(wait)
    for canary, page in pair.pages.items():
        assert canary in page.session_state["result"]["text"]


# Rights of files


@posix
def test_the_data_folder_and_the_history_are_their_owners_alone(home: Path) -> None:
    before = os.umask(0o022)
    try:
        assert stat.S_IMODE(paths.home().stat().st_mode) == 0o700
        History().save_draft(TEXT, lang="ru", kind="proposal")
        files = [path for path in home.iterdir() if path.stat().st_size]
        assert home / "history.sqlite3" in files
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    finally:
        os.umask(before)


@posix
def test_a_history_that_others_could_read_is_closed_to_them(home: Path) -> None:
    History().save_draft(TEXT, lang="ru", kind="proposal")
    (home / "history.sqlite3").chmod(0o644)
    assert History().list()[0].draft == TEXT
    assert stat.S_IMODE((home / "history.sqlite3").stat().st_mode) == 0o600


def test_what_is_deleted_from_the_history_is_on_the_disk_no_more(home: Path) -> None:
    first, _ = (History().save_draft(text, lang="ru", kind="proposal") for text in (TEXT, "Цена."))
    History().finish(first, page_samples.sample(TEXT))
    assert _holding(home, DRAFT)
    History().delete(first)
    assert not _holding(home, DRAFT)
    History().save_draft(TEXT, lang="ru", kind="proposal")
    History().clear()
    assert not _holding(home, DRAFT)


def _holding(folder: Path, word: str) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes()]


# Commands, watched


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Run the commands with no endpoint, under a proxy that would see what goes through it."""
    watched = Watched(tmp_path_factory.mktemp("local"))
    given, asked = watched.root / "given", watched.root / "asked"
    (given / "model.gguf").touch()
    files = _given(given)
    with StandIn() as proxy:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        watched.settings = dict.fromkeys(names, proxy.url.removesuffix("/v1"))
        watched.settings["PROVODNIK_MODEL"] = str(given / "model.gguf")
        watched.run("rag", "index", files["rules.txt"])
        watched.run("rag", "rewrite", files["draft.docx"], "--out", str(asked / "text.pdf"))
        watched.run("rag", "check", files["draft.txt"], "--judge", "both")
        watched.run("rag", "search", f"цена {QUERY}", "-k", "2")
        watched.run("rag", "doctor")
        watched.run("evals", "run", "--cases", files["drafts.jsonl"])
        watched.run("evals", "score", files["texts.jsonl"])
        watched.run("evals", "calibrate", files["pairs.jsonl"], "--judge", "rules")
        watched.run("evals", "report")
        watched.run("evals", "gate")
        watched.run("evals", "cases")
        assert proxy.requests == [], "a proxy was told what belongs to this machine"
    return watched


def _given(folder: Path) -> dict[str, str]:
    """Write the files the commands are given and return their paths by name."""
    (folder / "draft.txt").write_text(TEXT, "utf-8")
    document = docx.Document()
    document.add_paragraph(TEXT)
    document.save(str(folder / "draft.docx"))
    rule = f"Скидки на {GUIDELINE} согласует коммерческий директор в течение двух дней."
    (folder / "rules.txt").write_text(rule, "utf-8")
    row = {"id": "one", "lang": "ru", "kind": "proposal", "draft": TEXT}
    write_rows(folder / "drafts.jsonl", [row])
    write_rows(folder / "texts.jsonl", [{**row, "text": TEXT}])
    first = (DATA / "pairs" / "dev.jsonl").read_text("utf-8").split("\n")[0]
    (folder / "pairs.jsonl").write_text(first + "\n", "utf-8")
    return {path.name: str(path) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Run the commands with an endpoint whose address and key must not be told to anyone."""
    watched = Watched(tmp_path_factory.mktemp("remote"))
    files = _given(watched.root / "given")
    with StandIn() as endpoint:
        endpoint.say(answer)
        address = endpoint.url.replace("http://", f"http://{USER}:{PASSWORD}@")
        watched.settings = {
            "OPENAI_BASE_URL": address,
            "OPENAI_API_KEY": KEY,
            "PROVODNIK_MODEL": "m",
            "PROVODNIK_EMBEDDING_MODEL": "e",
        }
        asked = str(watched.root / "asked" / "text.docx")
        watched.run("rag", "index", files["rules.txt"])
        watched.run("rag", "rewrite", files["draft.txt"], "--out", asked)
        watched.run("rag", "check", files["draft.txt"], "--judge", "model", "--json")
        watched.run("rag", "search", f"цена {QUERY}", "-k", "2")
        watched.run("rag", "doctor", "--json")
        assert len(endpoint.requests) > 5
    watched.run("rag", "check", files["draft.txt"], "--judge", "model")  # nobody answers now
    return watched


@pytest.fixture(params=["local", "remote"])
def watched(request: pytest.FixtureRequest) -> Watched:
    """Return what the commands did without and with an endpoint."""
    found: Watched = request.getfixturevalue(request.param)
    return found


@pytest.mark.chaos
def test_the_watched_commands_did_their_work(watched: Watched) -> None:
    """Without it the tests below would prove that commands which fail tell nobody anything."""
    codes = [done.returncode for done in watched.said if "Traceback" not in done.stderr]
    assert len(codes) == len(watched.said)
    assert set(codes[:5]) <= {0, 1}, [(d.args[2:], d.returncode) for d in watched.said]
    assert next((watched.root / "asked").iterdir()).stat().st_size > 1000
    assert len(watched.log.read_text("utf-8").splitlines()) > 20


@pytest.mark.chaos
def test_no_command_reaches_another_machine(watched: Watched) -> None:
    assert watched.noted("socket.connect")
    assert watched.reached() == set()
    assert set(watched.noted("socket.bind")) <= {"127.0.0.1", "::1"}


@pytest.mark.chaos
def test_commands_write_into_the_data_folder_and_where_they_are_told_to(watched: Watched) -> None:
    assert watched.noted("open")
    assert watched.wrote() == set()
    assert watched.open_to_others() == []
    left = [path for name in ("work", "user", "tmp") for path in (watched.root / name).rglob("*")]
    assert left == []


@pytest.mark.chaos
def test_a_draft_is_kept_in_the_history_and_in_the_runs_of_evaluations(watched: Watched) -> None:
    kept = {"home/history.sqlite3", "home/history.sqlite3-wal"}
    if any("evals" in done.args for done in watched.said):
        kept |= {"home/runs", "home/cache"}
    assert {"home/history.sqlite3"} <= watched.holding(DRAFT) <= kept


@pytest.mark.chaos
def test_a_guideline_is_kept_with_the_uploads_and_in_the_index(watched: Watched) -> None:
    assert watched.holding(GUIDELINE) == {"home/uploads", "home/index"}


@pytest.mark.chaos
@pytest.mark.parametrize("secret", [KEY, USER, PASSWORD, QUERY])
def test_keys_passwords_and_queries_are_kept_nowhere(watched: Watched, secret: str) -> None:
    assert watched.holding(secret) == set()


@pytest.mark.chaos
@pytest.mark.parametrize("secret", [KEY, USER, PASSWORD])
def test_keys_and_passwords_are_said_to_nobody(watched: Watched, secret: str) -> None:
    assert [d.args for d in watched.said if secret in d.stdout + d.stderr] == []
    assert [arg for arg in watched.noted("subprocess.Popen") if secret in arg] == []


@pytest.mark.chaos
@pytest.mark.parametrize("word", [DRAFT, GUIDELINE, QUERY, ANSWER, PROMPT])
def test_no_log_no_error_and_no_process_list_holds_what_is_worked_on(
    watched: Watched, word: str
) -> None:
    assert word not in watched.log.read_text("utf-8")
    told = [line for done in watched.said for line in done.stderr.splitlines() if word in line]
    assert [line for line in told if not line.startswith(("? ", "- "))] == []  # open points
    assert [arg for arg in watched.noted("subprocess.Popen") if word in arg] == []


# An endpoint that leads on


class Elsewhere:
    """A server that notes that it was reached at all."""

    def __enter__(self) -> Elsewhere:
        reached = self.reached = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                reached.append(self.path)
                self.send_error(404)

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Return a server the product has no reason to reach."""
    with Elsewhere() as server:
        yield server


def ask(kind: str) -> None:
    """Send a text to the endpoint the settings name."""
    from rag.embedding import open_embedder
    from rag.model.catalogue import open_model

    if kind == "chat":
        open_model().complete([{"role": "user", "content": DRAFT}], max_tokens=5)
    else:
        open_embedder().embed_query(DRAFT)


@pytest.fixture(params=["chat", "embeddings"])
def kind(
    request: pytest.FixtureRequest, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Return each way to send a text, with a stand-in as the endpoint."""
    monkeypatch.setenv("OPENAI_BASE_URL", standin.url)
    monkeypatch.setenv("PROVODNIK_MODEL", "m")
    monkeypatch.setenv("PROVODNIK_RETRIES", "0")
    if request.param == "embeddings":
        monkeypatch.setenv("PROVODNIK_EMBEDDING_MODEL", "e")
    yield request.param


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_takes_no_text_to_another_host(
    kind: str, status: int, standin: StandIn, elsewhere: Elsewhere
) -> None:
    standin.say((status, {"Location": f"{elsewhere.url}/v1/{kind}"}))
    with pytest.raises(Exception) as caught:
        ask(kind)
    assert type(caught.value).__module__ == "rag.errors"
    assert elsewhere.reached == []


def test_a_proxy_of_the_network_sees_nothing_that_stays_on_this_machine(
    kind: str, standin: StandIn, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, elsewhere.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    standin.say(answer)
    ask(kind)
    assert len(standin.requests) == 1
    assert elsewhere.reached == []


# The page, served as a user does


def knock(port: int, host: str, origin: str | None) -> str:
    """Ask for the page's live connection and return the status line."""
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Origin: {origin}"] if origin else []),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        return line.recv(4096).split(b"\r\n")[0].decode()


def visit(port: int, screen: str) -> str:
    """Open a session of the page on a screen and return all that it was sent."""
    from google.protobuf import text_format
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect

    asked = BackMsg()
    asked.rerun_script.page_name = "" if screen == "write" else screen
    sent: list[str] = []
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, max_size=None, proxy=None) as line:
        line.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(line.recv(timeout=120))
            sent.append(text_format.MessageToString(message, as_utf8=True))
            if message.WhichOneof("type") == "script_finished":
                return "\n".join(sent)


def listening(port: int) -> set[str]:
    """Return the addresses, as the kernel writes them, on which a port is open."""
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    mine = [
        row[1].split(":")[0] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"
    ]
    return set(mine)


@pytest.mark.chaos
def test_the_page_is_open_to_this_machine_and_to_no_foreign_site(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    with watched.page() as port:
        assert set(watched.noted("socket.bind")) == {"127.0.0.1"}
        if Path("/proc/net/tcp").exists():
            assert listening(port) == {"0100007F"}
            with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
                pass
        own = f"127.0.0.1:{port}"
        for screen in SCREENS:
            shown = visit(port, screen)
            assert WORDS[f"{screen}.title"] in shown and WORDS["app.local"] in shown
        assert " 101 " in knock(port, own, f"http://{own}")
        for host, origin in [
            (own, "http://evil.example"),
            (f"evil.example:{port}", f"http://evil.example:{port}"),
            (f"evil.example:{port}", None),
            (f"127.0.0.1.evil.example:{port}", None),
        ]:
            assert " 403 " in knock(port, host, origin), (host, origin)
    assert watched.reached() - {"8.8.8.8"} == set()  # a route is looked up, nothing is sent
    assert watched.wrote() <= {str(tmp_path / "page.log")}


@pytest.mark.chaos
def test_every_screen_says_to_which_host_texts_go_and_sends_no_password(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.settings = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"https://{USER}:{PASSWORD}@llm.example/v1?k={QUERY}",
    }
    with watched.page() as port:
        for screen in SCREENS:
            shown = visit(port, screen)
            assert WORDS[f"{screen}.title"] in shown
            assert WORDS["app.remote"].format(host=r"llm\\.example") in shown
            assert not [word for word in (KEY, USER, PASSWORD, QUERY) if word in shown]
    assert watched.reached() == set()
    assert not {word for word in (KEY, USER, PASSWORD, QUERY) if watched.holding(word)}


@pytest.mark.chaos
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here; run tests/install_browser.sh")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_page_served_from_any_folder_fetches_nothing_from_elsewhere(
    browser: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    watched = Watched(tmp_path)
    watched.settings = {"OPENAI_BASE_URL": "https://llm.example/v1"}
    with watched.page() as port:
        address = f"http://127.0.0.1:{port}"
        page = browser.new_page()
        elsewhere: list[str] = []
        own = (address, "data:", "blob:", address.replace("http", "ws"))
        page.on("request", lambda r: None if r.url.startswith(own) else elsewhere.append(r.url))
        page.set_default_timeout(60_000)
        for screen in SCREENS:
            page.goto(f"{address}/{'' if screen == 'write' else screen}")
            title = WORDS[f"{screen}.title"]
            page.get_by_role("heading", name=title, exact=True).wait_for()
            notice = WORDS["app.remote"].format(host="llm.example")
            page.get_by_text(notice, exact=True).first.wait_for()
        page.close()
    assert elsewhere == []
    assert watched.reached() == set()


# The audit of what is installed


def audit(tmp_path: Path, url: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the audit with another database."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OSV_URL": url, **more}
    return subprocess.run(
        ["bash", str(ROOT / ".ci" / "audit")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@posix
def test_the_audit_says_that_it_is_skipped_where_its_database_is_out_of_reach(
    tmp_path: Path,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers here
        done = audit(tmp_path, f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert done.returncode == 0
    assert done.stdout.startswith("audit skipped: ")
    assert len(done.stdout.splitlines()) == 1


@posix
@pytest.mark.parametrize("code", [0, 1])
def test_the_audit_ends_as_its_tool_does(tmp_path: Path, code: int, elsewhere: Elsewhere) -> None:
    tool = tmp_path / "pip-audit"
    tool.write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    tool.chmod(0o755)
    done = audit(tmp_path, elsewhere.url, PIP_AUDIT=str(tool))
    assert done.returncode == code, done.stderr
    assert "--path" in done.stdout and elsewhere.url in done.stdout


def test_the_audit_stays_out_of_what_every_change_must_pass() -> None:
    assert "audit" not in (ROOT / ".ci" / "run").read_text()
