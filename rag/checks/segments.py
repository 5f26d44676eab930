"""Find the fields of a free text: by headings where it has them, else by its sentences' cues."""

from __future__ import annotations

import re

from rag.knowledge.kinds import load_kinds
from rag.knowledge.roles import load_roles
from rag.text.sentences import split_sentences
from rag.vocabulary import LANGS, Lang

_SYNONYMS = {
    "situation": "ситуация|ситуация сейчас|что происходит|факты|контекст|situation|current "
    "situation|context|facts|where we are",
    "problem": "проблема|последствия|к чему это ведёт|риск|problem|impact|consequence|"
    "consequences|issue",
    "efforts": "что сделали|что уже сделано|что пробовали|наши действия|что мы уже сделали|what "
    "we did|what we tried|own efforts|already done|tried so far",
    "options": "варианты|варианты решения|предложение|предложения|предлагаю|options|proposal|"
    "proposals|options for approval",
    "recommendation": "рекомендация|рекомендую|recommendation|i recommend",
    "ask": "прошу|прошу решить|решение|нужно решение|вопрос|просьба|нужно от вас|decision "
    "needed|ask|decision|request|needed from you",
    "conclusions": "выводы|вывод|conclusions|conclusion|takeaways",
    "actions": "действия|действуем|что делаем|план действий|дальнейшие шаги|actions|next steps|"
    "action plan|what we do",
    "decision": "решение|что решили|decision|what was decided",
    "reasons": "почему|причины|причина|зачем|why|reasons|reason",
    "value": "что это даёт|польза|ценность|что получим|what it gives|value|benefits|benefit",
    "changes": "что меняется|порядок|как работаем|what changes|changes|from when",
    "questions": "вопросы|questions",
}


def find_fields(text: str, kind: str, lang: Lang) -> dict[str, str]:
    """Return the text of each field found, in the order of the text."""
    by_heading = _by_headings(text, kind)
    return by_heading if len(by_heading) >= 2 else _by_cues(text, kind, lang)


def _by_headings(text: str, kind: str) -> dict[str, str]:
    spec = load_kinds()[kind]
    names = []
    for field in spec.fields:
        titles = {re.escape(field.title[lang]) for lang in LANGS}
        names.append(
            f"(?P<{field.id}>{'|'.join(sorted(titles, key=len, reverse=True))}|"
            f"{_SYNONYMS.get(field.id, field.id)})"
        )
    pattern = re.compile(rf"^[#*\s]*(?:{'|'.join(names)})\s*\**\s*(?::|$)", re.I | re.M)
    matches = list(pattern.finditer(text))
    ends = [*(match.start() for match in matches[1:]), len(text)][: len(matches)]
    fields: dict[str, str] = {}
    for match, end in zip(matches, ends, strict=True):
        body = text[match.end() : end].strip()
        if match.lastgroup and body:
            fields[match.lastgroup] = body
    return fields


def _by_cues(text: str, kind: str, lang: Lang) -> dict[str, str]:
    roles = [role for role in load_roles(kind) if role.field]
    first = load_kinds()[kind].fields[0].id
    fields: dict[str, list[str]] = {}
    current = first
    for unit in split_sentences(text):
        hit = next((role.field for role in roles if role.hits(unit.text, lang)), "")
        # A sentence without a cue goes on with what was being said.
        current = hit or current
        fields.setdefault(current, []).append(unit.text)
    return {name: " ".join(sentences) for name, sentences in fields.items()}
