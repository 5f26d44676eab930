"""The index: exact passages, built aside, switched at once, and rebuilt when anything is wrong."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import WordEmbedder
from filelock import FileLock
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from rag.errors import BadInput, StorageUnavailable, UnreadableFile
from rag.index import build, store
from rag.index.build import Built, sync
from rag.index.sources import Document, knowledge_documents, upload_documents
from rag.index.split import SIZE, split
from rag.index.uploads import add_upload, remove_upload, safe_name

DOCUMENTS = [
    Document("a#ru", "ru", "Клиенты сравнивают цену. " * 40, "Цена", "price", "theme"),
    Document("b#en", "en", "Deliveries are late.", "Late", "delivery", "theme"),
    Document("c#ru", "ru", "Ключевые клиенты", "Клиенты", "11", "handbook", missing=True),
]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Index three documents instead of the product's knowledge."""
    monkeypatch.setattr(build, "knowledge_documents", lambda: iter(DOCUMENTS))


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count a build's passages without the child process that proves it answers."""
    monkeypatch.setattr(build, "_probe", lambda folder: store.probe(folder))


def _root(home: Path) -> Path:
    return home / "index"


def _folder(home: Path) -> Path:
    return _root(home) / json.loads((_root(home) / "current").read_text())["folder"]


def test_passages_of_the_knowledge_are_exact_and_have_ids_of_their_own() -> None:
    documents = {(d.source, d.lang): d for d in knowledge_documents()}
    passages = split(documents.values())
    assert len({passage.id for passage in passages}) == len(passages)
    assert [passage.id for passage in split(documents.values())] == [p.id for p in passages]
    for passage in passages:
        text = documents[passage.source, passage.lang].text
        assert text[passage.start : passage.end] == passage.text
        assert 0 < len(passage.text) <= SIZE
    assert {"principle", "handbook", "theme", "lever", "missing"} <= {p.group for p in passages}


@hypothesis(deadline=None)
@given(st.text(st.sampled_from("ab. \n"), max_size=400).map(lambda text: text * 5))
def test_passages_of_any_text_are_exact_and_lose_no_word(text: str) -> None:
    passages = split([Document("x", "en", text, "", "", "upload")])
    assert all(text[p.start : p.end] == p.text for p in passages)
    covered = "".join(p.text for p in sorted(passages, key=lambda p: p.start))
    assert "".join(covered.split()) == "".join(text.split())


@pytest.mark.usefixtures("small")
def test_building_once_is_enough(words: WordEmbedder, home: Path) -> None:
    steps: list[tuple[int, int]] = []
    first = sync(words, lambda done, total: steps.append((done, total)))
    assert first == Built(_folder(home), first.fingerprint, len(split(DOCUMENTS)), fresh=True)
    assert steps[-1] == (first.passages, first.passages)
    second = sync(words)
    assert second == Built(first.folder, first.fingerprint, first.passages, fresh=False)
    assert len(words.embedded) == first.passages


