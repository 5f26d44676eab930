"""Settings: one table, read from the environment and `.env`.

README's table is generated from SETTINGS (`python -m rag doctor --settings`), and a test keeps
the two equal. The environment wins over `.env`; `.env` is looked for in the working folder.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """One setting: its variable, default ("" = unset) and what it does."""

    name: str
    default: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("PROVODNIK_HOME", "", "folder of the user's data; default: the platform's data folder"),
    Setting("PROVODNIK_LANG", "ru", "language of the page and of messages: ru or en"),
    Setting(
        "PROVODNIK_MODEL",
        "",
        "model to use: empty = embedded, a path to a .gguf file, "
        "or a model's name at OPENAI_BASE_URL",
    ),
    Setting("OPENAI_BASE_URL", "", "any OpenAI-compatible endpoint; unset = the embedded model"),
    Setting("OPENAI_API_KEY", "", "key of that endpoint; never logged or shown"),
    Setting("PROVODNIK_TIMEOUT", "120", "seconds one model answer may take in all"),
    Setting("PROVODNIK_RETRIES", "2", "times a failed model request is sent again"),
    Setting("PROVODNIK_THREADS", "0", "threads of the embedded model; 0 = all cores"),
    Setting(
        "PROVODNIK_EMBEDDING_MODEL", "", "embedding model at OPENAI_BASE_URL; empty = embedded"
    ),
    Setting("PROVODNIK_MAX_CHARS", "20000", "longest draft accepted, in characters"),
)
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


@cache
def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(path).items() if value}


def get(name: str) -> str:
    """Return a setting's value. Raises KeyError for a name that is not in SETTINGS."""
    default = _DEFAULTS[name]
    return os.environ.get(name) or _dotenv(Path(".env").absolute()).get(name) or default


def get_number(name: str) -> float:
    """Return a numeric setting. Raises BadInput where the value is no number from 0 on."""
    from rag.errors import BadInput

    value = get(name)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise BadInput(
            f"{name}={value!r} is not a number from 0 on. Correct it in the environment or in "
            f".env.",
            f"{name}={value!r} — не число от 0. Исправьте в окружении или в .env.",
        )
    return number
