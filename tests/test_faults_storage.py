"""Faults of index and history: killed, damaged, full, read-only, at once; nothing kept is lost.

The functions without `test_` in their name that take strings run in child processes: a test kills
them, takes away their disk, or lets several work at once.
"""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import WordEmbedder
from filelock import FileLock
from numpy.typing import NDArray

from rag import history
from rag.errors import IndexUnavailable, ProvodnikError, StorageUnavailable
from rag.history import History
from rag.index import build, store, vectors
from rag.index.build import sync
from rag.index.sources import Document, upload_files
from rag.index.uploads import add_upload, remove_upload
from rag.retrieval import HybridRetriever, open_retriever

TESTS = Path(__file__).parent
RULE = "Скидки согласует директор по продажам."
KILLS = 50
Damage = Callable[[Path], Any]


def _documents(count: int) -> list[Document]:
    return [Document(f"{n}#en", "en", f"Rule number {n}", "", "", "theme") for n in range(count)]


@dataclass
class SlowEmbedder(WordEmbedder):
    """Takes long enough that a kill or a second writer meets it at work."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        time.sleep(0.03)
        return super().embed_passages(texts)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Index a few documents instead of the product's knowledge."""
    monkeypatch.setattr(build, "knowledge_documents", lambda: iter(_documents(3)))


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count a build's passages without the child process that proves it answers."""
    monkeypatch.setattr(build, "_probe", lambda folder: store.probe(folder))


