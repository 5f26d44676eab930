"""What is counted on one rewritten text, beside the verdicts: facts, figures, forbidden words."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from evals.statistics import share
from rag.facts.ledger import NOT_IN_TEXT
from rag.vocabulary import Ledger

Row = dict[str, Any]


@dataclass(frozen=True)
class Counts:
    """Counts over one text or many; they add up.

    A fact counts as lost when the ledger drops it without a reason of its own (a stretch left out
    on purpose, personal data). `numbers` and `forbidden` are the labels of the data set.
    """

    texts: int = 0
    facts_kept: int = 0
    facts_lost: int = 0
    facts_added: int = 0
    numbers: int = 0
    numbers_kept: int = 0
    forbidden: int = 0

    def __add__(self, other: Counts) -> Counts:
        names = [field.name for field in fields(self)]
        return Counts(*(getattr(self, name) + getattr(other, name) for name in names))

    def rates(self) -> dict[str, float | None]:
        """Return the shares of facts and of labelled figures that were kept."""
        return {
            "facts_kept_rate": share(self.facts_kept, self.facts_kept + self.facts_lost),
            "numbers_kept_rate": share(self.numbers_kept, self.numbers),
        }


def count(row: Row, text: str, ledger: Ledger) -> Counts:
    """Return the counts of `text`, written from the draft of `row`."""
    numbers = row.get("numbers") or []
    return Counts(
        texts=1,
        facts_kept=len(ledger.kept),
        facts_lost=sum(item.why in NOT_IN_TEXT.values() for item in ledger.dropped),
        facts_added=len(ledger.added),
        numbers=len(numbers),
        numbers_kept=sum(holds(text, number) for number in numbers),
        forbidden=sum(holds(text, words) for words in row.get("must_not") or []),
    )


def holds(text: str, words: str) -> bool:
    """Tell whether `words` stand in the text as they are; "5" stands neither in "15" nor "5,2"."""
    wanted = r"\s+".join(re.escape(word) for word in words.split()).replace("%", r"\s?%")
    pattern = rf"(?<!\w)(?<!\d[.,]){wanted}(?!\w)(?![.,]\d)"
    return bool(wanted) and re.search(pattern, text, re.I) is not None
