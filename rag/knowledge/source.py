"""Read YAML of `knowledge/` strictly, and fingerprint what was read.

Every loader goes through `read_yaml` and `build`, so that a malformed file is refused on load with
its name, the key and what to do.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from rag.errors import BadKnowledge
from rag.paths import knowledge_dir, prompts_dir

Row = TypeVar("Row", bound=BaseModel)


class Strict(BaseModel):
    """A row of knowledge: unknown keys refused, never changed after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, str_min_length=1
    )


class Bilingual(Strict):
    """A text in both languages: `title["ru"]`."""

    ru: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return str(getattr(self, lang))


class BilingualList(Strict):
    """A list of texts in each language."""

    ru: list[str]
    en: list[str]

    def __getitem__(self, lang: str) -> list[str]:
        return list(getattr(self, lang))


def read_rows(folder: Path, row: type[Row]) -> list[Row]:
    """Return one row per `*.yaml` of `folder`, by file name. Raises BadKnowledge."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise bad(folder, "no .yaml files here", "restore the folder from the product")
    return [build(path, row, read_yaml(path)) for path in files]


def read_yaml(path: Path) -> Any:
    """Return the parsed YAML of one file. Raises BadKnowledge with the line."""
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise bad(path, str(error), "correct the YAML at that place") from error


def build(path: Path, row: type[Row], data: Any) -> Row:
    """Return `data` as a validated row. Raises BadKnowledge naming the key."""
    try:
        return row.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise bad(path, f"{place}: {first['msg']}", "compare it with a file beside it") from error


def bad(path: Path, what: str, remedy: str) -> BadKnowledge:
    """Return the error for a malformed file."""
    return BadKnowledge(
        f"{path.parent.name}/{path.name}: {what}. What to do: {remedy}.",
        f"{path.parent.name}/{path.name}: {what}. Что делать: {remedy}.",
    )


@cache
def knowledge_hash() -> str:
    """Return a short hash over all files of `knowledge/`."""
    return _folder_hash(knowledge_dir())


@cache
def principles_hash() -> str:
    """Return a short hash over the principle files."""
    return _folder_hash(knowledge_dir() / "principles")


@cache
def prompts_hash() -> str:
    """Return a short hash over the prompt files."""
    return _folder_hash(prompts_dir())


def _folder_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".yaml", ".md", ".txt", ".jsonl"}:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