@pytest.mark.usefixtures("small", "trusting")
def test_what_is_written_is_read(words: WordEmbedder) -> None:
    passages, vectors = store.read(sync(words).folder)
    expected = {passage.id: passage for passage in split(DOCUMENTS)}
    assert {passage.id: passage for passage in passages} == expected
    assert vectors.shape == (len(expected), 32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def _no_pointer(home: Path) -> None:
    (_root(home) / "current").unlink()


def _pointer(text: str) -> Any:
    return lambda home: (_root(home) / "current").write_text(text)


def _garbage(name: str) -> Any:
    def damage(home: Path) -> None:
        for path in _folder(home).rglob(name):
            path.write_bytes(os.urandom(5000))

    return damage


DAMAGE = {
    "no pointer": _no_pointer,
    "pointer is no JSON": _pointer("{"),
    "pointer is a list": _pointer("[]"),
    "pointer lacks the fingerprint": lambda home: _pointer(
        json.dumps({"folder": _folder(home).name})
    )(home),
    "pointer leads nowhere": _pointer('{"folder": "none", "fingerprint": "x"}'),
    "folder is gone": lambda home: shutil.rmtree(_folder(home)),
    "database is garbage": _garbage("chroma.sqlite3"),
    "cache is garbage": lambda home: (
        _no_pointer(home),
        (_root(home) / "vectors.npz").write_bytes(b"PK\x03\x04 garbage"),
    ),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_built_anew(words: WordEmbedder, home: Path, damage: Any) -> None:
    before = sync(words)
    damage(home)
    after = sync(words)
    assert after.fresh
    assert after.folder != before.folder
    assert len(store.read(after.folder)[0]) == before.passages


def test_vectors_that_would_crash_the_process_crash_the_probe_alone(
    words: WordEmbedder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [Document(f"{n}#en", "en", f"Rule {n}", "", "", "upload") for n in range(1100)]
    monkeypatch.setattr(build, "knowledge_documents", lambda: iter(many))
    sync(words)
    _garbage("data_level0.bin")(home)
    after = sync(words)
    assert after.fresh
    assert len(store.read(after.folder)[0]) == len(many)


@pytest.mark.usefixtures("small")
def test_a_probe_that_hangs_counts_as_no_index(
    words: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(words)
    monkeypatch.setattr(build, "PROBE_SECONDS", 0.01)
    assert sync(words).fresh


@pytest.mark.usefixtures("small", "trusting")
def test_only_what_changed_is_embedded_again(words: WordEmbedder) -> None:
    before = sync(words)
    name = add_upload("rules.txt", "Скидки согласует директор по продажам.".encode())
    count = len(words.embedded)
    with_upload = sync(words)
    assert words.embedded[count:] == ["Скидки согласует директор по продажам."]
    assert with_upload.passages == before.passages + 1
    assert with_upload.fingerprint != before.fingerprint
    remove_upload(name)
    assert sync(words).fingerprint == before.fingerprint
    assert len(words.embedded) == count + 1
    other = sync(WordEmbedder("other"))
    assert other.fresh  # another embedder's vectors are not comparable


@pytest.mark.usefixtures("small", "trusting")
def test_a_failed_build_leaves_the_old_index_answering(
    words: WordEmbedder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sync(words)
    with monkeypatch.context() as patch:
        patch.setattr(store, "_write", _disk_full)
        with pytest.raises(StorageUnavailable, match="PROVODNIK_HOME"):
            sync(words, rebuild=True)
    assert _folder(home) == before.folder
    assert not sync(words).fresh


def _disk_full(*args: Any) -> None:
    from chromadb.errors import InternalError

    raise InternalError("database or disk is full")


@pytest.mark.usefixtures("small", "trusting")
@pytest.mark.parametrize("failing", ["mkdir", "replace"])
def test_a_folder_that_cannot_be_written_is_said(
    words: WordEmbedder, monkeypatch: pytest.MonkeyPatch, home: Path, failing: str
) -> None:
    home.mkdir()

    def refuse(self: Path, *args: Any, **options: Any) -> None:
        if self != home:
            raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, failing, refuse)
    with pytest.raises(StorageUnavailable, match="Read-only file system"):
        sync(words)


@pytest.mark.usefixtures("small", "trusting")
def test_two_that_need_an_index_build_it_once(words: WordEmbedder, home: Path) -> None:
    found: list[Built] = []
    _root(home).mkdir(parents=True)
    threads = [threading.Thread(target=lambda: found.append(sync(words))) for _ in range(2)]
    with FileLock(str(_root(home) / "write.lock")):
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert sorted(built.fresh for built in found) == [False, True]
    assert found[0].folder == found[1].folder


@pytest.mark.usefixtures("small", "trusting")
def test_old_builds_go(words: WordEmbedder, home: Path) -> None:
    folders = [sync(words, rebuild=True).folder for _ in range(3)]
    assert [folder.is_dir() for folder in folders] == [False, False, True]


def test_the_probe_answers_for_a_good_folder_only(tmp_path: Path, words: WordEmbedder) -> None:
    passages = split(DOCUMENTS)
    store.write(tmp_path / "good", passages, words.embed_passages([p.text for p in passages]))
    command = [sys.executable, "-m", "rag.index.store"]
    good = subprocess.run([*command, str(tmp_path / "good")], capture_output=True, text=True)
    assert (good.returncode, good.stdout.strip()) == (0, str(len(passages)))
    assert build._probe(tmp_path / "none") == 0


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("регламент 2025 (v2).docx", "регламент 2025 (v2).docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\plan.txt", "plan.txt"),
        (".ssh", "ssh"),
        ("...", "guideline.txt"),
        ("", "guideline.txt"),
        ("a\x1b[31m\x00\n.txt", "a__31m__.txt"),
        ("\udcff.txt", "_.txt"),
        ("a:b|c?.txt", "a_b_c_.txt"),
        ("x" * 300 + ".txt", "x" * 96 + ".txt"),
    ],
)
def test_names_of_uploads_are_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_uploads_are_proved_kept_and_removed(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "rules.txt"
    source.write_text("Discounts are approved by the director.")
    assert add_upload("../rules.txt", source) == "rules.txt"
    kept = [(d.source, d.lang, d.group) for d in upload_documents()]
    assert kept == [("uploads/rules.txt", "en", "upload")]
    with pytest.raises(UnreadableFile):
        add_upload("photo.png", b"\x89PNG" + bytes(50))
    with pytest.raises(BadInput, match=r"Added: rules\.txt"):
        remove_upload("../rules.txt")
    remove_upload("rules.txt")
    assert list(upload_documents()) == []
    assert list((home / "uploads").iterdir()) == []


def test_an_upload_that_became_unreadable_is_passed_over(home: Path) -> None:
    add_upload("good.txt", b"Discounts are approved by the director.")
    (home / "uploads" / "bad.txt").write_bytes(os.urandom(400))
    (home / "uploads" / "empty.txt").touch()
    assert [document.title for document in upload_documents()] == ["good.txt"]


def test_an_upload_that_cannot_be_kept_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailable, match="No space left"):
        add_upload("rules.txt", b"Discounts are approved by the director.")
