"""Is the draft a working message at all? What is not is refused, never rewritten."""

from __future__ import annotations

import re

from rag.checks.lexicon import load_lexicon
from rag.model.yesno import yes_or_no
from rag.prompts import load_prompt
from rag.vocabulary import Draft, Lang, Model

# Log-odds of "Yes" from which a text without words of work is about work all the same; the model
# says Yes readily, in Russian more so. Set on development drafts.
MIN_ODDS: dict[Lang, float] = {"ru": 1.8, "en": 1.0}
_WORK = {
    "ru": r"клиент|продаж|заказ|склад|отгруз|менеджер|команд|отдел|договор|цен[аыу]|скидк|лид|"
    r"заявк|план\b|поставк|"
    r"компани|директор|выручк|отч[её]т|сотрудник|смен[аы]|бюджет|проект|срок|брак\b|crm|срм|маркетинг|касс|магазин|завод|цех|груз",
    "en": r"client|customer|sales|order|warehouse|ship|manager|team|department|contract|pric|"
    r"discount|lead|deal|plan\b|"
    r"supply|supplier|company|owner|revenue|report|staff|shift|budget|project|deadline|crm|marketing|store|plant|account|rep\b|reps\b",
}


def is_work_message(draft: Draft, model: Model | None) -> bool:
    """Tell whether the draft is about work: by its words, else by the model's answer."""
    found = {m.group().casefold() for m in re.finditer(_WORK[draft.lang], draft.text, re.I)}
    business = load_lexicon(draft.lang).find("business", draft.text)
    if len(found) >= 2 or (found and business):
        return True
    if model is None:
        return True  # nobody to ask: a wrong refusal costs more than a poor rewrite
    messages = load_prompt(f"topic_{draft.lang}").render(draft=draft.text[:1500])
    yes, no = yes_or_no(messages, draft.lang, model)
    odds = yes - no
    return odds == 0 or odds >= MIN_ODDS[draft.lang]  # no opinion refuses nobody
