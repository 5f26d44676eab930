"""Turn exemplars into training examples in the form the rewriting asks for."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rag.knowledge.exemplars import Exemplar, ExemplarUnit
from rag.prompts import load_prompt
from rag.rewriting.proposing import numbered, written
from rag.text.sentences import split_units
from rag.vocabulary import Message

# How often the phrases are cut by hand; else as the product's splitter cuts, which may be coarser.
BY_HAND = 0.4

Group = tuple[str, list[ExemplarUnit]]


def example(exemplar: Exemplar, chance: random.Random) -> tuple[list[Message], str]:
    """Return the prompt and the answer wanted for one exemplar."""
    groups = by_hand(exemplar) if chance.random() < BY_HAND else by_splitter(exemplar)
    prompt = load_prompt(f"take_apart_{exemplar.lang}")
    phrases = numbered([phrase for phrase, _ in groups])
    messages = prompt.render(kind=exemplar.kind, phrases=phrases)
    return messages, written(exemplar, [units for _, units in groups])


def by_hand(exemplar: Exemplar) -> list[Group]:
    """Return each unit as a phrase of its own."""
    return [(unit.text, [unit]) for unit in exemplar.units]


def by_splitter(exemplar: Exemplar) -> list[Group]:
    """Return the splitter's phrases with the units in them; overlapping ones are joined."""
    draft = exemplar.draft
    pieces = [(piece.start, piece.end, None) for piece in split_units(draft, exemplar.lang)]
    joined: list[tuple[int, int, list[ExemplarUnit]]] = []
    for start, end, unit in sorted(
        [*pieces, *_spans(exemplar)], key=lambda item: (item[0], -item[1])
    ):
        if joined and start < joined[-1][1] - 1:
            first, last, units = joined.pop()
            joined.append((first, max(last, end), units))
        else:
            joined.append((start, end, []))
        if unit is not None:
            joined[-1][2].append(unit)
    return [(draft[start:end], units) for start, end, units in joined if units]


def _spans(exemplar: Exemplar) -> Sequence[tuple[int, int, ExemplarUnit]]:
    spans = []
    end = 0
    for unit in exemplar.units:
        start = exemplar.draft.index(unit.text, end)
        end = start + len(unit.text)
        spans.append((start, end, unit))
    return spans
