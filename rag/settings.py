"""Settings: one table, read from the environment and `.env`.

README's table is generated from SETTINGS (`python -m rag doctor --settings`), and a test keeps
the two equal. The environment wins over `.env`; `.env` is looked for in the working folder.

The endpoint's address decides whether texts leave the machine, and may hold a password: where it
leads and how it may be shown is told here, once for the page, the commands and the messages.
"""

from __future__ import annotations

import logging
import math
import os
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

# Each writes whole addresses, with the password one may carry, as soon as logging is on.
for _name in ("httpx", "httpx2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


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

    from rag.errors import BadInput

    try:
        return {name: value for name, value in dotenv_values(path).items() if value}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Cannot read the settings in {path}. Save the file as UTF-8 and check its rights.",
            f"Не удалось прочитать настройки в {path}. Сохраните файл в UTF-8 и проверьте права.",
        ) from error


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


def endpoint_host() -> str:
    """Return the host texts are sent to, or "" where they stay on this machine."""
    url = get("OPENAI_BASE_URL")
    return remote_host(url) if url else ""


def remote_host(url: str) -> str:
    """Return the host an address leads to, or "" where that is this machine.

    An address that cannot be understood counts as leading elsewhere, under the setting's name.
    """
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        host = ""
    return "" if _is_this_machine(host) else host or "OPENAI_BASE_URL"


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def shown_address(url: str) -> str:
    """Return an address without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        return "…"
    user, at, place = parts.netloc.rpartition("@")
    if url.count("@") > user.count("@") + len(at):  # an odd password has torn the address apart
        return "…"
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    more = "?…" if parts.query or parts.fragment else ""
    return f"{scheme}{at and '…@'}{place}{parts.path}{more}"
