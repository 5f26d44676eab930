"""The scorer: the one place where an evaluation meets the checks.

A scorer is a callable, so that the arithmetic around it is tested with a fake of three lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.checks.check import check
from rag.errors import BadModelAnswer
from rag.knowledge.principles import load_principles
from rag.vocabulary import Completion, JudgeMode, Message, Model, Verdict

Row = dict[str, Any]
Verdicts = Mapping[str, Verdict]
Scorer = Callable[[Row, str], Verdicts]


def make_scorer(mode: JudgeMode, model: Model | None = None) -> Scorer:
    """Return a scorer of a text beside its row's kind, language and draft.

    A row that names a `principle` is about that one: the model is asked about no other.
    """

    def score(row: Row, text: str) -> Verdicts:
        judge = model
        if model is not None and "principle" in row:
            question = load_principles()[row["principle"]][row["lang"]].question
            judge = AboutOne(model, question)
        draft = row.get("draft") or None
        return check(text, kind=row["kind"], lang=row["lang"], draft=draft, model=judge, mode=mode)

    return score


@dataclass(frozen=True)
class AboutOne(Model):
    """A model that is bothered with one question only: a dozen others a text would take minutes."""

    model: Model
    question: str

    @property
    def name(self) -> str:
        """Return the name of the model behind."""
        return self.model.name

    @property
    def adapted(self) -> bool:
        """Tell what the model behind says."""
        return self.model.adapted

    def complete(self, messages: Sequence[Message], **options: Any) -> Completion:
        """Pass the request on."""
        return self.model.complete(messages, **options)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> dict[str, float]:
        """Pass the question on, or raise BadModelAnswer: what is not asked is not judged."""
        if not any(self.question in message["content"] for message in messages):
            raise BadModelAnswer("not asked")
        return self.model.choose(messages, choices)
