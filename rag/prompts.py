"""Prompt files: front matter (purpose, inputs, sampling) and a body of roles.

The body is split by lines `## system`, `## user`, `## assistant`. `{{name}}` marks an input. The
declared inputs equal the used ones, checked on load. Inputs are data: a tag that the prompt uses
around an input cannot be closed from inside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rag.errors import BadKnowledge
from rag.paths import prompts_dir
from rag.vocabulary import Message

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.S)
_ROLE = re.compile(r"^## (system|user|assistant)\s*$", re.M)
_INPUT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Prompt:
    """One prompt: who says what, with inputs to fill, and how the answer is sampled."""

    name: str
    purpose: str
    inputs: frozenset[str]
    sampling: dict[str, Any]
    turns: tuple[tuple[str, str], ...]

    def render(self, **values: str) -> list[Message]:
        """Return the messages. Raises BadKnowledge naming all missing and unknown inputs."""
        missing, unknown = self.inputs - values.keys(), values.keys() - self.inputs
        if missing or unknown:
            raise _bad(self.name, f"missing inputs {sorted(missing)}, unknown {sorted(unknown)}")
        tags = {tag for _, text in self.turns for tag in re.findall(r"</(\w+)>", text)}
        safe = {name: _defused(value, tags) for name, value in values.items()}
        return [
            {"role": role, "content": _INPUT.sub(lambda m: safe[m.group(1)], text)}
            for role, text in self.turns
        ]


@cache
def load_prompt(name: str, folder: Path | None = None) -> Prompt:
    """Return the prompt `name`. Raises BadKnowledge for a malformed file."""
    path = (folder or prompts_dir()) / f"{name}.md"
    try:
        match = _FRONT.match(path.read_text("utf-8"))
        front = yaml.safe_load(match.group("front")) if match else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _bad(name, str(error)) from error
    if not match or not isinstance(front, dict) or set(front) != {"purpose", "inputs", "sampling"}:
        raise _bad(name, "front matter must have exactly purpose, inputs and sampling")
    parts = _ROLE.split(match.group("body"))
    turns = tuple((role, text.strip()) for role, text in zip(parts[1::2], parts[2::2], strict=True))
    used = {found for _, text in turns for found in _INPUT.findall(text)}
    declared = front["inputs"] if isinstance(front["inputs"], list) else []
    if used != set(declared):
        raise _bad(name, f"declares inputs {sorted(declared)} but uses {sorted(used)}")
    return Prompt(name, front["purpose"], frozenset(used), front["sampling"], turns)


def _defused(value: str, tags: set[str]) -> str:
    if not tags:
        return value
    return re.sub(rf"</?\s*(?:{'|'.join(sorted(tags))})\b[^>]*>", " ", value, flags=re.I)


def _bad(name: str, what: str) -> BadKnowledge:
    return BadKnowledge(
        f"prompts/{name}.md: {what}. Correct the file; the others show the form.",
        f"prompts/{name}.md: {what}. Исправьте файл по образцу соседних.",
    )
