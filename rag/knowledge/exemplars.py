"""Exemplars: drafts taken apart by hand, which show by example what a rule cannot say.

One JSON object a line in `knowledge/exemplars/*.jsonl`. A draft is cut into units; each has the
role it plays, the words a careful editor gives it and, for an option, what it is worth, how it is
limited, what shows its effect and what it risks.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from rag.knowledge.roles import load_roles
from rag.knowledge.source import Strict, bad, build
from rag.paths import knowledge_dir
from rag.vocabulary import Lang


class ExemplarUnit(Strict):
    """One stretch of a draft: its role, its calm words ("" where it is left out)."""

    model_config = ConfigDict(str_min_length=0)

    text: str
    role: str
    calm: str
    value: str = ""
    limits: str = ""
    effect: str = ""
    risk: str = ""


class Exemplar(Strict):
    """One draft with its units in order and the business consequence that follows from it."""

    model_config = ConfigDict(str_min_length=0)

    id: str
    lang: Lang
    kind: str
    draft: str
    units: list[ExemplarUnit]
    consequence: str = ""
    reasons_value: str = ""


def unit_source(exemplar: Exemplar, number: int) -> str:
    """Return the source name of an exemplar's unit in the index."""
    return f"exemplars/{exemplar.id}/{number}"


@cache
def load_exemplars(folder: Path | None = None) -> tuple[Exemplar, ...]:
    """Return all exemplars by file and line. Raises BadKnowledge naming file and line."""
    files = sorted((folder or knowledge_dir() / "exemplars").glob("*.jsonl"))
    return tuple(exemplar for path in files for exemplar in _read(path))


def _read(path: Path) -> list[Exemplar]:
    lines = path.read_text("utf-8").split("\n")
    return [_exemplar(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]


def _exemplar(path: Path, number: int, line: str) -> Exemplar:
    place = path.with_name(f"{path.name}, line {number}")
    try:
        data: Any = json.loads(line)
    except ValueError as error:
        raise bad(place, str(error), "write one JSON object a line") from error
    exemplar = build(place, Exemplar, data)
    known = {role.id for role in load_roles(exemplar.kind)}
    end = 0
    for unit in exemplar.units:
        if unit.role not in known:
            raise bad(place, f"unknown role {unit.role!r}", f"use one of {sorted(known)}")
        end = exemplar.draft.find(unit.text, end) + len(unit.text)
        if end < len(unit.text):
            raise bad(place, f"unit {unit.text!r} is not in the draft", "copy it exactly, in order")
    return exemplar
