"""Score a text against the fifteen principles: rule, classifier, and the judge where in doubt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rag.checks.classifier import Opinion, opinion_on
from rag.checks.context import Context, Ruling
from rag.checks.joining import join, judge_counts
from rag.checks.judge import judge
from rag.checks.overall import SERIOUS
from rag.checks.rules import RULES
from rag.checks.segments import find_fields
from rag.errors import Unavailable
from rag.knowledge.principles import Principle, load_principles
from rag.vocabulary import JudgeMode, Lang, Model, Verdict, VerdictValue

# Log-odds within which the judge is asked, where there is one and it is not asked anyway.
DOUBT = 1.0


def check(
    text: str,
    *,
    kind: str,
    lang: Lang,
    draft: str | None = None,
    answers: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    model: Model | None = None,
    mode: JudgeMode = "both",
    only: Collection[str] | None = None,
) -> dict[str, Verdict]:
    """Return a verdict for each principle (of `only`, where given), in order.

    `mode` says who decides: "rules" is rules and classifier, "model" the judge alone, "both" the
    judge too where the others are in doubt. `fields` gives the text by field where the writer
    knows it; then the rules, which can rely on them, are not joined by the classifier. Otherwise
    the fields are found. Without a draft P12 is `unscored`. A principle that does not apply to the
    kind is `na`.
    """
    parts = dict(fields) if fields is not None else find_fields(text, kind, lang)
    context = Context(text, kind, lang, parts, draft, answers)
    asked = [item for id, item in load_principles().items() if only is None or id in only]
    read = fields is None
    return {item.id: _verdict(item, context, model, mode, read) for item in asked}


def _verdict(
    principle: Principle, context: Context, model: Model | None, mode: JudgeMode, read: bool
) -> Verdict:
    if context.kind not in principle.kinds:
        return Verdict(principle.id, "na", reason=f"does not apply to a {context.kind}")
    ruling = RULES[principle.id](context)
    if ruling.verdict == "unscored":
        return Verdict(principle.id, "unscored", "", ruling.reason, "rules")
    if mode == "model" and model is not None:
        return _by_judge(principle, context, model)
    opinion = _opinion(principle.id, context) if read else None
    known = opinion.odds if opinion else None
    odds = join(principle.id, context.lang, ruling, known)
    if mode == "both" and model is not None and abs(odds) < DOUBT and judge_counts(principle.id):
        judged = judge(principle, context, model).odds
        odds = join(principle.id, context.lang, ruling, known, judged)
    return _joined(principle.id, context, ruling, opinion, odds)


def _by_judge(principle: Principle, context: Context, model: Model) -> Verdict:
    answer = judge(principle, context, model)
    if answer.odds is None:
        return Verdict(principle.id, "unscored", "", answer.reason, "judge")
    value = _value(answer.odds)
    return Verdict(principle.id, value, answer.quote, answer.reason, "judge", answer.odds)


def _opinion(principle: str, context: Context) -> Opinion | None:
    """Return the classifier's opinion, None where it has none or cannot run on this machine."""
    try:
        return opinion_on(principle, context.text, context.kind)
    except Unavailable:
        return None


def _joined(
    principle: str, context: Context, ruling: Ruling, opinion: Opinion | None, odds: float
) -> Verdict:
    """Return the verdict; where rule and outcome agree, the rule's reason and quote explain it."""
    value = _value(odds)
    verdict = Verdict(principle, value, "", ruling.reason, "rules", odds)
    if ruling.verdict == value or opinion is None:
        quote = ruling.quote if ruling.quote in context.text else ""
        serious = SERIOUS if ruling.serious and value == "fail" else ""
        return replace(verdict, quote=quote, scorer=f"rules{serious}")
    reason = "reads as kept" if value == "pass" else "reads as broken"
    return replace(verdict, quote=opinion.quote, reason=reason, scorer="classifier")


def _value(odds: float) -> VerdictValue:
    return "pass" if odds >= 0 else "fail"
