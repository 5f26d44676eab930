"""What the classifier is trained on: groups of texts that differ by what they break."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from typing import Any

from evals.datasets import DATA, load_rows
from evals.mutations import mutations
from evals.situations import broken, marks, plain
from rag.knowledge.principles import load_principles

Row = dict[str, Any]
Labels = dict[str, bool]  # does the principle hold; absent = not known or not applicable
Change = dict[str, Any]
Mark = tuple[str, int, int]
TOGETHER = 6  # texts broken by hand beside their good one in a group; one mutated joins them
ALSO_BROKEN = 0.15  # of the groups share a second fault, so that a fault shows beside others
ONE_LINE = 0.15  # of the groups have no line breaks, so that layout does not decide


@dataclass(frozen=True)
class Example:
    """A text with what is known of it; `broken` names the principle its pair is about."""

    text: str
    labels: Labels
    broken: str = ""


@dataclass(frozen=True)
class Group:
    """A good text first, then texts made from it; or one rated text."""

    kind: str
    draft: str
    examples: tuple[Example, ...]
    marks: tuple[Mark, ...] = ()  # what each stretch of the first text is, where it is known


def text_groups(split: str, chance: random.Random) -> list[Group]:
    """Return groups for the principles that a text shows by itself, in random order."""
    groups = []
    for row in load_rows(DATA / "situations" / f"{split}.jsonl", "situations"):
        changes = [item for item in row["breaks"].items() if item[0] != "P12"]
        chance.shuffle(changes)
        for start in range(0, len(changes), TOGETHER):
            groups.append(_group(row, changes[start : start + TOGETHER], chance))
    groups += [_rated(row) for row in load_rows(DATA / "rated" / f"{split}.jsonl", "rated")]
    chance.shuffle(groups)
    return groups


def _group(row: Row, changes: list[tuple[str, Change]], chance: random.Random) -> Group:
    good, also = plain(row["good"]), None
    if chance.random() < ALSO_BROKEN:
        also = chance.choice([item for item in row["breaks"].items() if item[0] != "P12"])
    holds = {
        id: id != (also and also[0])
        for id, item in load_principles().items()
        if row["kind"] in item.kinds and id != "P12"
    }
    base = broken(good, also[1]) if also else good
    examples = [Example(base, holds)]
    for id, change in changes:
        text = _both(good, also and also[1], change)
        if text is not None and (also is None or id != also[0]):
            examples.append(Example(text, holds | {id: False}, id))
    mutated = [] if also else list(mutations(row, chance).items())
    if mutated:
        id, text = chance.choice(mutated)
        examples.append(Example(text, _known(holds | {id: False}, id), id))
    marked = () if also else tuple(marks(row["good"]))
    if chance.random() < ONE_LINE:
        marked = ()
        examples = [replace(item, text=re.sub(r"\s*\n\s*", " ", item.text)) for item in examples]
    return Group(row["kind"], row["draft"], tuple(examples), marked)


def _both(good: str, also: Change | None, change: Change) -> str | None:
    """Return the text with both faults, None where the changes do not go together."""
    if also is None:
        return broken(good, change)
    if "text" in also or "text" in change:
        return None
    try:
        return broken(good, {"edits": [*also["edits"], *change["edits"]]})
    except ValueError:
        return None


def _known(labels: Labels, mutated: str) -> Labels:
    """Return the labels a mutation leaves certain: without reasons the value may be gone too."""
    return {id: holds for id, holds in labels.items() if not (mutated == "P14" and id == "P04")}


def _rated(row: Row) -> Group:
    labels = {
        id: label == "pass" for id, label in row["scores"].items() if label != "na" and id != "P12"
    }
    return Group(row["kind"], row["draft"], (Example(row["text"], labels),))
