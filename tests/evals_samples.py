"""Stand-ins for the evaluation tests: rows, results, a scorer and a rewrite that need no model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evals.scoring import Scorer, Verdicts
from rag.errors import OffTopic
from rag.knowledge.principles import load_principles
from rag.tools import Tools
from rag.vocabulary import (
    Document,
    Draft,
    Lang,
    Ledger,
    Passage,
    Rewrite,
    TextFormat,
    Verdict,
    VerdictValue,
)

Row = dict[str, Any]
DRAFT = "We answer requests on the next day and lost 9 of 30 in October. Please approve a reserve."


def draft_rows(count: int = 6) -> list[Row]:
    """Return rows of drafts that differ by their last word."""
    row = {"lang": "en", "kind": "proposal", "numbers": ["9", "30"], "must_not": ["ridiculous"]}
    return [{"id": f"d{i}", "draft": f"{DRAFT} Case {i}.", **row} for i in range(1, count + 1)]


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows as JSON Lines and return the path."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def verdicts(**changed: VerdictValue) -> dict[str, Verdict]:
    """Return a verdict for each principle: pass, where nothing else is said."""
    return {
        id: Verdict(id, changed.get(id, "pass"), reason=f"why {id}", scorer="fake")
        for id in load_principles()
    }


def scorer_of(table: dict[str, VerdictValue]) -> Scorer:
    """Return a scorer that gives every principle the verdict its table has for the text."""

    def score(row: Row, text: str) -> Verdicts:
        return {id: Verdict(id, table[text]) for id in load_principles()}

    return score


def rewritten(draft: Draft, text: str, found: dict[str, Verdict], ledger: Ledger) -> Rewrite:
    """Return a finished rewrite."""
    return Rewrite(
        draft,
        Document(draft.kind, draft.lang, {"situation": text}),
        text,
        "message",
        ledger=ledger,
        verdicts=found,
        model="Fake model",
        versions={"prompts": "1", "principles": "2", "knowledge": "3"},
        timings={"first_field": 1.0, "total": 3.0},
    )


class FakeRewrite:
    """A stand-in for `rag.rewriting.pipeline.rewrite` that remembers which drafts it was given."""

    def __init__(self, found: dict[str, Verdict] | None = None, added: Sequence[str] = ()) -> None:
        self.asked: list[str | None] = []
        self.stop_after = 10**6
        self._found = found or verdicts()
        self._added = list(added)

    def __call__(
        self, draft: Draft, tools: Tools, *, text_format: TextFormat = "message"
    ) -> Rewrite:
        if len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked.append(draft.id)
        if "poem" in draft.text:
            raise OffTopic("not a working message")
        ledger = Ledger(kept=["9", "30"], added=self._added)
        return rewritten(draft, f"Calm: {draft.text}", self._found, ledger)


class FakeRetriever:
    """A retriever whose best passage is chosen by a function of query and language."""

    def __init__(self, section: Callable[[str, Lang | None], str] = lambda query, lang: "") -> None:
        self._section = section

    def search(
        self,
        query: str,
        k: int = 5,
        *,
        lang: Lang | None = None,
        groups: Sequence[str] | None = None,
    ) -> list[Passage]:
        section = self._section(query, lang)
        return [Passage("id", "source", lang or "ru", "text", 0, 4, section=section)]
