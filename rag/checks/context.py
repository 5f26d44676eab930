"""What a rule sees of one text: its parts, sentences, lexicon, and the draft it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.checks.lexicon import Lexicon, load_lexicon
from rag.facts.ledger import GAP
from rag.knowledge.roles import load_roles
from rag.text.sentences import Unit, split_sentences
from rag.vocabulary import Lang, VerdictValue


@dataclass(frozen=True)
class Ruling:
    """A rule's opinion. `sure` is False where a judge should be asked, if there is one."""

    verdict: VerdictValue
    reason: str = ""
    quote: str = ""
    sure: bool = True
    serious: bool = False


@dataclass(frozen=True)
class Context:
    """One text under check. `fields` are its parts by field id, in the order of the text."""

    text: str
    kind: str
    lang: Lang
    fields: Mapping[str, str]
    draft: str | None = None
    answers: Sequence[str] = ()

    @cached_property
    def lexicon(self) -> Lexicon:
        """Return the tone lexicon of the text's language."""
        return load_lexicon(self.lang)

    @cached_property
    def sentences(self) -> list[Unit]:
        """Return the sentences of the text."""
        return split_sentences(self.text)

    def part(self, *fields: str) -> str:
        """Return the text of the given fields, or the whole text where they are not found."""
        found = [self.fields[name] for name in fields if name in self.fields]
        return "\n".join(found) if found else self.text

    def has(self, category: str, text: str | None = None) -> str:
        """Return the first hit of a lexicon category, or ""."""
        hits = self.lexicon.find(category, self.text if text is None else text)
        return hits[0].text if hits else ""

    def gap(self, *fields: str) -> bool:
        """Tell whether a marked gap stands in one of the fields."""
        return any(GAP.search(self.fields.get(name, "")) for name in fields)

    def role(self, sentence: str) -> str:
        """Return the id of the first role whose cue the sentence hits, or ""."""
        roles = load_roles(self.kind)
        return next((role.id for role in roles if role.hits(sentence, self.lang)), "")

    def sentence_with(self, words: str) -> str:
        """Return the sentence that holds `words`: the quote of a verdict."""
        return next((unit.text for unit in self.sentences if words in unit.text), words)
