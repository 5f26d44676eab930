"""The judge: one yes/no question about one part of a text, answered by log-odds.

On a whole page a small model hardly tells a good text from a poor one, so it is shown the part the
principle speaks of; for faithfulness the draft beside it. A model error is `unscored`, never a
pass or a fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.checks.context import Context
from rag.errors import Unavailable
from rag.knowledge.principles import Principle
from rag.model.yesno import yes_or_no
from rag.prompts import load_prompt
from rag.vocabulary import Message, Model

MAX_CHARS = 1800


@dataclass(frozen=True)
class Judgement:
    """The judge's log-odds that the principle holds; None = no answer."""

    odds: float | None
    quote: str
    reason: str


def judge(principle: Principle, context: Context, model: Model) -> Judgement:
    """Ask whether `principle` holds for its part of the text."""
    part = context.part(*principle.fields.get(context.kind, []))[:MAX_CHARS]
    try:
        yes, no = yes_or_no(_question(principle, context, part), context.lang, model)
    except Unavailable as error:
        return Judgement(None, "", error.message("en"))
    quote = part if part in context.text else ""
    return Judgement(yes - no, quote, f"log-odds {yes - no:+.2f}")


def _question(principle: Principle, context: Context, part: str) -> Sequence[Message]:
    words = principle[context.lang]
    said = {
        "rule": words.rule,
        "holds": words.holds,
        "fails": words.fails,
        "question": words.question,
        "text": part,
    }
    if principle.id != "P12":
        return load_prompt(f"judge_{context.lang}").render(**said)
    source = "\n".join([context.draft or "", *context.answers])[: 2 * MAX_CHARS]
    return load_prompt(f"judge_faithful_{context.lang}").render(**said, draft=source)
