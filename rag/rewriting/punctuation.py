"""Restore the punctuation of dictated stretches, so that they can be taken apart into units.

The embedded model writes under a grammar that holds the author's own words in their order and
leaves open only what stands between them, so no word can be lost, changed or added. A model
without grammars is believed only when its words are the same.
"""

from __future__ import annotations

import re

from rag.errors import BadModelAnswer, ModelTimeout
from rag.prompts import load_prompt
from rag.text.sentences import split_sentences
from rag.vocabulary import Lang, Model

# A stretch of so many words, with fewer marks than one in RUN words, was dictated.
MIN_WORDS = 22
RUN = 14
# Words a model punctuates in one go: longer stretches would not fit its answer.
MAX_WORDS = 90


def punctuate(text: str, lang: Lang, model: Model | None) -> str:
    """Return `text` with its run-on stretches punctuated; every word stays as it is."""
    if model is None:
        return text
    for unit in reversed(split_sentences(text)):
        if _is_run_on(unit.text):
            text = text[: unit.start] + _restored(unit.text, lang, model) + text[unit.end :]
    return text


def _is_run_on(text: str) -> bool:
    words = len(text.split())
    return words >= MIN_WORDS and words > RUN * (1 + len(re.findall(r"[,;:—–.]\s", text)))


def _restored(text: str, lang: Lang, model: Model) -> str:
    words = text.split()
    parts = [words[at : at + MAX_WORDS] for at in range(0, len(words), MAX_WORDS)]
    try:
        return " ".join(_one(part, lang, model) for part in parts)
    except ModelTimeout:  # a model that is silent once is not asked again for every part
        return text


def _one(words: list[str], lang: Lang, model: Model) -> str:
    raw = " ".join(words)
    prompt = load_prompt(f"punctuate_{lang}")
    limit = int(prompt.sampling["max_tokens"])
    try:
        answer = model.complete(
            prompt.render(phrase=raw), max_tokens=limit, grammar=word_grammar(words)
        ).text.strip()
    except BadModelAnswer:  # the safe candidate is the draft as it was typed
        return raw
    return answer if _letters(answer) == _letters(raw) else raw


def word_grammar(words: list[str]) -> str:
    """Return a GBNF grammar of exactly these words in order, with free punctuation between."""
    rules = [f"w0 ::= {_quoted(_capital(words[0]))}"]
    rules += [
        f'w{n} ::= (" " | ", " | " — ") {_quoted(word)} | (". " | "? ") {_quoted(_capital(word))}'
        for n, word in enumerate(words[1:], 1)
    ]
    root = " ".join(f"w{n}" for n in range(len(words)))
    return f'root ::= {root} ("." | "?")\n' + "\n".join(rules)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
