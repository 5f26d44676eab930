"""Roles: what a unit of a draft can be in each kind of document, and the field it goes to.

Read from `knowledge/roles/`: `common.yaml` holds the roles every kind has, `<kind>.yaml` its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from rag.errors import BadKnowledge
from rag.paths import knowledge_dir
from rag.vocabulary import LANGS, Lang

Wording = Literal["statement", "option", "ask", "none"]


@dataclass(frozen=True, eq=False)  # one object a role, so that it can be part of a key
class Role:
    """One role. An empty `field` means the unit is left out, and `why` tells the author."""

    id: str
    field: str
    wording: Wording
    about: dict[Lang, str]
    why: dict[Lang, str]
    examples: dict[Lang, list[str]]
    cues: dict[Lang, tuple[re.Pattern[str], ...]]

    def hits(self, text: str, lang: Lang) -> bool:
        """Tell whether a cue of this role occurs in `text`."""
        return any(cue.search(text) for cue in self.cues[lang])


@cache
def load_roles(kind: str, folder: Path | None = None) -> tuple[Role, ...]:
    """Return the roles of `kind`, its own first. Raises BadKnowledge for a malformed file."""
    folder = folder or knowledge_dir() / "roles"
    own = _read(folder / f"{kind}.yaml")
    return (*own, *_read(folder / "common.yaml"))


def _read(path: Path) -> tuple[Role, ...]:
    try:
        rows = yaml.safe_load(path.read_text("utf-8"))["roles"]
        return tuple(_role(row) for row in rows)
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, re.error) as error:
        raise BadKnowledge(
            f"{path.name}: {error}. Correct the file; knowledge/roles/common.yaml shows the form.",
            f"{path.name}: {error}. Исправьте файл по образцу knowledge/roles/common.yaml.",
        ) from error


def _role(row: dict[str, Any]) -> Role:
    return Role(
        id=row["id"],
        field=row["field"],
        wording=row["wording"],
        about=row["about"],
        why=row.get("why", {lang: "" for lang in LANGS}),
        examples=row["examples"],
        cues={lang: tuple(re.compile(c, re.I) for c in row["cues"][lang]) for lang in LANGS},
    )
