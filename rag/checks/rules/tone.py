"""Rules on tone: calm (P05), no verdicts on one's own (P06)."""

from __future__ import annotations

import re

from rag.checks.context import Context, Ruling

_HEAT = ("profanity", "emotion", "ultimatum", "sarcasm")
_SHOUT = re.compile(r"!{2,}|\?!|(?<!\w)[A-ZА-ЯЁ]{5,}(?:\s+[A-ZА-ЯЁ]{3,})*(?!\w)")
_CLIENTS_SAY = re.compile(
    r"клиент\w*|покупател\w*|заказчик\w*|партн[её]р\w*|client\w*|customer\w*|buyer\w*|dealer\w*",
    re.I,
)
_SAYING = re.compile(
    r"говор\w*|сравнива\w*|просят|называ\w*|жалу\w*|отмеча\w*|счита\w*|пиш\w*|say\w*|compare\w*|ask\w*|call\w*|complain\w*|name\w*|report\w*|tell\w*|find\b",
    re.I,
)


def calm_tone(context: Context) -> Ruling:
    """P05: no distress, irony, ultimatum, threat or shouting."""
    for category in _HEAT:
        word = context.has(category)
        if word:
            return Ruling("fail", f"{category}: {word}", context.sentence_with(word))
    shout = _SHOUT.search(context.text)
    if shout:
        return Ruling("fail", "shouting", context.sentence_with(shout.group()))
    return Ruling("pass", "no heat found", sure=False)


def no_disparagement(context: Context) -> Ruling:
    """P06: no bad word of the author's own on product, price, company or people."""
    for match in context.lexicon.find("disparage", context.text):
        sentence = context.sentence_with(match.text)
        if not (_CLIENTS_SAY.search(sentence) and _SAYING.search(sentence)):
            return Ruling("fail", f"verdict: {match.text}", sentence)
    return Ruling("pass", "no verdict on our own", sure=False)
