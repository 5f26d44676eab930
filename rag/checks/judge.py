"""The judge: one yes/no question about one part of a text, answered by log-odds.

On a whole page a small model hardly tells a good text from a poor one, so it is shown the part the
principle speaks of. A model error is `unscored`, never a pass or a fail.
"""

from __future__ import annotations

from dataclasses import dataclass

from rag.checks.context import Context
from rag.errors import Unavailable
from rag.knowledge.principles import Principle
from rag.knowledge.source import read_yaml
from rag.model.yesno import yes_or_no
from rag.paths import knowledge_dir
from rag.prompts import load_prompt
from rag.vocabulary import Lang, Model

MAX_CHARS = 1800


@dataclass(frozen=True)
class Judgement:
    """The judge's log-odds that the principle holds, less the threshold; None = no answer."""

    margin: float | None
    quote: str
    reason: str


def judge(principle: Principle, context: Context, model: Model) -> Judgement:
    """Ask whether `principle` holds for its part of the text."""
    part = context.part(*principle.fields.get(context.kind, []))[:MAX_CHARS]
    text = principle[context.lang]
    messages = load_prompt(f"judge_{context.lang}").render(
        rule=text.rule, holds=text.holds, fails=text.fails, question=text.question, text=part
    )
    try:
        yes, no = yes_or_no(messages, context.lang, model)
    except Unavailable as error:
        return Judgement(None, "", error.message("en"))
    odds = yes - no
    margin = odds - threshold(principle.id, context.lang)
    quote = part if part in context.text else ""
    return Judgement(margin, quote, f"log-odds {odds:+.2f}")


def threshold(principle: str, lang: Lang) -> float:
    """Return the log-odds from which the judge's answer is a yes, fitted on training pairs."""
    table = read_yaml(knowledge_dir() / "judge_thresholds.yaml")
    return float(table.get(principle, {}).get(lang, 0.0))
