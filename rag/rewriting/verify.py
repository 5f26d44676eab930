"""Verify a candidate wording of one unit against the unit itself.

Deterministic and strict: a candidate that cannot be shown to keep the facts is refused, and the
safe candidate stands in. Every refusal has a reason, which tests and the debug log read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rag.checks.lexicon import load_lexicon
from rag.facts.extract import extract_facts, find_personal
from rag.facts.figures import stem
from rag.rewriting.proposing import Line
from rag.text.russian import (
    new_verbs,
    person_changed,
    starts_with_infinitive,
    unknown_words,
    verbs_lost,
    without_verbs,
)
from rag.vocabulary import Lang

# Share of a candidate's content words that may be new. Calming replaces slang by neutral words,
# so some novelty is the point; more than this is a different sentence.
MAX_NOVEL_SHARE = 0.5
MAX_NOVEL_WORDS = 5
MAX_LENGTH_RATIO = 1.0  # the unit comes twice: raw, and calmed by the lexicon
MIN_KEPT_SHARE = 0.65
MAX_PART_WORDS = 28
MAX_VALUE_WORDS = 14
MIN_UNLIKE_SHARE = 0.7  # a weak model that is lost repeats itself

_NEGATION = {
    "ru": re.compile(
        r"(?<!\w)(?:не|нет|ни|нельзя|без|никто|ничего|никогда|нигде|никак|ноль|невозможно|перестал\w*|отказ\w*|"
        # Words of speech that say "no" without saying it.
        r"молч\w+|отмалч\w+|тишин\w*|сто(?:ит|ят|ял\w*)|сломан\w*|лежал?\w*|пропал\w*|послал\w*|вслепую|забыть|"
        r"обход\w+|иначе|пусто|пуст\w+|вис(?:ит|ят|ел\w*)|м[её]ртв\w*|хз|впритык|зря|слома\w+)(?!\w)",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:not|no|never|none|nobody|nothing|without|cannot|neither|nor|zero|stopped|refus\w+|fail\w*|unable|lack\w*|miss(?:es|ed|ing)|crickets)\b|n't\b",
        re.I,
    ),
}
_HEDGE = {
    "ru": re.compile(
        r"(?<!\w)(?:примерно|около|где-то|порядка|вроде|кажется|наверное?|может|возможно|видимо|похоже|"
        r"скорее всего|по ощущени\w+|почти|приблизительно|условно|думаю|предположительно|"
        r"ориентировочно|"
        r"по моей оценке|по (?:\w+ )?расч[её]т\w+|раз (?:два|три|четыре|пять|шесть|семь|"
        r"восемь|девять|десять)|(?:штук|человек|процентов|дней|тысяч) (?:на )?\d+)(?!\w)",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:about|around|roughly|approximately|maybe|perhaps|probably|possibly|seems?|apparently|almost|"
        r"nearly|might|may|could be|looks like|i think|i guess|or so|ish|like \d|likely|"
        r"reportedly|estimate\w*|reckon)\b|~",
        re.I,
    ),
}
_CERTAIN = {
    # Words that turn a threat or a wish into a fact, where the unit has none of them.
    "ru": re.compile(
        r"(?<!\w)(?:согласил\w*|договорил\w*|обеща\w+|гарантир\w+|готов\w*|подтверд\w+|решил\w*)(?!\w)",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:agreed|promised|guarantee\w*|confirmed|ready|decided|committed)\b", re.I
    ),
}
_NOT_IMPERATIVE = re.compile(
    r"^(?:i|we|you|they|he|she|it|the|a|an|our|my|this|that|there|is|are|was|were|can|could|"
    r"should|would|maybe|if|because|takes|costs|needs|has|had|got|still|mostly|last)\b",
    re.I,
)
# The person spoken to: "Rob, can I …", "… what the plan is, Craig."
_VOCATIVE = re.compile(r"^[^\W\d_]+,|,\s*[^\W\d_]+(?=\s*[.?!,]|\s*$)")
# What no option may promise: less of what a business lives on.
_LOSS = {
    "ru": re.compile(
        r"(?:снижа|уменьша|сокраща|теря)\w*\s+(?:\w+\s+)?"
        r"(?:марж|выручк|прибыл|продаж|конверси|оборот|удержан|доход)",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:reduc|lower|cut|los|decreas)\w*\s+(?:the\s+)?(?:company's\s+)?"
        r"(?:margin|revenue|profit|sales|conversion|retention|income)",
        re.I,
    ),
}
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN = {
    "ru": "что это для при как или также чтобы который которая которые наш наши нам мы его "
    "её их она они "
    "можно нужно необходимо следует поручить выделить установить дать провести "
    "обеспечить рассмотреть "
    "просить прошу вопрос работа команда менеджер клиент отдел клиенты сотрудник снова "
    "ежедневно часто "
    "сообщать отмечать предлагать требовать время сейчас уже если когда после только",
    "en": "the and for that this with our their they them are was were has have had will "
    "would can should "
    "from into team client clients customer customers department please ask request "
    "report reports say "
    "again daily often now already when after only set have give allocate assign make "
    "take provide it its",
}


def refusal(
    candidate: str,
    unit: str,
    lang: Lang,
    *,
    context: str = "",
    foreign: Sequence[str] = (),
    wording: str = "statement",
) -> str:
    """Return why `candidate` may not stand for `unit`; an empty string accepts it.

    `context` is the whole draft, whose words are no invention ("it" may become the client's
    name). `foreign` are texts a weak model may leak from (the raw phrases of its prompt's
    examples): a content word that is found there and not in the unit is refused. An option or an
    ask may lose its "perhaps", an ask its "or not".
    """
    ask, statement = wording == "ask", wording == "statement"
    checks = (
        _empty(candidate),
        _too_long(candidate, unit),
        _facts_differ(candidate, unit, lang),
        _other_language(candidate, unit, lang),
        _invented(candidate, f"{unit}\n{context}", lang),
        "" if ask else _negation_differs(candidate, unit, lang),
        _hedge_lost(candidate, unit, lang) if statement else "",
        "" if ask else _more_certain(candidate, unit, lang),
        _too_novel(candidate, f"{unit}\n{context}", lang, foreign),
        _too_much_lost(candidate, unit, lang),
        _no_such_word(candidate, unit, lang),
        _not_calm(candidate, lang),
        "" if ask else _question_changed(candidate, unit),
    )
    return next((reason for reason in checks if reason), "")


def is_calm(text: str, lang: Lang) -> bool:
    """Tell whether the text has no emotion, profanity, threat, irony, shouting or verdicts."""
    return not _not_calm(text, lang)


def lines_refused(lines: Sequence[Line], unit: str, context: str, lang: Lang) -> str:
    """Return why the model's lines may not stand for the phrase `unit` of the draft `context`."""
    safe = load_lexicon(lang).replace(unit)
    wordings = {_wording(line.role) for line in lines}
    wording = wordings.pop() if len(wordings) == 1 else "statement"
    for line in lines:
        if _wording(line.role) == "option" and not starts_as_option(line.calm, lang):
            return "does not start with a verb"
    joined = " ".join(line.calm for line in lines)
    again = _repeated(joined, unit, lang)
    if again:
        return f"figure told again: {again}"
    known = f"{unit}\n{safe}"
    return refusal(joined, known, lang, context=context, wording=wording) or (
        _other_event(joined, known) if lang == "ru" else ""
    )


