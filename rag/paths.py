"""Where things lie: the product's own data beside the code, the user's data in one folder."""

from __future__ import annotations

from pathlib import Path

from rag import settings
from rag.errors import StorageUnavailable

_ROOT = Path(__file__).resolve().parent.parent


def knowledge_dir() -> Path:
    """Return the folder of principles, kinds, levers, exemplars and handbook."""
    return _ROOT / "knowledge"


def prompts_dir() -> Path:
    """Return the folder of prompt files."""
    return _ROOT / "prompts"


def home() -> Path:
    """Return the user's data folder, created on first use.

    `PROVODNIK_HOME` wins; otherwise the platform's user data folder. It is made for its owner
    alone; a folder that stands already keeps the rights it was given, but for our own.
    Raises StorageUnavailable where it cannot be created.
    """
    configured = settings.get("PROVODNIK_HOME")
    if configured:
        folder = Path(configured).expanduser()
    else:
        from platformdirs import user_data_path

        folder = user_data_path("provodnik", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not configured:  # an earlier version left it open to others
            folder.chmod(0o700)
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot create the data folder {folder}: {error.strerror}. "
            "Set PROVODNIK_HOME to a folder you can write to.",
            f"Не удалось создать папку данных {folder}: {error.strerror}. "
            "Укажите в PROVODNIK_HOME папку, куда можно писать.",
        ) from error
    return folder
