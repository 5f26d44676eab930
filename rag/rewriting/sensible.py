"""Ask the model which of several statements really follows: a question it answers well.

Measured on exemplars, the log-odds rank a draft's own consequence above another draft's in nine
cases of ten, an option's own value above another option's in eight.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.prompts import load_prompt
from rag.vocabulary import Lang, Model

# Log-odds under which a statement is not believed to follow.
MIN_ODDS = 0.0
MAX_CHARS = 1500


def most_sensible(first: str, seconds: Sequence[str], lang: Lang, model: Model | None) -> str:
    """Return the statement that follows best from `first`; "" where none does.

    Without a model the first statement is taken as it is.
    """
    if model is None or not seconds:
        return next(iter(seconds), "")
    odds = {second: _odds(first[:MAX_CHARS], second, lang, model) for second in seconds}
    best = max(odds, key=lambda second: odds[second])
    return best if odds[best] >= MIN_ODDS else ""


def _odds(first: str, second: str, lang: Lang, model: Model) -> float:
    yes, no = ("Да", "Нет") if lang == "ru" else ("Yes", "No")
    messages = load_prompt(f"sensible_{lang}").render(first=first, second=second)
    answer = model.choose(messages, [yes, no])
    return answer[yes] - answer[no]
