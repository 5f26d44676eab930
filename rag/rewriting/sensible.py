"""Ask the model which of several statements really follows: a question it answers well.

Measured on exemplars, the log-odds rank a draft's own consequence above another draft's in nine
cases of ten, an option's own value above another option's in eight.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.model.yesno import yes_or_no
from rag.prompts import load_prompt
from rag.vocabulary import Lang, Model

# Log-odds under which a statement is not believed to follow.
MIN_ODDS = 0.0
MAX_CHARS = 900


def most_sensible(first: str, seconds: Sequence[str], lang: Lang, model: Model | None) -> str:
    """Return the statement that follows best from `first`; "" where none does.

    Without a model the last statement is taken as it is.
    """
    if model is None or not seconds:
        return seconds[-1] if seconds else ""
    found = {second: odds(first, second, lang, model) for second in seconds}
    best = max(found, key=lambda second: found[second])
    return best if found[best] >= MIN_ODDS else ""


def odds(first: str, second: str, lang: Lang, model: Model) -> float:
    """Return the log-odds that `second` follows from `first`, or from its beginning if long."""
    messages = load_prompt(f"sensible_{lang}").render(first=first[:MAX_CHARS], second=second)
    yes, no = yes_or_no(messages, lang, model)
    return yes - no
