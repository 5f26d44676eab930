"""From raw text to a Draft: clean it, refuse what cannot be rewritten, decide language and kind."""

from __future__ import annotations

import re

from rag import settings
from rag.errors import BadInput, DraftTooLong, EmptyDraft, OffTopic
from rag.knowledge.kinds import load_kinds
from rag.text.clean import clean_text
from rag.text.language import detect_language
from rag.vocabulary import Draft, Lang

MIN_LETTERS = 8

_CODE = re.compile(
    r"^\s*(?:def |class |import |#include|function |SELECT |<\?xml|<html|\{\s*\")", re.M
)
# Kinds in the order of the evidence each needs: a cascade and a report name themselves, and
# everything else that goes up asks for something, which makes it a proposal.
_CUES = {
    "cascade": {
        "ru": r"команд[еуы]\b|довести до|донес(?:ти|и)|ребят[аы]?,|коллеги,|всем менеджер|"
        r"отдел[уа]? сказать|"
        r"сказать (?:ребятам|команде|менеджерам|своим)|передать (?:ребятам|команде|вниз)|объявить|"
        r"руководство решило|собственник решил|директор решил|нам сказали|сверху (?:сказали|"
        r"спустили|решили)|спустили|"
        r"(?:вводим|вводят|вводится|отменя|переходим|меняется|запрещ|обязател)\w*.*\bс "
        r"(?:понедельника|\d|перв)|"
        r"теперь (?:все|вы|будем|надо|каждый|нельзя)|начиная с|приказ|с завтрашнего дня|"
        r"решение (?:принято|такое)",
        "en": r"\bteam,|\bguys,|folks|hi all|everyone,|tell the (?:team|reps|guys|staff)|pass "
        r"(?:this |it )?(?:down|on)|"
        r"management (?:has )?decided|the owners? (?:has |have )?decided|ceo (?:has "
        r")?decided|upstairs|"
        r"from (?:monday|next week|the first|\w+ \d+)[ ,].*(?:must|will|have to|need to|no longer)|"
        r"(?:must|have to|no longer|will) .*from (?:monday|now on|next)|starting (?:monday|"
        r"next|from|on|\w+ \d)|"
        r"effective|announce|new (?:policy|rule)|is mandatory|we were told|message (?:to|"
        r"for) (?:the )?(?:team|staff|reps)",
    },
    "report": {
        "ru": r"отч[её]т|итоги|статус|по результатам|за (?:неделю|месяц|квартал|период)|план на|"
        r"выполнени\w+ плана|"
        r"план[- ]факт|сделано|в работе|сводк|докладыва|как дела|на следующей неделе|"
        r"(?:закрыл|сделал|провел|отгрузил)\w*",
        "en": r"report|status|update|results? (?:for|of)|this (?:week|month|quarter)|recap of|"
        r"plan vs|so far|"
        r"next week|in progress|done:|week \d+|where we (?:are|stand)|numbers for|q[1-4] "
        r"(?:results|numbers)",
    },
    "proposal": {
        "ru": r"предлага|предложени|давайте|может(?:,| быть)|нужн[оыа]|надо|сделайте|решите|дайте|"
        r"согласу|утверд|вариант|"
        r"прошу|хоч[ую]|либо|или .*или|разреши|выдел|что думаете|что делать|купит[ье]|нанять|скидк",
        "en": r"propos|suggest|let'?s|maybe|should|need|please|approve|option|either|can we|could "
        r"we|allow|"
        r"give (?:me|us)|fix|hire|budget|discount|what do you think|i want|decide|do something",
    },
}


def make_draft(text: str, kind: str = "auto", lang: str = "auto", id: str | None = None) -> Draft:
    """Return the cleaned draft with its language and kind.

    Raises EmptyDraft, DraftTooLong, OffTopic or BadInput with what to do about it.
    """
    clean = clean_text(text).strip()
    if sum(char.isalpha() for char in clean) < MIN_LETTERS:
        raise EmptyDraft(
            "There is no text to work on. Paste the draft: at least one sentence.",
            "Текста нет. Вставьте черновик: хотя бы одно предложение.",
        )
    limit = int(settings.get_number("PROVODNIK_MAX_CHARS"))
    if len(clean) > limit:
        raise DraftTooLong(
            f"The draft has {len(clean):,} characters, the limit is {limit:,}. Keep the part that "
            "is about one question, or raise PROVODNIK_MAX_CHARS.",
            f"В черновике {len(clean):,} знаков, предел — {limit:,}. Оставьте часть об одном "
            "вопросе или увеличьте PROVODNIK_MAX_CHARS.",
        )
    if kind != "auto" and kind not in load_kinds():
        raise BadInput(
            f"There is no kind of text {kind!r}. Kinds: auto, {', '.join(load_kinds())}.",
            f"Нет такого вида текста: {kind!r}. Виды: auto, {', '.join(load_kinds())}.",
        )
    found: Lang = detect_language(clean) if lang == "auto" else ("en" if lang == "en" else "ru")
    refuse_code(clean)
    guessed = kind == "auto"
    return Draft(clean, found, detect_kind(clean, found) if guessed else kind, id, guessed)


def detect_kind(text: str, lang: Lang) -> str:
    """Return the kind whose cues the text shows most; a tie or none is a proposal."""
    scores = {kind: count_cues(text, kind, lang) for kind in load_kinds()}
    if scores.get("cascade", 0) >= 2 and scores["cascade"] >= scores["proposal"]:
        return "cascade"
    if scores.get("report", 0) >= 2 and scores["report"] > scores["proposal"]:
        return "report"
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] > scores["proposal"] else "proposal"


def count_cues(text: str, kind: str, lang: Lang) -> int:
    """Return how many different cues of a kind the text shows."""
    cues = _CUES.get(kind)
    if cues is None:  # a kind added as a file brings its own signs
        return sum(sign.casefold() in text.casefold() for sign in load_kinds()[kind].signs[lang])
    return len({match.group().casefold() for match in re.finditer(cues[lang], text, re.I)})


def refuse_code(text: str) -> None:
    """Raise OffTopic for program code and markup, which no rewrite can help."""
    if len(_CODE.findall(text)) >= 2:
        raise off_topic()


def off_topic() -> OffTopic:
    """Return the error for a text that is not a working message."""
    return OffTopic(
        "This does not look like a working message, so nothing was rewritten. Paste a draft about "
        "your work: what happens, what it leads to, what you propose.",
        "Это не похоже на рабочее сообщение, поэтому ничего не переписано. Вставьте черновик о "
        "работе: что происходит, к чему ведёт, что вы предлагаете.",
    )