def _repeated(candidate: str, unit: str, lang: Lang) -> str:
    """Return a figure that the candidate tells more often than the unit, or ""."""
    told, known = (
        Counter(fact.value for fact in extract_facts(text, lang) if fact.type != "name")
        for text in (candidate, unit)
    )
    return next((value for value in told if told[value] > max(known[value], 1)), "")


def _other_event(candidate: str, unit: str) -> str:
    """Refuse Russian words in which something else happens, or somebody else acts.

    A small model bends Russian verbs ("they ask" became "I ask", "was lost" became "was taken"),
    and the author's own verbs are calm as a rule.
    """
    verbs = sorted(new_verbs(unit, candidate))
    if verbs:
        return f"another event: {verbs}"
    return "another person acts" if person_changed(unit, candidate) else ""


def _wording(role: str) -> str:
    return role if role in ("option", "ask") else "statement"


def starts_as_option(text: str, lang: Lang) -> bool:
    """Tell whether an option starts with its verb, and says more than the verb."""
    verb = starts_with_infinitive(text) if lang == "ru" else not _NOT_IMPERATIVE.match(text)
    return verb and len(_WORD.findall(text)) >= 2


def proven_part(text: str, context: str, lang: Lang) -> str:
    """Return the model's free words on an option or a consequence, or "" where they are unproven.

    They may say what follows for a business, with no figure, date or name but the draft's.
    """
    words = _stemmed(text, lang)
    proven = (
        2 <= len(words) <= MAX_PART_WORDS
        and len(set(words)) >= MIN_UNLIKE_SHARE * len(words)
        and _counted(text, lang).keys() <= _counted(context, lang).keys()
        and not _invented(text, context, lang)
        and is_calm(text, lang)
        and not re.search(r"[а-яёa-z][А-ЯЁA-Z]", text)  # two words run together
        and not _other_language(text, context, lang)
        and not (lang == "ru" and unknown_words(text) - unknown_words(context))
    )
    return text if proven else ""


