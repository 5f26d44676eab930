"""Cutting a draft into phrases."""

from __future__ import annotations

import pytest

from rag.rewriting.prepare import make_draft
from rag.rewriting.units import find_units

CASES = {
    "a wrapped line goes on": (
        "report",
        "12 of 60 May orders shipped late because the carrier keeps missing pickups. Two clients\n"
        "already told us they will leave.",
        [
            "12 of 60 May orders shipped late because the carrier keeps missing pickups.",
            "Two clients already told us they will leave.",
        ],
    ),
    "a short line is a phrase": (
        "report",
        "the warehouse is silent\nclients leave",
        ["the warehouse is silent", "clients leave"],
    ),
    "a secret takes nothing with it": (
        "proposal",
        "Answer by Friday, and don't tell the team about the contractor.",
        ["Answer by Friday", "don't tell the team about the contractor."],
    ),
    "a reason leaves its decision": (
        "cascade",
        "We move support to two shifts because 40% of tickets come after 6pm.",
        ["We move support to two shifts", "because 40% of tickets come after 6pm."],
    ),
    "a label of the author's": ("report", "Situation: 44 of 50 units.", ["44 of 50 units."]),
}


@pytest.mark.parametrize(("kind", "text", "phrases"), CASES.values(), ids=CASES)
def test_phrases(kind: str, text: str, phrases: list[str]) -> None:
    assert [unit.text for unit in find_units(make_draft(text, kind), None)[1]] == phrases
