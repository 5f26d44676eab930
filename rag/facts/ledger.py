"""Account for a draft's facts in a text: what was kept, what was dropped, what was added.

Pure comparison of normal forms; no model. A figure counts as kept only with its unit class, so
"25%" does not keep "the 25th". Names compare by stems: any word of a name keeps it, since
"Иван Петров" may become "Петров".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from rag.facts.extract import extract_facts, find_personal
from rag.facts.figures import same_number
from rag.facts.names import name_stem, name_stems
from rag.vocabulary import DroppedFact, Fact, Lang, Ledger

GAP = re.compile(r"\[(?:уточнить|to confirm)[^\]]*\]", re.I)
NOT_IN_TEXT: dict[Lang, str] = {  # the reason of a drop that nobody explained
    "ru": "этого нет в тексте: верните, если важно",
    "en": "not in the text: put it back if it matters",
}
_PERSONAL = {"ru": "личные данные не передаются", "en": "personal data is not passed on"}


def compare_facts(
    draft: str,
    text: str,
    *,
    lang: Lang,
    answers: Sequence[str] = (),
    why: Callable[[Fact], str] | None = None,
) -> Ledger:
    """Return the ledger of `text` against `draft` and the author's `answers`.

    `why` explains a dropped fact where the caller knows the reason. Facts are listed once each,
    in the draft's words.
    """
    source = "\n".join([draft, *answers])
    source_facts = extract_facts(source, lang)
    text_facts = extract_facts(text, lang)
    ledger = Ledger()
    for fact in _unique(source_facts):
        if _is_kept(fact, text, text_facts, lang):
            ledger.kept.append(fact.text)
        else:
            reason = why(fact) if why else ""
            ledger.dropped.append(DroppedFact(fact.text, reason or NOT_IN_TEXT[lang]))
    ledger.dropped += [
        DroppedFact(item, _PERSONAL[lang]) for item in find_personal(draft) if item not in text
    ]
    ledger.added = [
        f.text for f in _unique(text_facts) if not _is_known(f, source, source_facts, lang)
    ]
    return ledger


def _unique(facts: Iterable[Fact]) -> list[Fact]:
    return list({(fact.type, fact.value): fact for fact in reversed(list(facts))}.values())[::-1]


def _is_kept(fact: Fact, text: str, facts: Sequence[Fact], lang: Lang) -> bool:
    if fact.type == "name":
        return bool(name_stems(fact.value) & _word_stems(text, lang))
    return any(other.value == fact.value for other in facts if other.type == fact.type)


def _is_known(fact: Fact, source: str, facts: Sequence[Fact], lang: Lang) -> bool:
    if fact.type == "name":
        return name_stems(fact.value) <= _word_stems(source, lang)
    if any(other.value == fact.value for other in facts):
        return True
    # "3-5%" gives 3 and 5%; a text may say "3% – 5%": the number is known, the unit is shared.
    return _shares_unit(fact, source) and any(
        same_number(other.value) == same_number(fact.value) for other in facts
    )


def _shares_unit(fact: Fact, source: str) -> bool:
    number = re.escape(re.split(r"[^\d.,]", fact.text)[0])
    return bool(number and re.search(rf"(?<!\d){number}\s?[-–—]\s?\d+[.,]?\d*\s?%", source))


def _word_stems(text: str, lang: Lang) -> set[str]:
    return {name_stem(word, lang) for word in re.findall(r"[^\W\d_]+\d*", text)}
