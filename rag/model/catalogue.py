"""Which model is used: an endpoint, a GGUF file of the user's, or the embedded weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rag import settings
from rag.errors import ModelUnavailable
from rag.model.client import ChatModel
from rag.model.server import EmbeddedServer
from rag.model.weights import NAME, SHA256, weights_path


def open_model(on_progress: Callable[[int, int], None] = lambda done, total: None) -> ChatModel:
    """Return the model the settings choose. Raises ModelUnavailable with what to do."""
    url, chosen = settings.get("OPENAI_BASE_URL"), settings.get("PROVODNIK_MODEL")
    if url:
        return ChatModel(
            name=f"{chosen or 'default'} @ {settings.shown_address(url)}",
            model_id=chosen or "default",
            base_url=url,
            api_key=settings.get("OPENAI_API_KEY") or "none",
        )
    if chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            raise ModelUnavailable(
                f"PROVODNIK_MODEL names no file: {path}. Give a path to a .gguf file, or set "
                "OPENAI_BASE_URL for a model at an endpoint.",
                f"PROVODNIK_MODEL не указывает на файл: {path}. Укажите путь к файлу .gguf или "
                "задайте OPENAI_BASE_URL для модели на сервере.",
            )
        return ChatModel(name=path.name, model_id=path.stem, server=EmbeddedServer(path))
    path = weights_path(on_progress)
    adapter = adapter_path()
    return ChatModel(name=NAME, model_id=SHA256[:16], server=EmbeddedServer(path, adapter))


def identity(model: ChatModel) -> str:
    """Return what tells this model from every other: answers may be kept under it.

    Weights are named by their hash, a file of one's own by size and time, an endpoint by address.
    """
    server = model.server
    if server is None:
        return f"{model.base_url} {model.model_id}"
    stat = server.path.stat()
    adapter = server.adapter.stat().st_size if server.adapter else 0
    return f"{model.model_id} {stat.st_size} {stat.st_mtime_ns} {adapter}"


def adapter_path() -> Path | None:
    """Return the adapter that ships with the product (`rag/tuning`), or None without one."""
    path = Path(__file__).parents[1] / "tuning" / "adapter.gguf"
    return path if path.is_file() else None


def leaves_machine() -> str:
    """Return the endpoint texts are sent to, or "" where nothing leaves the machine."""
    return settings.get("OPENAI_BASE_URL")


def describe_models() -> list[dict[str, object]]:
    """Return the kinds of model one can use, which is selected, and how to select another."""
    url, chosen = settings.get("OPENAI_BASE_URL"), settings.get("PROVODNIK_MODEL")
    return [
        {
            "name": NAME,
            "selected": not url and not chosen,
            "how": "the default; no key, no network",
        },
        {
            "name": Path(chosen).name if chosen and not url else "any GGUF file",
            "selected": bool(chosen and not url),
            "how": "set PROVODNIK_MODEL to its path",
        },
        {
            "name": chosen or "default" if url else "any OpenAI-compatible endpoint",
            "selected": bool(url),
            "how": "set OPENAI_BASE_URL, OPENAI_API_KEY and PROVODNIK_MODEL",
        },
    ]
