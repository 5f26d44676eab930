"""Say one unit calmly: the model's candidate where it is proven safe, else the author's own words.

The safe candidate is built without a model: loaded words are replaced and emotional ones removed
by the tone lexicon, shouting is lowered, the sentence is tidied. It can only lose colour, never
gain a fact. A unit that is calm and tidy already stays exactly as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.checks.lexicon import load_lexicon
from rag.errors import BadModelAnswer
from rag.prompts import load_prompt
from rag.rewriting.verify import is_calm, refusal
from rag.vocabulary import Lang, Model

_OPENERS = {
    "ru": re.compile(
        r"^(?:(?:ну|и|а|но|короче(?: говоря)?|в общем|вообще|плюс|ещё|еще|кстати|также|так|вот|значит|блин|слушай(?:те)?|"
        r"в итоге|итого|причём|причем|зато|просто|типа|ладно|смотри(?:те)?|честно говоря|по сути|и вот|ну и|ну вот)\b[\s,—-]*)+",
        re.I,
    ),
    "en": re.compile(
        r"^(?:(?:so|and|but|also|well|look|ok|okay|anyway|honestly|basically|plus|listen|like|oh|hey|seriously|"
        r"like i said|i mean|you know|frankly|now|then)\b[\s,—-]*)+",
        re.I,
    ),
}


@dataclass(frozen=True)
class Wording:
    """A unit's final words, who wrote them ("model" or "author") and why a candidate failed."""

    text: str
    by: str
    refused: str = ""


def calm(unit: str, wording: str, lang: Lang, model: Model | None) -> Wording:
    """Return the calm wording of one unit; `text` is empty when nothing calm is left of it."""
    safe = safe_wording(unit, lang)
    if wording == "statement" and _is_tidy(unit, lang):
        return Wording(unit, "author")
    refused = ""
    if model is not None:
        prompt = load_prompt(f"calm_{wording}_{lang}")
        try:
            answer = model.complete(
                prompt.render(phrase=unit),
                max_tokens=int(prompt.sampling["max_tokens"]),
            ).text
        except BadModelAnswer:  # cut short or empty: the safe candidate is there for this
            answer = ""
        candidate = tidy(answer.strip().strip("\"«»“”").split("\n")[0], lang)
        refused = refusal(
            candidate, unit, lang, foreign=[m["content"] for m in prompt.render(phrase="")],
            ask=wording == "ask",
        )
        if not refused:
            return Wording(candidate, "model")
    return Wording(safe if is_calm(safe, lang) else _without_heat(safe, lang), "author", refused)


def safe_wording(unit: str, lang: Lang) -> str:
    """Return the unit in the author's own words, calmed by the lexicon alone."""
    lexicon = load_lexicon(lang)
    text = lexicon.replace(unit)
    for category in ("profanity", "emotion", "sarcasm", "filler"):
        text = lexicon.remove(category, text)
    return tidy(_OPENERS[lang].sub("", text), lang)


def tidy(text: str, lang: Lang) -> str:
    """Return one tidy sentence: spaces, commas, case, end mark; shouting lowered."""
    text = re.sub(r"(?<!\w)[A-ZА-ЯЁ]{6,}(?!\w)", lambda m: m.group().lower(), text)
    text = re.sub(r"\(\s*\)", "", text)
    text = re.sub(r"[!?]*!+[!?]*", ".", re.sub(r"\?{2,}", "?", text))
    text = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", text))
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", re.sub(r"\.{2,}|…", ".", text))
    text = re.sub(r"[,;:]\s*\.", ".", text)
    text = re.sub(r"^[\s,.;:—–)-]+|[\s,;:—–(-]+$", "", text)
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!»" and not text.endswith("»") else text.rstrip(".") + "."


def _without_heat(text: str, lang: Lang) -> str:
    """Drop the clauses that stay hot after the lexicon; keep the rest of the sentence."""
    clauses = re.split(r"(?<=[,;.])\s+|\s+[—–-]\s+", text)
    calm_ones = [clause for clause in clauses if is_calm(clause, lang)]
    return tidy(" ".join(calm_ones), lang) if calm_ones else ""


def _is_tidy(unit: str, lang: Lang) -> bool:
    """Tell whether a unit needs no editing: a calm, capitalised, punctuated sentence."""
    sentence = unit[:1].isupper() and unit[-1:] in ".?" and not _OPENERS[lang].match(unit)
    return bool(sentence and is_calm(unit, lang) and not load_lexicon(lang).find("replace", unit))
