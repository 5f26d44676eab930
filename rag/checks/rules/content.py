"""Rules on content: consequence, business lens, evidence, efforts, ask, brevity."""

from __future__ import annotations

import re

from rag.checks.context import Context, Ruling
from rag.facts.figures import find_dates, find_figures
from rag.facts.ledger import GAP
from rag.text.sentences import split_sentences

LONG_WORDS = 260  # length alone is no fault well above what a reader takes in a minute


def problem_consequence(context: Context) -> Ruling:
    """P02: the problem names what the business loses or risks."""
    part = context.part("problem") if context.kind == "proposal" else context.part("conclusions")
    word = context.has("consequence", part)
    if word:
        return Ruling("pass", f"consequence: {word}", context.sentence_with(word), sure=False)
    if context.gap("problem", "conclusions"):
        return Ruling("pass", "left open and marked")
    return Ruling("fail", "no consequence for the business is named", sure=False)


def business_lens(context: Context) -> Ruling:
    """P04: value is told in the company's interest; a consequence in the problem is no value."""
    parts = {
        "proposal": ("options", "recommendation"),
        "report": ("conclusions", "actions"),
        "cascade": ("reasons", "value"),
    }[context.kind]
    part = context.part(*parts)
    business, comfort = context.has("business", part), context.has("comfort", part)
    if business:
        sentence = context.sentence_with(business)
        return Ruling("pass", f"business value: {business}", sentence, sure=not comfort)
    if context.gap(*parts):
        return Ruling("pass", "left open and marked")
    if comfort:
        return Ruling("fail", f"value as comfort: {comfort}", context.sentence_with(comfort))
    return Ruling("fail", "no value for the business is named", sure=False)


def evidence(context: Context) -> Ruling:
    """P08: a source, a period or figures stand behind the situation."""
    part = context.part("situation")
    source = context.has("evidence_source", part)
    counted = [*find_figures(part, context.lang), *find_dates(part, context.lang)]
    if source or counted:
        quote = source or counted[0].text
        return Ruling(
            "pass", f"evidence: {quote}", context.sentence_with(quote), sure=bool(counted)
        )
    if context.gap("situation"):
        return Ruling("pass", "left open and marked")
    return Ruling("fail", "no source, period or figures")


def own_efforts(context: Context) -> Ruling:
    """P09: says what was tried, unless the draft has nothing on it."""
    word = context.has("efforts", context.fields.get("efforts", context.text))
    if not word and "efforts" in context.fields and not context.gap("efforts"):
        word = context.fields["efforts"].split(".")[0]
    if word:
        return Ruling("pass", f"efforts: {word}", context.sentence_with(word), sure=False)
    if context.gap("efforts"):
        return Ruling("pass", "left open and marked")
    if context.draft is not None and not context.has("efforts", context.draft):
        return Ruling("pass", "the draft has nothing on it")
    return Ruling("fail", "nothing on own efforts")


def clear_ask(context: Context) -> Ruling:
    """P11: the text asks for a decision that can be answered with yes, no or a choice."""
    part = context.fields.get("ask") or " ".join(unit.text for unit in context.sentences[-2:])
    word, vague = context.has("ask", part), context.has("vague_ask", part)
    if word and not vague:
        return Ruling("pass", f"ask: {word}", context.sentence_with(word))
    if word:
        return Ruling("pass", f"ask: {word}", context.sentence_with(word), sure=False)
    if vague:
        return Ruling("fail", f"vague: {vague}", context.sentence_with(vague))
    if "?" in part:
        return Ruling("pass", "asks a question", sure=False)
    return Ruling("fail", "no decision is asked for", sure=False)


def concise(context: Context) -> Ruling:
    """P15: no filler, no sentence said twice."""
    filler = context.has("filler")
    if filler:
        return Ruling("fail", f"filler: {filler}", context.sentence_with(filler))
    seen: set[str] = set()
    for unit in split_sentences(context.text):
        key = re.sub(r"\W+", " ", unit.text.casefold()).strip()
        if len(key.split()) > 4 and key in seen and not GAP.search(unit.text):
            return Ruling("fail", "said twice", unit.text)
        seen.add(key)
    long = len(context.text.split()) > LONG_WORDS
    return Ruling("pass", "long" if long else "no filler", sure=not long)
