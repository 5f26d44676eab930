"""Score a text against the fifteen principles: rules first, the judge where they cannot decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.checks.context import Context, Ruling
from rag.checks.judge import judge
from rag.checks.overall import SERIOUS
from rag.checks.rules import RULES
from rag.checks.segments import find_fields
from rag.knowledge.principles import Principle, load_principles
from rag.vocabulary import JudgeMode, Lang, Model, Verdict, VerdictValue

# How far from its threshold the judge must be to overrule a hesitant rule (log-odds).
OVERRULE_MARGIN = 1.5


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
) -> dict[str, Verdict]:
    """Return a verdict for each principle, in order.

    `fields` gives the text by field where the writer knows it; otherwise the fields are found.
    Without a draft P12 is `unscored`. A principle that does not apply to the kind is `na`.
    """
    parts = dict(fields) if fields is not None else find_fields(text, kind, lang)
    context = Context(text, kind, lang, parts, draft, answers)
    principles = load_principles().values()
    return {item.id: _verdict(item, context, model, mode) for item in principles}


def _verdict(
    principle: Principle, context: Context, model: Model | None, mode: JudgeMode
) -> Verdict:
    if context.kind not in principle.kinds:
        return Verdict(principle.id, "na", reason=f"does not apply to a {context.kind}")
    ruling = RULES[principle.id](context)
    asked = model is not None and (mode == "model" or (mode == "both" and not ruling.sure))
    if asked and ruling.verdict != "unscored":
        assert model is not None
        return _joined(principle, context, ruling, model, mode)
    return _by_rule(principle, context, ruling)


def _by_rule(principle: Principle, context: Context, ruling: Ruling) -> Verdict:
    quote = ruling.quote if ruling.quote in context.text else ""
    scorer = "rules" + (SERIOUS if ruling.serious and ruling.verdict == "fail" else "")
    return Verdict(principle.id, ruling.verdict, quote, ruling.reason, scorer)


def _joined(
    principle: Principle, context: Context, ruling: Ruling, model: Model, mode: JudgeMode
) -> Verdict:
    answer = judge(principle, context, model)
    if answer.margin is None:
        if mode == "both":
            return _by_rule(principle, context, ruling)
        return Verdict(principle.id, "unscored", "", answer.reason, "judge")
    if mode == "both" and abs(answer.margin) < OVERRULE_MARGIN:
        return _by_rule(principle, context, ruling)
    verdict: VerdictValue = "pass" if answer.margin >= 0 else "fail"
    return Verdict(principle.id, verdict, answer.quote, answer.reason, "judge")
