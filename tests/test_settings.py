"""Settings come from the environment, then `.env`, then their defaults; paths follow them."""

from __future__ import annotations

import re
from pathlib import Path

import platformdirs
import pytest

from rag import paths, settings
from rag.command_line.doctor import settings_table
from rag.errors import BadInput, StorageUnavailable
from rag.settings import SETTINGS, _dotenv

ROOT = Path(__file__).parent.parent


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_dotenv", _dotenv)
    monkeypatch.chdir(tmp_path)
    assert settings.get("PROVODNIK_RETRIES") == "2"
    _dotenv.cache_clear()
    (tmp_path / ".env").write_text("PROVODNIK_RETRIES=5\nPROVODNIK_LANG=\n")
    assert settings.get("PROVODNIK_RETRIES") == "5"
    assert settings.get("PROVODNIK_LANG") == "ru"
    monkeypatch.setenv("PROVODNIK_RETRIES", "7")
    assert settings.get("PROVODNIK_RETRIES") == "7"


def test_an_unknown_setting_is_a_mistake_in_the_program() -> None:
    with pytest.raises(KeyError):
        settings.get("PROVODNIK_COLOUR")


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("2.5", 2.5), (" 7 ", 7)])
def test_numbers(monkeypatch: pytest.MonkeyPatch, value: str, number: float) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", value)
    assert settings.get_number("PROVODNIK_TIMEOUT") == number


@pytest.mark.parametrize("value", ["abc", "1,5", "-1", "nan", "inf", "1e999"])
def test_what_is_no_number_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PROVODNIK_TIMEOUT", value)
    with pytest.raises(BadInput, match=f"PROVODNIK_TIMEOUT='{value}'"):
        settings.get_number("PROVODNIK_TIMEOUT")


def test_the_table_lists_every_setting_once() -> None:
    table = settings_table().splitlines()[2:]
    assert [re.findall(r"`(\w+)`", row)[0] for row in table] == [s.name for s in SETTINGS]
    for setting, row in zip(SETTINGS, table, strict=True):
        assert setting.meaning in row
        assert setting.default in row


def test_every_setting_the_code_reads_is_in_the_table() -> None:
    read = {
        name
        for path in [
            *ROOT.glob("rag/**/*.py"),
            *ROOT.glob("pages/*.py"),
            *ROOT.glob("evals/**/*.py"),
        ]
        for name in re.findall(r'(?:get|get_number|environ\.get)\("([A-Z_]{5,})"', path.read_text())
        if name.startswith(("PROVODNIK_", "OPENAI_"))
    }
    assert read <= {setting.name for setting in SETTINGS}
    assert len(read) >= 8


def test_home_is_made_where_it_is_asked_for(home: Path) -> None:
    assert not home.exists()
    assert paths.home() == home
    assert home.is_dir()


def test_home_defaults_to_the_platform_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROVODNIK_HOME")
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name, appauthor: tmp_path / name)
    assert paths.home() == tmp_path / "provodnik"


def test_a_home_that_cannot_be_made_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROVODNIK_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StorageUnavailable, match="Set PROVODNIK_HOME") as caught:
        paths.home()
    assert "Укажите в PROVODNIK_HOME" in caught.value.message("ru")
