"""The handbook's chapters in our own words, one Markdown file per chapter and language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from rag.knowledge.source import Strict, bad, build
from rag.paths import knowledge_dir
from rag.vocabulary import LANGS, Lang

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.S)


class Chapter(Strict):
    """One chapter. A `missing` one says so: the handbook has its heading and no text."""

    id: str
    lang: Lang
    title: str
    status: Literal["present", "missing"]
    path: str
    text: str


@cache
def load_handbook(folder: Path | None = None) -> tuple[Chapter, ...]:
    """Return all chapters of both languages. Raises BadKnowledge for a malformed file."""
    root = folder or knowledge_dir() / "handbook"
    return tuple(
        _chapter(path, lang) for lang in LANGS for path in sorted((root / lang).glob("*.md"))
    )


def _chapter(path: Path, lang: Lang) -> Chapter:
    try:
        match = _FRONT.match(path.read_text("utf-8"))
        front = yaml.safe_load(match.group("front")) if match else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise bad(path, str(error), "correct the file at that place") from error
    if not match or not isinstance(front, dict):
        raise bad(path, "no front matter", "start it with --- id, title, status ---")
    name = f"handbook/{lang}/{path.name}"
    return build(
        path, Chapter, {**front, "lang": lang, "path": name, "text": match.group("body").strip()}
    )