@pytest.fixture
def kept(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite3")


def _root(home: Path) -> Path:
    return home / "index"


def _pointer(home: Path) -> dict[str, Any]:
    return json.loads((_root(home) / "current").read_text())


def _folder(home: Path) -> Path:
    return _root(home) / _pointer(home)["folder"]


def _folders(home: Path) -> set[str]:
    return {path.name for path in _root(home).iterdir() if path.is_dir()}


def _texts(folder: Path) -> set[str]:
    return {passage.text for passage in store.read(folder)[0]}


def _assert_told(error: ProvodnikError, does: str) -> None:
    """Assert that an error names itself in both languages and says what to do."""
    assert error.message("ru") != error.message("en")
    assert "None" not in error.message("ru") + error.message("en")
    assert does in error.message("ru")


def _child(function: str, *args: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
    code = f"import sys, test_faults_storage as faults; faults.{function}(*sys.argv[1:])"
    return subprocess.Popen(
        [*under, sys.executable, "-c", code, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )


def _finished(child: subprocess.Popen[str]) -> list[str]:
    """Return what a child said; a signal or a traceback is a failure."""
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return out.splitlines()


def _say(line: str) -> None:
    """Write a whole line at once: the children of one server share its stdout."""
    os.write(1, f"{line}\n".encode())


# Killed while building


def build_again_and_again() -> None:
    """Build once per line of stdin, each time in a fork: imports are paid for once."""
    import chromadb  # noqa: F401

    build.knowledge_documents = lambda: iter(_documents(150))
    for number, _ in enumerate(sys.stdin):
        child = os.fork()
        if not child:
            name = add_upload(f"{number}.txt", f"{RULE} {number}".encode())
            _say(f"kept {name}")
            sync(SlowEmbedder(), rebuild=True)
            _say("built")
            os._exit(0)
        _say(f"started {child}")
        os.waitpid(child, 0)
        _say("ended")


def _one_build(server: subprocess.Popen[str], kill_after: float | None) -> list[str]:
    """Let the server build once, killed after so many seconds, and return what was said."""
    server.stdin.write("\n")
    server.stdin.flush()
    said: list[str] = []
    timer: threading.Timer | None = None
    while not said or said[-1] != "ended":
        line = server.stdout.readline().strip()
        assert line, server.stderr.read()
        said.append(line)
        if line.startswith("started") and kill_after is not None:
            timer = threading.Timer(kill_after, os.kill, (int(line.split()[1]), signal.SIGKILL))
            timer.start()
    if timer:
        timer.cancel()
    return said


@pytest.mark.chaos
def test_fifty_kills_while_building_leave_an_index_that_answers_and_lose_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "knowledge_documents", lambda: iter(_documents(150)))
    with _child("build_again_and_again") as server:
        said = _one_build(server, None)
        began = time.monotonic()
        said += _one_build(server, None)
        took = time.monotonic() - began
        unfinished = 0
        for kill in range(KILLS):
            heard = _one_build(server, took * (kill + 0.5) / KILLS)
            unfinished += "built" not in heard
            said += heard
            assert {f"Rule number {n}" for n in range(150)} <= _texts(_folder(home))
            assert build._seal(_folder(home)) == _pointer(home)["seal"]
        server.stdin.close()
    assert unfinished > KILLS // 2
    acknowledged = {line.split()[1] for line in said if line.startswith("kept")}
    built = sync(SlowEmbedder())
    assert {f"{RULE} {name.removesuffix('.txt')}" for name in acknowledged} <= _texts(built.folder)
    assert {path.name for path in upload_files()} >= acknowledged
    sync(SlowEmbedder(), rebuild=True)
    assert len(_folders(home)) == 1
    assert not list(_root(home).glob("*.part"))


@pytest.mark.usefixtures("small", "trusting")
def test_what_a_killed_build_left_goes_with_the_next_one_and_the_old_index_stays_until_then(
    words: WordEmbedder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sync(words).folder
    (_root(home) / "half").mkdir()
    (_root(home) / "half" / "chroma.sqlite3").write_bytes(b"half")
    (_root(home) / ".half.part").write_bytes(b"half")
    with monkeypatch.context() as patch:
        patch.setattr(store, "write", _no_space)
        with pytest.raises(StorageUnavailable):
            sync(words, rebuild=True)
    assert _folders(home) == {before.name}
    assert sync(words).folder == before
    assert not list(_root(home).glob("*.part"))


# Two at once


def build_once(name: str) -> None:
    """Say which folder this process found or built."""
    build.knowledge_documents = lambda: iter(_documents(150))
    print(sync(SlowEmbedder(name)).folder.name)


@pytest.mark.chaos
def test_two_processes_that_need_an_index_build_it_once(home: Path) -> None:
    children = [_child("build_once", "words") for _ in range(2)]
    folders = {_finished(child)[0] for child in children}
    assert folders == {_folder(home).name}
    assert len(_texts(_folder(home))) == 150


@pytest.mark.chaos
def test_two_processes_with_other_embedders_never_mix_their_vectors(home: Path) -> None:
    children = [_child("build_once", name) for name in ("one", "two", "one")]
    for child in children:
        _finished(child)
    assert len(_texts(_folder(home))) == 150
    assert build._seal(_folder(home)) == _pointer(home)["seal"]
    assert len(_folders(home)) == 1


@pytest.mark.usefixtures("small", "trusting")
def test_a_writer_that_never_ends_is_waited_for_and_then_named(
    words: WordEmbedder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sync(words)
    monkeypatch.setattr(build, "WAIT_SECONDS", 0.3)
    caught: list[ProvodnikError] = []

    def second() -> None:
        began = time.monotonic()
        with pytest.raises(IndexUnavailable) as refused:
            sync(words, rebuild=True)
        assert time.monotonic() - began < 1.3
        caught.append(refused.value)

    thread = threading.Thread(target=second)
    with FileLock(str(_root(home) / "write.lock")):
        thread.start()
        assert sync(words).folder == before.folder  # who needs no new index does not wait
        thread.join()
    _assert_told(caught[0], "Дождитесь")
    assert _folder(home) == before.folder


# Damaged files


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, Damage] = {
    "garbage": _garbage,
    "cut": _cut,
    "empty": _empty,
    "one bit": _one_bit,
    "gone": Path.unlink,
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose index is large enough to have files of native code."""
    home = tmp_path_factory.mktemp("large")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVODNIK_HOME", str(home))
        patch.setattr(build, "knowledge_documents", lambda: iter(_documents(1100)))
        add_upload("rules.txt", RULE.encode())
        sync(WordEmbedder())
    return home


def _files(home: Path) -> list[Path]:
    return sorted(path for path in _folder(home).rglob("*") if path.is_file())


@pytest.fixture
def copied(large: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of one's own with the large index."""
    monkeypatch.setattr(build, "knowledge_documents", lambda: iter(_documents(1100)))
    shutil.copytree(large, home)
    return home


@pytest.mark.chaos
def test_any_damaged_file_of_an_index_is_told_before_native_code_meets_it(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = build.Built(copied, "", 1, fresh=True)
    monkeypatch.setattr(build, "_build", lambda *args: fixed)
    probed: list[Path] = []
    monkeypatch.setattr(build, "_probe", lambda folder: probed.append(folder) or 1101)
    for path in _files(copied):
        whole = path.read_bytes()
        for damage in DAMAGE.values():
            if whole or damage is _garbage:
                damage(path)
                assert sync(WordEmbedder()) is fixed, path
                path.write_bytes(whole)
    assert len(_files(copied)) > 4
    assert probed == []
    assert not sync(WordEmbedder()).fresh
    assert probed == [_folder(copied)]


@pytest.mark.chaos
@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "chroma.sqlite3"])
def test_garbage_that_would_crash_the_process_crashes_the_probe_alone(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for path in _folder(copied).rglob(name):
        path.write_bytes(random.Random(0).randbytes(path.stat().st_size))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    assert build._probe(_folder(copied)) == 0
    assert list(scratch.iterdir()) == []


@pytest.mark.chaos
def test_a_damaged_index_is_built_anew_with_the_uploads(copied: Path) -> None:
    before = _folder(copied)
    for path in _files(copied):
        _garbage(path)
    found = open_retriever(embedder=WordEmbedder()).search(RULE, 1)
    assert [passage.text for passage in found] == [RULE]
    assert _folder(copied) != before
    assert _folders(copied) == {_folder(copied).name}
    assert (copied / "uploads" / "rules.txt").read_text() == RULE


POINTERS = {
    "empty": "",
    "no JSON": "{",
    "nested": "[" * 100_000,
    "other kind": "1",
    "no folder": '{"fingerprint": "x"}',
    "its own parent": '{"folder": "..", "fingerprint": "x", "seal": "x", "mark": []}',
    "nameless": '{"folder": "", "fingerprint": "x", "seal": "x", "mark": []}',
    "not UTF-8": "\udcff",
}


@pytest.mark.usefixtures("small", "trusting")
@pytest.mark.parametrize("text", POINTERS.values(), ids=POINTERS)
def test_any_damaged_pointer_leads_to_a_new_index(
    words: WordEmbedder, home: Path, text: str
) -> None:
    sync(words)
    before = {path.name for path in home.iterdir()}
    (_root(home) / "current").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert sync(words).fresh
    assert not sync(words).fresh
    assert {path.name for path in home.iterdir()} == before


@pytest.mark.usefixtures("small", "trusting")
@pytest.mark.parametrize("wrong", [{"mark": [1.0]}, {"mark": ["x"]}, {"seal": 1}, {"seal": ""}])
def test_a_pointer_with_a_wrong_part_leads_to_a_new_index(
    words: WordEmbedder, home: Path, wrong: dict[str, Any]
) -> None:
    sync(words)
    (_root(home) / "current").write_text(json.dumps({**_pointer(home), **wrong}))
    assert sync(words).fresh


def test_a_damaged_cache_gives_right_vectors_or_none(tmp_path: Path, words: WordEmbedder) -> None:
    cache, mark = tmp_path / "vectors.npz", vectors.mark(words)
    passages = build.splitting.split(_documents(20))
    right = vectors.embed(cache, passages, words, mark, lambda done, total: None)
    whole, noise, read = cache.read_bytes(), random.Random(0), 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(noise.choice([1, 1, 4])):
            data[noise.randrange(len(data))] = noise.randrange(256)
        cache.write_bytes(data[: noise.choice([len(data), noise.randrange(len(data))])])
        for id, row in vectors._read(cache, words.name, mark).items():
            at = [passage.id for passage in passages].index(id)
            np.testing.assert_array_equal(row, right[at])
            read += 1
    assert read


@pytest.mark.usefixtures("small", "trusting")
def test_an_index_that_goes_while_it_is_being_read_is_opened_again(
    words: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, calls = store.read, []

    def gone_at_first(folder: Path) -> Any:
        calls.append(folder)
        if len(calls) == 1:
            sync(words, rebuild=True)  # another process switches and removes this one
        return read(folder)

    monkeypatch.setattr(store, "read", gone_at_first)
    assert len(open_retriever(embedder=words).passages) == 3
    assert len(calls) == 2
    assert not calls[0].exists()


@pytest.mark.usefixtures("small", "trusting")
def test_an_index_that_cannot_be_read_is_named(
    words: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "read", _no_space)
    with pytest.raises(IndexUnavailable, match="No space left") as caught:
        open_retriever(embedder=words)
    _assert_told(caught.value, "index --rebuild")


# Another embedder


@dataclass
class OtherEmbedder(WordEmbedder):
    """Answers to the same name with other vectors, as another server at the same place does."""

    size: int = 32
    fault: Callable[[NDArray[np.float32]], NDArray[np.float32]] = lambda rows: rows

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return self.fault(np.array([self.embed_query(text) for text in texts], np.float32))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector = np.resize(super().embed_query(text)[::-1], self.size) + np.float32(0.01)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


@pytest.mark.usefixtures("small", "trusting")
@pytest.mark.parametrize("size", [32, 8, 64])
def test_another_embedder_of_the_same_name_leads_to_an_index_of_its_vectors_alone(
    words: WordEmbedder, size: int
) -> None:
    before = sync(words)
    other = OtherEmbedder(size=size)
    after = sync(other)
    assert after.fresh
    assert after.fingerprint == before.fingerprint  # only the mark told them apart
    passages, rows = store.read(after.folder)
    expected = np.array([other.embed_query(passage.text) for passage in passages])
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    assert not sync(other).fresh
    assert sync(words).fresh


UNUSABLE: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "a row too few": lambda rows: rows[:-1],
    "shorter rows": lambda rows: rows[:, :-1],
    "no numbers": lambda rows: rows * np.float32(np.nan),
    "no rows": lambda rows: np.zeros((0,), np.float32),
}


@pytest.mark.usefixtures("small", "trusting")
@pytest.mark.parametrize("fault", UNUSABLE.values(), ids=UNUSABLE)
def test_vectors_that_cannot_be_used_are_named_and_the_old_index_stays(
    words: WordEmbedder, home: Path, fault: Any
) -> None:
    before = sync(words)
    with pytest.raises(IndexUnavailable, match="PROVODNIK_EMBEDDING_MODEL") as caught:
        sync(OtherEmbedder(fault=fault))
    _assert_told(caught.value, "запустите снова")
    assert sync(words) == build.Built(before.folder, before.fingerprint, 3, fresh=False)
    assert _folders(home) == {before.folder.name}


@pytest.mark.usefixtures("small", "trusting")
def test_an_embedder_exchanged_while_the_index_is_open_is_named(words: WordEmbedder) -> None:
    opened = open_retriever(embedder=words)
    opened._embedder = OtherEmbedder(size=8)
    with pytest.raises(IndexUnavailable, match="was exchanged"):
        opened.search("rule")


# Full and read-only


def _no_space(*args: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.usefixtures("small", "trusting")
@pytest.mark.parametrize("place", ["cache", "index", "pointer"])
def test_a_disk_full_at_any_step_leaves_the_old_index_and_no_rest(
    words: WordEmbedder, home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before, held = sync(words), sorted(_root(home).rglob("*"))
    target = {"cache": (vectors, "write_whole"), "index": (store, "_write")}
    module, name = target.get(place, (build, "write_whole"))
    with monkeypatch.context() as patch:
        patch.setattr(module, name, _no_space)
        with pytest.raises(StorageUnavailable, match="No space left") as caught:
            sync(words, rebuild=True)
    _assert_told(caught.value, "Освободите место")
    assert sorted(_root(home).rglob("*")) == held
    assert sync(words).folder == before.folder


def on_a_small_disk(folder: str) -> None:
    """Use index, uploads and history on a disk that is full, then read-only, then usable again."""
    home = Path(folder)
    _mount("-t", "tmpfs", "-o", "size=6m", "tmpfs", folder)
    build.knowledge_documents = lambda: iter(_documents(150))
    add_upload("rules.txt", RULE.encode())
    words, kept = WordEmbedder(), History()
    draft = kept.save_draft("Draft", lang="en", kind="report")
    before = sync(words).folder
    filler = home / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            _fill(file, bytes(size))
    _say_refusals("full", words, kept, before, home)
    filler.unlink()
    _mount("-o", "remount,ro", folder)
    _say_refusals("read-only", words, kept, before, home)
    _mount("-o", "remount,rw", folder)
    assert sync(words, rebuild=True).fresh
    assert [entry.id for entry in kept.list()] == [draft]
    add_upload("more.txt", b"Deliveries are late.")
    print("usable again")


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True)


def _fill(file: Any, block: bytes) -> None:
    try:
        while True:
            file.write(block)
    except OSError:
        return


def _say_refusals(state: str, words: WordEmbedder, kept: History, before: Path, home: Path) -> None:
    """Print the error of each act that writes; what is there must go on answering."""
    large = ("Large " * 5000).encode()
    acts: dict[str, Callable[[], Any]] = {
        "index": lambda: sync(words, rebuild=True),
        "upload": lambda: add_upload("large.txt", large),
        "history": lambda: kept.save_draft("Large " * 5000, lang="en", kind="report"),
    }
    if state == "read-only":
        acts["remove"] = lambda: remove_upload("rules.txt")
    for act, work in acts.items():
        began = time.monotonic()
        try:
            work()
        except StorageUnavailable as error:
            assert error.message("ru") != error.message("en")
            assert "None" not in error.message("en")
            assert time.monotonic() - began < 30
            print(f"{state} {act} refused", flush=True)
    assert [path.name for path in (home / "uploads").iterdir()] == ["rules.txt"]
    assert _folders(home) == {before.name}
    assert open_retriever(embedder=words).search(RULE, 1)[0].text == RULE


@pytest.mark.chaos
def test_a_full_or_read_only_disk_is_named_and_what_is_there_goes_on_answering(home: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount a disk")
    home.mkdir()
    said = _finished(_child("on_a_small_disk", str(home), under=["unshare", "-m"]))
    assert said == [
        "full index refused",
        "full upload refused",
        "full history refused",
        "read-only index refused",
        "read-only upload refused",
        "read-only history refused",
        "read-only remove refused",
        "usable again",
    ]


def with_limited_files() -> None:
    """Build while no file may grow beyond a limit, for several limits."""
    build.knowledge_documents = lambda: iter(_documents(1100))
    words, kept = WordEmbedder(), History()
    kept.save_draft("Draft", lang="en", kind="report")
    before = sync(words)
    for limit in (0, 20_000, 100_000, 180_000, 400_000, 1_000_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            sync(words, rebuild=True)
        except StorageUnavailable as error:
            assert "PROVODNIK_HOME" in error.message("ru")
            print("refused", flush=True)
        try:
            kept.save_draft("Large" * 200_000, lang="en", kind="report")
        except StorageUnavailable:
            print("refused draft", flush=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert [entry.draft for entry in kept.list()][-1] == "Draft"
    assert sync(words).folder == before.folder


@pytest.mark.chaos
def test_files_that_may_not_grow_are_named_and_the_old_index_stays(home: Path) -> None:
    said = _finished(_child("with_limited_files"))
    assert said.count("refused") == 6
    assert said.count("refused draft") >= 5
    assert len(_folders(home)) == 1


# Deleted


@pytest.mark.usefixtures("small", "trusting")
def test_a_removed_upload_is_in_no_file_of_the_index_and_in_no_answer(
    words: WordEmbedder, home: Path
) -> None:
    add_upload("rules.txt", RULE.encode())
    opened = open_retriever(embedder=words)
    assert opened.search(RULE, 1)[0].text == RULE
    id = opened.search(RULE, 1)[0].id
    remove_upload("rules.txt")
    assert RULE not in _found(opened)  # not even by a process that had opened the index before
    assert RULE not in _found(open_retriever(embedder=words))
    assert RULE not in _texts(_folder(home))
    with np.load(_root(home) / "vectors.npz") as cache:
        assert id not in cache["ids"].tolist()
    for path in home.rglob("*"):
        if path.is_file() and path.suffix != ".bin":  # native code pads it with its memory's past
            assert RULE.encode() not in path.read_bytes()
            assert id.encode() not in path.read_bytes()


def _found(retriever: HybridRetriever) -> set[str]:
    queries = (RULE, "скидки", "director of sales")
    return {passage.text for query in queries for passage in retriever.search(query, 100)}


@pytest.mark.usefixtures("small", "trusting")
def test_an_upload_removed_while_another_builds_does_not_get_in(
    words: WordEmbedder, home: Path
) -> None:
    sync(words)
    add_upload("rules.txt", RULE.encode())
    thread = threading.Thread(target=sync, args=(words,))
    with FileLock(str(_root(home) / "write.lock")):
        thread.start()
        time.sleep(0.3)  # it has looked at the uploads and waits
        remove_upload("rules.txt")
    thread.join()
    assert RULE not in _texts(_folder(home))
    assert not sync(words).fresh


@pytest.mark.usefixtures("small", "trusting")
def test_the_fingerprint_is_of_the_uploads_that_were_indexed(
    words: WordEmbedder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = build.upload_documents

    def one_comes_late(*args: Any) -> Iterator[Document]:
        add_upload("late.txt", RULE.encode())
        return documents(*args)

    with monkeypatch.context() as patch:
        patch.setattr(build, "upload_documents", one_comes_late)
        sync(words)
    remove_upload("late.txt")
    assert RULE not in _texts(sync(words).folder)


# Uploads


def test_an_upload_written_by_two_at_once_is_one_of_them_and_whole(home: Path) -> None:
    texts = [f"{letter} rule. " * 20_000 for letter in "ab"]
    threads = [threading.Thread(target=add_upload, args=("r.txt", t.encode())) for t in texts * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (home / "uploads" / "r.txt").read_text() in texts
    assert [path.name for path in (home / "uploads").iterdir()] == ["r.txt"]


@pytest.mark.usefixtures("small", "trusting")
def test_an_upload_half_written_when_the_process_was_killed_is_no_upload(
    words: WordEmbedder, home: Path
) -> None:
    add_upload("rules.txt", RULE.encode())
    (home / "uploads" / ".0123.part").write_text("Half a rule")
    assert [path.name for path in upload_files()] == ["rules.txt"]
    assert "Half a rule" not in _texts(sync(words).folder)


@pytest.mark.usefixtures("small", "trusting")
def test_an_upload_that_cannot_be_opened_is_passed_over_until_it_can(
    words: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_upload("rules.txt", RULE.encode())
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "rules.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert RULE not in _texts(sync(words).folder)
    assert RULE in _texts(sync(words).folder)


# History


def save_drafts(path: str, count: str) -> None:
    """Save drafts once told to, and say the id of each as soon as it is kept."""
    kept = History(Path(path))
    _say("ready")
    sys.stdin.readline()
    for number in range(int(count)):
        _say(kept.save_draft(f"Draft {number}", lang="en", kind="report"))


def _writers(kept: History, counts: Sequence[int]) -> list[subprocess.Popen[str]]:
    """Return a writer for each number of drafts, all let go at the same moment."""
    children = [_child("save_drafts", str(kept.path), str(count)) for count in counts]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    return children


@pytest.mark.chaos
def test_of_four_writers_with_one_killed_every_acknowledged_draft_is_there(kept: History) -> None:
    victim, *others = _writers(kept, [100_000, 40, 40, 40])
    acknowledged = [victim.stdout.readline() for _ in range(20)]
    victim.kill()
    out, _ = victim.communicate()
    acknowledged += [line for line in out.splitlines(keepends=True) if line.endswith("\n")]
    ids = {line.strip() for line in acknowledged}
    ids |= {line for child in others for line in _finished(child)}
    assert len(ids) >= 140
    assert ids <= {entry.id for entry in kept.list(10**6)}
    assert not list(kept.path.parent.glob("*.damaged-*"))


def _history_of(kept: History, count: int) -> list[str]:
    """Save so many entries, with a result each and feedback on every third."""
    ids = []
    for number in range(count):
        ids.append(kept.save_draft(f"Черновик {number} " * 30, lang="ru", kind="report"))
        kept.finish(ids[-1], {"text": "Текст " * 40, "number": number})
        if number % 3 == 0:
            kept.save_feedback(ids[-1], "up", ["tone"], "хорошо")
    return ids


def _garbage_inside(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = random.Random(0).randbytes(4096)
    path.write_bytes(data)


@pytest.mark.chaos
def test_four_that_meet_a_damaged_history_at_once_set_one_file_aside_and_lose_no_draft(
    kept: History,
) -> None:
    old = _history_of(kept, 60)
    _garbage_inside(kept.path)
    acknowledged = {line for child in _writers(kept, [25] * 4) for line in _finished(child)}
    assert len(acknowledged) == 100
    saved = {entry.id for entry in kept.list(1000)}
    assert acknowledged <= saved
    assert len(saved & set(old)) > 40
    assert len(list(kept.path.parent.glob("*.damaged-*"))) == 1


def _garbage_at_end(path: Path) -> None:
    """Leave the last page's head, so that SQLite still puts a new row there, to its loss."""
    data = path.read_bytes()
    path.write_bytes(data[:-3800] + random.Random(0).randbytes(3800))


def _schema(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"CREATE TABLE", b"CREATE TAB\xffE"))


def _unknown_columns(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("alter table entries rename column draft to other")
    connection.close()


def _header_says_read_only(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[18] = 9
    path.write_bytes(data)


HISTORY_DAMAGE: dict[str, tuple[Damage, int]] = {
    "garbage": (_garbage, 0),
    "cut": (_cut, 1),
    "garbage inside": (_garbage_inside, 10),
    "garbage at the end": (_garbage_at_end, 10),
    "garbled schema": (_schema, 0),
    "unknown columns": (_unknown_columns, 0),
    "header says read-only": (_header_says_read_only, 20),
}


@pytest.mark.parametrize(("damage", "restored"), HISTORY_DAMAGE.values(), ids=HISTORY_DAMAGE)
def test_a_damaged_history_is_set_aside_and_what_can_be_read_of_it_goes_on(
    kept: History, damage: Damage, restored: int
) -> None:
    old = _history_of(kept, 20)
    damage(kept.path)
    damaged = kept.path.read_bytes()
    new = kept.save_draft("New", lang="en", kind="report")
    entries = {entry.id: entry for entry in kept.list()}
    assert entries[new].draft == "New"
    assert len(entries.keys() & set(old)) >= restored
    for id in entries.keys() & set(old):
        assert entries[id].draft.startswith(f"Черновик {old.index(id)} ")
    kept.feedback()
    kept.finish(new, {"text": "Done"})
    assert kept.get(new).result == {"text": "Done"}
    aside = [path for path in kept.path.parent.glob("*.damaged-*") if path.suffix != "-wal"]
    assert [len(path.read_bytes()) for path in aside] == [len(damaged)]


@pytest.mark.chaos
def test_no_damage_of_a_history_blocks_it_or_loses_what_is_saved_after(tmp_path: Path) -> None:
    whole = History(tmp_path / "whole.sqlite3")
    _history_of(whole, 30)
    data, noise = whole.path.read_bytes(), random.Random(0)
    for number in range(150):
        changed = bytearray(data)
        at = noise.choice([noise.randrange(200), noise.randrange(len(data))])
        length = noise.choice([1, 8, 100, 4096])
        changed[at : at + length] = noise.randbytes(length)[: len(data) - at]
        kept = History(tmp_path / f"{number}.sqlite3")
        kept.path.write_bytes(changed[: noise.choice([len(data), len(data), at])])
        new = kept.save_draft("New", lang="en", kind="report")
        kept.feedback()
        assert new in {entry.id for entry in kept.list(1000)}, (at, length)
        kept.finish(new, {"text": "Done"})
        assert kept.get(new).result == {"text": "Done"}


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_damaged_result_hides_no_other_entry_and_says_so(kept: History, lang: str) -> None:
    ids = _history_of(kept, 2)
    with sqlite3.connect(kept.path) as connection:
        connection.execute("update entries set result='{\"te', lang=? where id=?", (lang, ids[0]))
        connection.execute("update entries set draft=cast(x'ff41' as text) where id=?", ids[:1])
        connection.execute("update entries set created='20x6', kind=x'00' where id=?", ids[:1])
        connection.execute("update feedback set reasons='['")
    connection.close()
    entries = {entry.id: entry for entry in kept.list()}
    assert entries[ids[1]].result["number"] == 1
    assert (entries[ids[0]].result, entries[ids[0]].draft) == (None, "\ufffdA")
    assert datetime.fromisoformat(entries[ids[0]].created).year == 1970
    assert entries[ids[0]].kind == ""
    assert entries[ids[0]].error == history._UNREADABLE[lang]
    assert kept.feedback()[0].reasons == ()


def test_two_damaged_files_in_one_second_are_both_kept(kept: History) -> None:
    for garbage in (b"one" * 1000, b"two" * 1000):
        kept.path.write_bytes(garbage)
        kept.list()
    aside = {path.read_bytes() for path in kept.path.parent.glob("*.damaged-*")}
    assert aside == {b"one" * 1000, b"two" * 1000}


def test_a_damaged_history_stays_where_the_disk_is_too_full_for_a_new_one(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _history_of(kept, 20)
    _garbage_inside(kept.path)

    def full(*args: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(history, "_restore", full)
        with pytest.raises(StorageUnavailable, match="full") as caught:
            kept.save_draft("New", lang="en", kind="report")
    _assert_told(caught.value, "Освободите место")
    assert {path.name for path in kept.path.parent.glob("history*")} <= {
        kept.path.name,
        f"{kept.path.name}.lock",
    }
    assert len({entry.id for entry in kept.list()} & set(old)) >= 10


def test_clearing_the_history_clears_also_what_was_set_aside(kept: History) -> None:
    kept.path.write_bytes(b"not a database" * 1000)
    kept.save_draft("Draft", lang="en", kind="report")
    kept.clear()
    assert kept.list() == []
    assert not list(kept.path.parent.glob("*.damaged-*"))


def test_a_history_that_another_process_does_not_let_go_is_named_in_time(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.save_draft("First", lang="en", kind="report")
    monkeypatch.setattr(history, "_BUSY_SECONDS", 0.2)
    release, held = threading.Event(), threading.Event()

    def hold() -> None:
        with FileLock(f"{kept.path}.lock"):
            held.set()
            release.wait()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    held.wait()
    began = time.monotonic()
    with pytest.raises(StorageUnavailable, match="locked by another process") as caught:
        kept.save_draft("Second", lang="en", kind="report")
    assert time.monotonic() - began < 1.2
    release.set()
    thread.join()
    _assert_told(caught.value, "PROVODNIK_HOME")
    assert [entry.draft for entry in kept.list()] == ["First"]
