"""The scorer: the one place where an evaluation meets the checks.

A scorer is a callable, so that the arithmetic around it is tested with a fake of three lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from evals.cache import Kept, key_of
from evals.store import versions
from rag.checks.check import check
from rag.vocabulary import JudgeMode, Model, Verdict

Row = dict[str, Any]
Verdicts = Mapping[str, Verdict]
Scorer = Callable[[Row, str], Verdicts]


def make_scorer(mode: JudgeMode, model: Model | None = None) -> Scorer:
    """Return a scorer of a text beside its row's kind, language and draft.

    A row that names a `principle` is about that one: no other is looked at.
    """

    def score(row: Row, text: str) -> Verdicts:
        only = [row["principle"]] if "principle" in row else None
        draft = row.get("draft") or None
        return check(
            text,
            kind=row["kind"],
            lang=row["lang"],
            draft=draft,
            model=model,
            mode=mode,
            only=only,
        )

    return score


def remembering(scorer: Scorer, kept: Kept, *identity: str) -> Scorer:
    """Return a scorer that scores the same text once, until the product or the judge changes.

    `identity` names what decides beside the code: the mode and the judge. An `unscored` verdict is
    not remembered: the model may answer next time.
    """

    def score(row: Row, text: str) -> Verdicts:
        asked = [row.get(name) for name in ("kind", "lang", "draft", "principle")]
        key = key_of(versions(), identity, asked, text)
        if key in kept:
            return {id: Verdict(**fields) for id, fields in kept[key].items()}
        found = scorer(row, text)
        if not any(item.verdict == "unscored" for item in found.values()):
            kept.keep(key, {id: asdict(item) for id, item in found.items()})
        return found

    return score
