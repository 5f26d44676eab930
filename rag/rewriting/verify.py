"""Verify a candidate wording of one unit against the unit itself.

Deterministic and strict: a candidate that cannot be shown to keep the facts is refused, and the
safe candidate stands in. Every refusal has a reason, which tests and the debug log read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.checks.lexicon import load_lexicon
from rag.facts.extract import extract_facts
from rag.facts.figures import stem
from rag.text.russian import turned_passive, unknown_words, verbs_lost
from rag.vocabulary import Lang

# Share of a candidate's content words that may be new. Calming replaces slang by neutral words,
# so some novelty is the point; more than this is a different sentence.
MAX_NOVEL_SHARE = 0.5
MAX_NOVEL_WORDS = 5
MAX_LENGTH_RATIO = 1.0  # the unit comes twice: raw, and calmed by the lexicon
MIN_KEPT_SHARE = 0.5

_NEGATION = {
    "ru": re.compile(r"(?<!\w)(?:не|нет|ни|нельзя|без|никто|ничего|никогда|нигде|никак|ноль|невозможно|перестал\w*|отказ\w*)(?!\w)", re.I),
    "en": re.compile(r"\b(?:not|no|never|none|nobody|nothing|without|cannot|neither|nor|zero|stopped|refus\w+|fail\w*|unable|lack\w*|crickets)\b|n't\b", re.I),
}
_HEDGE = {
    "ru": re.compile(
        r"(?<!\w)(?:примерно|около|где-то|порядка|вроде|кажется|наверное?|может|возможно|видимо|похоже|"
        r"скорее всего|по ощущени\w+|почти|приблизительно|условно|думаю|предположительно|ориентировочно|"
        r"раз (?:два|три|четыре|пять|шесть|семь|восемь|девять|десять)|(?:штук|человек|процентов|дней|тысяч) (?:на )?\d+)(?!\w)",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:about|around|roughly|approximately|maybe|perhaps|probably|possibly|seems?|apparently|almost|"
        r"nearly|might|may|could be|looks like|i think|i guess|or so|ish|some|like \d|likely|reportedly|estimated?)\b|~",
        re.I,
    ),
}
_CERTAIN = {
    # Words that turn a threat or a wish into a fact, where the unit has none of them.
    "ru": re.compile(r"(?<!\w)(?:согласил\w*|договорил\w*|обеща\w+|гарантир\w+|готов\w*|подтверд\w+|решил\w*)(?!\w)", re.I),
    "en": re.compile(r"\b(?:agreed|promised|guarantee\w*|confirmed|ready|decided|committed)\b", re.I),
}
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN = {
    "ru": "что это для при как или также чтобы который которая которые наш наши нам мы его её их она они "
    "можно нужно необходимо следует поручить выделить установить дать провести обеспечить рассмотреть "
    "просить прошу вопрос работа команда менеджер клиент отдел клиенты сотрудник снова ежедневно часто "
    "сообщать отмечать предлагать требовать время сейчас уже если когда после только",
    "en": "the and for that this with our their they them are was were has have had will would can should "
    "from into team client clients customer customers department please ask request report reports say "
    "again daily often now already when after only set have give allocate assign make take provide it its",
}


def refusal(
    candidate: str, unit: str, lang: Lang, *, foreign: Sequence[str] = (), ask: bool = False
) -> str:
    """Return why `candidate` may not stand for `unit`; an empty string accepts it.

    `foreign` are texts a weak model may leak from (the raw phrases of its prompt's examples): a
    content word that is found there and not in the unit is refused.
    """
    checks = (
        _empty(candidate),
        _too_long(candidate, unit),
        _facts_differ(candidate, unit, lang),
        _other_language(candidate, unit, lang),
        _negation_differs(candidate, unit, lang),
        _hedge_lost(candidate, unit, lang),
        _more_certain(candidate, unit, lang),
        _too_novel(candidate, unit, lang, foreign),
        _too_much_lost(candidate, unit, lang),
        _no_such_word(candidate, unit, lang),
        _not_calm(candidate, lang),
        "" if ask else _question_changed(candidate, unit),
    )
    return next((reason for reason in checks if reason), "")


def is_calm(text: str, lang: Lang) -> bool:
    """Tell whether the text has no emotion, profanity, threat, irony, shouting or verdicts."""
    return not _not_calm(text, lang)


def _empty(candidate: str) -> str:
    return "" if len(_WORD.findall(candidate)) >= 2 else "empty"


def _too_long(candidate: str, unit: str) -> str:
    return "longer" if len(candidate) > MAX_LENGTH_RATIO * len(unit) + 25 else ""


def _facts_differ(candidate: str, unit: str, lang: Lang) -> str:
    before = {(f.type, f.value) for f in extract_facts(unit, lang) if f.type != "name"}
    after = {(f.type, f.value) for f in extract_facts(candidate, lang) if f.type != "name"}
    if before != after:
        return f"figures differ: {sorted(before ^ after)}"
    names = {word for f in extract_facts(unit, lang) if f.type == "name" for word in f.value.split()}
    lost = names - _stems(candidate, lang)
    return f"names lost: {sorted(lost)}" if lost else ""


def _other_language(candidate: str, unit: str, lang: Lang) -> str:
    cyrillic = [bool(re.search("[а-яё]", text, re.I)) for text in (candidate, unit)]
    foreign = re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", candidate)
    return "other language" if foreign or (cyrillic[0] != cyrillic[1]) else ""


def _negation_differs(candidate: str, unit: str, lang: Lang) -> str:
    pattern = _NEGATION[lang]
    return "" if bool(pattern.search(candidate)) == bool(pattern.search(unit)) else "negation"


def _hedge_lost(candidate: str, unit: str, lang: Lang) -> str:
    pattern = _HEDGE[lang]
    return "hedge lost" if pattern.search(unit) and not pattern.search(candidate) else ""


def _more_certain(candidate: str, unit: str, lang: Lang) -> str:
    pattern = _CERTAIN[lang]
    said = {stem(word, lang)[:5] for word in pattern.findall(unit)}
    new = [word for word in pattern.findall(candidate) if stem(word, lang)[:5] not in said]
    return f"more certain: {new[0]}" if new else ""


def _too_novel(candidate: str, unit: str, lang: Lang, foreign: Sequence[str]) -> str:
    words = [stem(word, lang) for word in _WORD.findall(candidate)]
    known = _stems(unit, lang) | {stem(word, lang) for word in _PLAIN[lang].split()}
    roots = {root[:5] for root in known if len(root) >= 5}
    novel = [word for word in words if word not in known and word[:5] not in roots]
    leaked = set(novel) & {root for text in foreign for root in _stems(text, lang)}
    if leaked:
        return f"leaked from the prompt: {sorted(leaked)}"
    if len(novel) > MAX_NOVEL_WORDS or len(novel) > MAX_NOVEL_SHARE * max(len(words), 1):
        return f"too novel: {novel}"
    return ""


def _too_much_lost(candidate: str, unit: str, lang: Lang) -> str:
    """Refuse a candidate that keeps too little of the unit's calm content words."""
    lexicon = load_lexicon(lang)
    for category in ("profanity", "emotion", "sarcasm", "filler", "ultimatum", "disparage", "replace"):
        unit = lexicon.remove(category, unit)
    plain = {stem(word, lang) for word in _PLAIN[lang].split()}
    content = {root[:5] for root in _stems(unit, lang) - plain if len(root) > 3}
    kept = {root[:5] for root in _stems(candidate, lang)}
    if len(content) >= 3 and len(content & kept) < MIN_KEPT_SHARE * len(content):
        return f"lost: {sorted(content - kept)}"
    if lang == "ru" and verbs_lost(unit, candidate):
        return f"verb lost: {verbs_lost(unit, candidate)}"
    if lang == "ru" and turned_passive(unit, candidate):
        return "turned passive"
    return ""


def _no_such_word(candidate: str, unit: str, lang: Lang) -> str:
    if lang != "ru":
        return ""
    invented = unknown_words(candidate) - unknown_words(unit)
    return f"no such word: {sorted(invented)}" if invented else ""


def _not_calm(text: str, lang: Lang) -> str:
    lexicon = load_lexicon(lang)
    for category in ("profanity", "emotion", "ultimatum", "sarcasm", "disparage"):
        found = lexicon.find(category, text)
        if found:
            return f"{category}: {found[0].text}"
    if re.search(r"!|\?\?|(?<![\w])[A-ZА-ЯЁ]{6,}(?!\w)", text):
        return "shouting"
    return ""


def _question_changed(candidate: str, unit: str) -> str:
    return "became a question" if "?" in candidate and "?" not in unit else ""


def _stems(text: str, lang: Lang) -> set[str]:
    return {stem(word, lang) for word in _WORD.findall(text)}
