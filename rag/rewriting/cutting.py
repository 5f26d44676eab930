"""Cut a phrase in the author's words where the model saw several thoughts in it.

The model's own words may be refused and its cut still be right. The cut is found by dynamic
programming: each stretch of the phrase should share as many word stems as possible with its line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from rag.facts.figures import stem
from rag.rewriting.proposing import Line
from rag.text.sentences import Unit
from rag.vocabulary import Lang

# Longer phrases are cut at marks and conjunctions only, so that there are few places to try.
MAX_PLACES = 14
_MARK = re.compile(r"[,;:.!?—–-]$")
_JOINING = {
    "ru": {"и", "а", "но", "или", "либо", "поэтому", "иначе", "может", "давайте", "если"},
    "en": {"and", "but", "or", "so", "then", "maybe", "either", "let's", "if", "otherwise"},
}
_TRAILING = re.compile(r"[\s,;:—–-]*(?:\b(?:или|либо|or|and|и|а)\b)?[\s,;:—–-]*$", re.I)
_LEADING = re.compile(r"^[\s,;:—–-]*(?:(?:или|либо|either|or|and|и|а)\b\s*)?", re.I)
MARK_BONUS = 0.75


def cut_like(unit: Unit, lines: Sequence[Line], lang: Lang) -> list[Unit]:
    """Return the phrase in as many stretches as there are lines, or whole where it has too few."""
    words = list(re.finditer(r"\S+", unit.text))
    places = _places([word.group() for word in words], lang)
    if len(lines) < 2 or len(places) < len(lines) - 1:
        return [unit]
    wanted = [_stems(line.calm, lang) for line in lines]
    own = [_stems(word.group(), lang) for word in words]

    def worth(cuts: tuple[int, ...]) -> float:
        edges = [0, *cuts, len(words)]
        stretches = zip(edges, edges[1:], wanted, strict=False)
        shared = sum(len(set().union(*own[a:b]) & stems) for a, b, stems in stretches)
        return shared + MARK_BONUS * sum(bool(_MARK.search(words[c - 1].group())) for c in cuts)

    cuts = max(combinations(places, len(lines) - 1), key=worth)
    starts = [words[at].start() for at in (0, *cuts)]
    ends = [*starts[1:], len(unit.text)]
    return [_trimmed(unit, start, end) for start, end in zip(starts, ends, strict=True)]


def _places(words: Sequence[str], lang: Lang) -> list[int]:
    """Return the numbers of the words before which the phrase may be cut."""
    every = range(1, len(words))
    good = [
        n
        for n in every
        if _MARK.search(words[n - 1]) or words[n].casefold().strip(",") in _JOINING[lang]
    ]
    return good[:MAX_PLACES] if good else list(every)[:MAX_PLACES]


def _trimmed(unit: Unit, start: int, end: int) -> Unit:
    text = _TRAILING.sub("", unit.text[start:end])
    shown = _LEADING.sub("", text)
    at = unit.start + start + len(text) - len(shown)
    return Unit(shown, at, at + len(shown), unit.bullet)


def _stems(text: str, lang: Lang) -> set[str]:
    return {stem(word, lang)[:5] for word in re.findall(r"\w{2,}", text)}