def proven_value(text: str, context: str, lang: Lang) -> bool:
    """Tell whether the model's words say what an option is worth: short, and a gain, no loss."""
    words = _stemmed(text, lang)
    return bool(
        proven_part(text, context, lang)
        and len(words) <= MAX_VALUE_WORDS
        and all(words.count(word) == 1 for word in words if len(word) > 4)
        and not _LOSS[lang].search(text)
        and load_lexicon(lang).find("business", text)
    )


def same_words(first: str, second: str, lang: Lang) -> bool:
    """Tell whether two wordings have the same word stems in the same order."""
    return _stemmed(first, lang) == _stemmed(second, lang)


def _empty(candidate: str) -> str:
    return "" if len(_WORD.findall(candidate)) >= 2 else "empty"


def _too_long(candidate: str, unit: str) -> str:
    return "longer" if len(candidate) > MAX_LENGTH_RATIO * len(unit) + 25 else ""


def _facts_differ(candidate: str, unit: str, lang: Lang) -> str:
    before, after = _counted(unit, lang), _counted(candidate, lang)
    odd = [before[v] for v in before.keys() - after.keys() if not _stands_in(before[v], candidate)]
    odd += [after[v] for v in after.keys() - before.keys() if not _stands_in(after[v], unit)]
    if odd:
        return f"figures differ: {sorted(odd)}"
    swapped = _swapped(candidate, unit, lang)
    if swapped:
        return f"figures swapped: {swapped}"
    lost = (
        _names(_VOCATIVE.sub(" ", unit), lang) - _names(candidate, lang) - _stems(candidate, lang)
    )
    return f"names lost: {sorted(lost)}" if lost else ""


def _swapped(candidate: str, unit: str, lang: Lang) -> str:
    """Return a figure that counts what another figure of the unit counts, or ""."""
    facts = extract_facts(unit, lang)
    owners = {fact.noun: fact.value for fact in facts if fact.noun}
    nouns = {fact.value: fact.noun for fact in facts}
    for fact in extract_facts(candidate, lang):
        owner = owners.get(fact.noun, fact.value)
        if owner != fact.value and nouns.get(fact.value) != fact.noun:
            return fact.text
    return ""


def _invented(candidate: str, known: str, lang: Lang) -> str:
    """Refuse names, contact data and numbers ("№15" is no figure) that the draft does not have."""
    names = _names(candidate, lang) - _names(known, lang) - _stems(known, lang)
    contacts = [item for item in find_personal(candidate) if item not in known]
    counted = " ".join([*_counted(candidate, lang).values(), *contacts])  # compared elsewhere
    numbers = _digits(candidate) - _digits(f"{known} {counted}")
    invented = sorted([*names, *contacts, *numbers])
    return f"invented: {invented}" if invented else ""


def _digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def _stands_in(words: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text.casefold()))


def _counted(text: str, lang: Lang) -> dict[str, str]:
    """Return figures and dates: normal form to words, folded ("may" may be May)."""
    facts = (fact for fact in extract_facts(text, lang) if fact.type != "name")
    return {fact.value: fact.text.casefold() for fact in facts}


def _names(text: str, lang: Lang) -> set[str]:
    names = (fact.value for fact in extract_facts(text, lang) if fact.type == "name")
    return {word for name in names for word in name.split() if len(word) > 2}


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
    for category in (
        "profanity",
        "emotion",
        "sarcasm",
        "filler",
        "ultimatum",
        "disparage",
        "replace",
    ):
        unit = lexicon.remove(category, unit)
    plain = {stem(word, lang) for word in _PLAIN[lang].split()}
    told = without_verbs(unit) if lang == "ru" else unit
    content = {root[:5] for root in _stems(told, lang) - plain if len(root) > 3}
    kept = {root[:5] for root in _stems(candidate, lang)}
    if len(content) >= 3 and len(content & kept) < MIN_KEPT_SHARE * len(content):
        return f"lost: {sorted(content - kept)}"
    if lang == "ru" and verbs_lost(unit, candidate):
        return f"verb lost: {verbs_lost(unit, candidate)}"
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
    return set(_stemmed(text, lang))


def _stemmed(text: str, lang: Lang) -> list[str]:
    return [stem(word, lang) for word in _WORD.findall(text)]
