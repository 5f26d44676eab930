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
from rag.rewriting.verify import is_calm, refusal, starts_as_option
from rag.text.russian import (
    as_infinitive,
    has_verb,
    starts_with_infinitive,
    with_commas,
    without_lead,
)
from rag.vocabulary import Lang, Model

_OPENERS = {
    "ru": re.compile(
        r"^(?:(?:потому что|так как|ну|и|а|но|короче(?: говоря)?|в общем|вообще|плюс|ещё|еще|"
        r"кстати|также|так|"
        r"вот|значит|блин|слушай(?:те)?|"
        r"в итоге|итого|причём|причем|зато|просто|типа|ладно|смотри(?:те)?|честно говоря|по "
        r"сути|и вот|ну и|ну вот|"
        r"(?:скажи|передай|донеси|сообщи)(?:те)? (?:команде|ребятам|менеджерам|всем|своим)"
        r"(?:,? что)?|"
        r"(?:команде|ребята|коллеги|всем|парни)(?=\s?[,:—]|\s-))"
        r"(?![\w])[\s,:—-]*)+",
        re.I,
    ),
    "en": re.compile(
        r"^(?:(?:because|so|and|but|also|well|look|ok|okay|anyway|honestly|basically|plus|listen|like|"
        r"oh|hey|seriously|"
        r"like i said|i mean|you know|frankly|now|then|(?:please )?(?:tell|inform) (?:the "
        r")?(?:team|reps|guys|everyone|staff)(?: that)?|"
        r"(?:team|guys|folks|everyone|all|hi all|hi team)(?=\s?[,:—]|\s-))(?![\w'’])[\s,:—-]*)+",
        re.I,
    ),
}
_ENGLISH_LEAD = re.compile(
    r"^(?:(?:let'?s|please|maybe|perhaps|either|or|and|i suggest|i propose|i recommend|"
    r"i think|i'?d like|i would like|i'?d|i would|i want|we should|we could|we can|"
    r"we need to|we might|we|you|could|can|should|need to|want to|would like to|to|just|"
    r"at least let me|let me|let us|how about|what about|"
    r"why not|why don'?t we|what if we|it would be (?:good|great|better) to|also|then|"
    r"already)\s+)+",
    re.I,
)


@dataclass(frozen=True)
class Wording:
    """A unit's final words, who wrote them ("model" or "author") and why a candidate failed."""

    text: str
    by: str
    refused: str = ""


def calm(unit: str, wording: str, lang: Lang, model: Model | None) -> Wording:
    """Return the calm wording of one unit; `text` is empty when nothing calm is left of it."""
    if wording == "statement" and is_tidy(unit, lang):
        return Wording(unit, "author")
    safe = safe_wording(unit, lang)
    if wording == "option":
        safe = option_wording(safe, lang)
        if lang == "ru" and starts_with_infinitive(safe) and is_calm(safe, lang):
            return Wording(safe, "author")  # the author's own verb beats a model's guess
    refused = ""
    if model is not None and safe:
        candidate = _candidate(safe, wording, lang, model)
        refused = _refusal(candidate, unit, safe, wording, lang)
        if not refused:
            return Wording(candidate, "model")
    return Wording(safe if is_calm(safe, lang) else _without_heat(safe, lang), "author", refused)


def safe_wording(unit: str, lang: Lang) -> str:
    """Return the unit in the author's own words, calmed by the lexicon alone.

    Empty when heat was most of it: what is left of "I'm done defending this" means nothing.
    """
    lexicon = load_lexicon(lang)
    text = lexicon.replace(_OPENERS[lang].sub("", unit))
    before = len(text.split())
    for category in ("profanity", "emotion", "sarcasm", "filler", "ultimatum"):
        text = lexicon.remove(category, text)
    text = _OPENERS[lang].sub("", text.strip(" ,.!-—"))
    left = len(text.split())
    meaningless = left < 2 or (left < 4 and left < before / 2)
    stump = lang == "ru" and left < before and not has_verb(text)
    if (meaningless or stump) and not any(char.isdigit() for char in text):
        return ""
    return tidy(with_commas(text) if lang == "ru" else text, lang)


def option_wording(text: str, lang: Lang) -> str:
    """Return a proposal that starts with its verb, where the author's verb can be found."""
    if lang == "ru":
        noun = without_lead(text)
        return as_infinitive(text) or noun[:1].upper() + noun[1:]
    shown = _ENGLISH_LEAD.sub("", text)
    return shown[:1].upper() + shown[1:]


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
    return text if text[-1] in ".?" else text.rstrip("!") + "."


def _candidate(safe: str, wording: str, lang: Lang, model: Model) -> str:
    """Return the model's wording: it sees the words already calmed by the lexicon."""
    prompt = load_prompt(f"calm_{wording}_{lang}")
    messages = prompt.render(phrase=safe)
    try:
        answer = model.complete(messages, max_tokens=int(prompt.sampling["max_tokens"])).text
    except BadModelAnswer:  # cut short or empty: the safe candidate is there for this
        return ""
    lines = answer.strip().strip('"“”').splitlines()
    return tidy(lines[0], lang) if lines else ""


def _refusal(candidate: str, unit: str, safe: str, wording: str, lang: Lang) -> str:
    prompt = load_prompt(f"calm_{wording}_{lang}")
    turns = [text for role, text in prompt.turns if role == "user" and "{{" not in text]
    reason = refusal(candidate, f"{unit}\n{safe}", lang, foreign=turns, wording=wording)
    if not reason and wording == "option" and not starts_as_option(candidate, lang):
        return "does not start with a verb"
    return reason


def _without_heat(text: str, lang: Lang) -> str:
    """Drop the clauses that stay hot after the lexicon; keep the rest of the sentence."""
    clauses = re.split(r"(?<=[,;.])\s+|\s+[—–-]\s+", text)
    calm_ones = [clause for clause in clauses if is_calm(clause, lang)]
    return tidy(" ".join(calm_ones), lang) if calm_ones else ""


def is_tidy(unit: str, lang: Lang) -> bool:
    """Tell whether a unit needs no editing: a calm, capitalised, punctuated sentence."""
    sentence = (
        (unit[:1].isupper() or unit[:1].isdigit())
        and unit[-1:] in ".?"
        and not _OPENERS[lang].match(unit)
    )
    return bool(sentence and is_calm(unit, lang) and not load_lexicon(lang).find("replace", unit))
