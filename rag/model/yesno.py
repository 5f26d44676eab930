"""Ask a model a yes/no question in the language of the text."""

from __future__ import annotations

from collections.abc import Sequence

from rag.vocabulary import Lang, Message, Model

_ANSWERS: dict[Lang, tuple[str, str]] = {"ru": ("Да", "Нет"), "en": ("Yes", "No")}


def yes_or_no(messages: Sequence[Message], lang: Lang, model: Model) -> tuple[float, float]:
    """Return the log-probabilities of yes and of no as the answer's first word."""
    yes, no = _ANSWERS[lang]
    answer = model.choose(messages, [yes, no])
    return answer[yes], answer[no]
