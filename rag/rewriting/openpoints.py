"""What the draft leaves open: each point is a marked gap in the text and a question to the author.

An answered question fills its gap with the author's words. Answers are matched by the question's
text, which is the same on every run over the same draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.knowledge.phrases import gap, phrase
from rag.rewriting.calm import tidy
from rag.text.clean import clean_text
from rag.vocabulary import Lang


@dataclass
class OpenPoints:
    """Collects questions while a document is composed, and hands out answers."""

    lang: Lang
    answers: Mapping[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = {_key(q): clean_text(a).strip() for q, a in self.answers.items()}

    def fill(self, name: str, **values: object) -> str:
        """Return the answer to question `ask_<name>`, or the gap `gap_<name>` and ask."""
        question = phrase(f"ask_{name}", self.lang, **values)
        answer = self.answer(question)
        return answer or gap(name, self.lang, **values)

    def answered(self, question: str) -> bool:
        """Tell whether the author has answered the question."""
        return bool(self.answers.get(_key(question)))

    def answer(self, question: str) -> str:
        """Return the author's answer as a tidy sentence, or "" after noting the question."""
        answer = self.answers.get(_key(question), "")
        if answer:
            return tidy(answer, self.lang)
        if question not in self.questions:
            self.questions.append(question)
        return ""


def _key(question: str) -> str:
    return " ".join(question.casefold().split())
