"""Compose the fields of a document from the material of a draft.

Each field of a kind is filled from the units whose role names it. A few fields need more than
their units (`_SPECIAL`): a problem needs its consequence, options need limits, an ask needs a
choice. A field nothing fills becomes a marked gap with the question the kind's file gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from rag.checks.lexicon import load_lexicon
from rag.facts.figures import find_dates, find_figures, stem
from rag.knowledge.kinds import FieldSpec, Kind, load_kinds
from rag.knowledge.levers import Theme
from rag.knowledge.phrases import mark, phrase
from rag.rewriting.material import Material
from rag.rewriting.openpoints import OpenPoints
from rag.rewriting.options import Wish, build_options
from rag.rewriting.sensible import most_sensible
from rag.rewriting.theme import GENERAL
from rag.vocabulary import Document, FieldValue, Lang, Model, Option, Retriever

_CONTENT = re.compile(r"[^\W\d_]{3,}")
# "Fix it.", "Do something about this": a wish with no measure in it.
_EMPTY_WISH = re.compile(
    r"\W*(?:[\w-]+\W+)?(?:(?:it|this|that|them|things?|something|anything|about|with|"
    r"что-то|что-нибудь|что|то|это|с|этим|как-то|хоть)\W*)*$",
    re.I,
)


@dataclass
class Composer:
    """What composing a field may use."""

    material: Material
    theme: Theme
    points: OpenPoints
    retriever: Retriever
    model: Model | None
    document: Document = field(init=False)

    def __post_init__(self) -> None:
        draft = self.material.draft
        self.document = Document(draft.kind, draft.lang)

    @property
    def kind(self) -> Kind:
        """Return the kind of the document."""
        return load_kinds()[self.document.kind]


def compose(composer: Composer, on_field: Callable[[str, FieldValue], None]) -> Document:
    """Return the document; `on_field(id, value)` is called as each field gets its final text."""
    for spec in composer.kind.fields:
        value = _SPECIAL.get(spec.id, _from_units)(composer, spec)
        if value:
            composer.document.fields[spec.id] = value
            on_field(spec.id, value)
    return composer.document


def _from_units(composer: Composer, spec: FieldSpec) -> str:
    """Return the field's units as a paragraph, or the field's gap."""
    texts = composer.material.texts(spec.id)
    return _join(texts) if texts else _gap(composer, spec)


def _gap(composer: Composer, spec: FieldSpec) -> str:
    if not spec.required:
        return ""
    lang = composer.points.lang
    question = spec.ask[lang]
    return composer.points.answer(question) or mark(_lowered(question.rstrip("?")), lang) + "."


def _situation(composer: Composer, spec: FieldSpec) -> str:
    """Facts, then what the reader must know about them: source, period, open contradictions."""
    parts = composer.material.texts(spec.id) or [_gap(composer, spec)]
    return _join([*parts, *_contradictions(composer), *_evidence(composer)])


def _evidence(composer: Composer) -> list[str]:
    draft = composer.material.draft
    counted = find_figures(draft.text, draft.lang) or find_dates(draft.text, draft.lang)
    sourced = load_lexicon(draft.lang).find("evidence_source", draft.text)
    if counted or sourced or "P08" not in composer.kind.principles:
        return []
    return [_sentence(composer.points.fill("evidence"))]


def _contradictions(composer: Composer) -> list[str]:
    names = {"conflict": "conflict", "points": "points"}
    return [
        _sentence(
            composer.points.fill(
                names[found.kind],
                first=f"{found.first.text} {_noun(composer, found.first.end)}".strip(),
                second=f"{found.second.text} {_noun(composer, found.second.end)}".strip(),
            )
        )
        for found in composer.material.contradictions
    ]


def _noun(composer: Composer, end: int) -> str:
    match = re.match(r"\s*([^\W\d_]+)", composer.material.draft.text[end:])
    return match.group(1) if match else ""


def _problem(composer: Composer, spec: FieldSpec) -> str:
    """Return the author's problem; where it names no consequence, add a possible one."""
    texts = composer.material.texts(spec.id)
    if texts and load_lexicon(composer.points.lang).find("consequence", _join(texts)):
        return _join(texts)
    possible = _possible(composer) or _marked(
        phrase("general_consequence", composer.points.lang), composer
    )
    return _join([*texts, possible, _sentence(composer.points.fill("loss"))])


def _possible(composer: Composer) -> str:
    """Return what the facts may lead to: the model's proven words or the theme's, or ""."""
    lang = composer.points.lang
    known = composer.theme.consequence[lang] if composer.theme.id != GENERAL else ""
    candidates = [text for text in (composer.material.consequence, known) if text]
    text = most_sensible(composer.material.shown, candidates, lang, composer.model)
    return _marked(text, composer) if text else ""


def _marked(consequence: str, composer: Composer) -> str:
    lang = composer.points.lang
    return phrase("possible_consequence", lang, text=_lowered(consequence))


def _conclusions(composer: Composer, spec: FieldSpec) -> str:
    """Return the author's conclusions; add what may follow where they name no business."""
    texts = composer.material.texts(spec.id)
    said = _join(texts) or _gap(composer, spec)
    if load_lexicon(composer.points.lang).find("consequence", said):
        return said
    return _join([said, _possible(composer)] if composer.material.consequence else [said])


def _options(composer: Composer, spec: FieldSpec) -> FieldValue:
    """Return the options; their gap where the author has none and has tried every idea."""
    material = composer.material
    worded = [(material.wording(piece).text, piece.line) for piece in material.ordered(spec.id)]
    wishes = {text: Wish(text, line) for text, line in worded if not _EMPTY_WISH.match(text)}
    options = build_options(
        list(wishes.values()),
        _join(material.texts("efforts")),
        composer.theme,
        composer.points,
        composer.retriever,
        composer.model,
        material.shown,
    )
    return options or _gap(composer, spec)


def _recommendation(composer: Composer, spec: FieldSpec) -> str:
    """Return the author's view; else his only option; else a first view to be confirmed."""
    lang = composer.points.lang
    view = _view(composer)
    if view:
        return view
    if not _listed(composer):
        return _gap(composer, spec)
    number, best = _preferred(composer)
    why = _lowered(best.value.rstrip("."))
    if [option.origin for option in _listed(composer)].count("author") == 1 == number:
        return phrase("recommend", lang, n=number, why=why)
    first_view = phrase("recommend_idea", lang, n=number, why=why)
    return f"{first_view}. {_sentence(composer.points.fill('recommend'))}"


def _view(composer: Composer) -> str:
    """Return the author's own recommendation, of the draft or of his answer, or ""."""
    points = composer.points
    texts = composer.material.texts("recommendation")
    question = phrase("ask_recommend", points.lang)
    return _join(texts) or (points.answer(question) if points.answered(question) else "")


def _listed(composer: Composer) -> list[Option]:
    options = composer.document.fields.get("options")
    return options if isinstance(options, list) else []


def _preferred(composer: Composer) -> tuple[int, Option]:
    """Return the option the author prefers, else the first bounded one of his, else the first."""
    options = list(enumerate(_listed(composer), 1))
    lang = composer.points.lang
    view = _stems(_view(composer), lang)
    shared = [
        (len(view & _stems(option.action, lang)), number, option) for number, option in options
    ]
    most = max(count for count, _, _ in shared)
    if most and [count for count, _, _ in shared].count(most) == 1:
        return next((number, option) for count, number, option in shared if count == most)
    bounded = [pair for pair in options if pair[1].origin == "author" and not pair[1].limits]
    return (bounded or options)[0]


def _stems(text: str, lang: Lang) -> set[str]:
    return {stem(word, lang) for word in _CONTENT.findall(text) if len(word) > 3}


def _ask(composer: Composer, spec: FieldSpec) -> str:
    lang = composer.points.lang
    asks = composer.material.texts(spec.id)
    if not _listed(composer):
        return _join(asks) if asks else _gap(composer, spec)
    number, _ = _preferred(composer)
    due = _deadline(asks, lang)
    choice = phrase("ask_choice", lang, n=number, by=f" {due}" if due else "")
    more = [ask for ask in asks if _says_more(ask, due, lang)]
    open_date = [] if due else [_sentence(composer.points.fill("decide_by"))]
    return _join([choice, *more, *open_date])


def _deadline(asks: list[str], lang: Lang) -> str:
    """Return the date phrase of a request, "by Friday", as the author put it."""
    before = {"ru": r"(?:до|к|ко|не позднее)", "en": r"(?:by|before|until|till)"}[lang]
    for ask in asks:
        for date in find_dates(ask, lang):
            match = re.search(rf"\b{before}\s+(?:the\s+)?$", ask[: date.start], re.I)
            if match:
                return (
                    ask[match.start() : date.end].lower()
                    if lang == "ru"
                    else ask[match.start() : date.end]
                )
    return ""


def _says_more(ask: str, due: str, lang: Lang) -> bool:
    """Tell whether a request adds to the choice: another fact, or a concrete thing."""
    if due and due.casefold() in ask.casefold():
        return bool(find_figures(ask, lang))
    vague = load_lexicon(lang).find("vague_ask", ask)
    return bool(find_figures(ask, lang) or find_dates(ask, lang)) or (
        not vague and len(ask.split()) > 5
    )


def _actions(composer: Composer, spec: FieldSpec) -> str:
    texts = composer.material.texts(spec.id)
    if not texts:
        return _gap(composer, spec)
    if any(find_dates(text, composer.points.lang) for text in texts):
        return _join(texts)
    return _join([*texts, _sentence(composer.points.fill("owner"))])


def _changes(composer: Composer, spec: FieldSpec) -> str:
    lang = composer.points.lang
    texts = composer.material.texts(spec.id)
    dated = any(find_dates(text, lang) for text in [*texts, *composer.material.texts("decision")])
    if texts:
        return _join(texts if dated else [*texts, _sentence(composer.points.fill("date"))])
    return _sentence(composer.points.fill("scope" if dated else "date"))


def _value(composer: Composer, spec: FieldSpec) -> str:
    """Return the value the draft names; else what may follow from it, to be confirmed."""
    texts = composer.material.texts(spec.id)
    if texts or not composer.material.consequence:
        return _join(texts) if texts else _gap(composer, spec)
    return _join([composer.material.consequence, _sentence(composer.points.fill("value"))])


def _channel(composer: Composer, spec: FieldSpec) -> str:
    texts = composer.material.texts(spec.id)
    return _join(texts) if texts else phrase("cascade_channel", composer.points.lang)


_SPECIAL: dict[str, Callable[[Composer, FieldSpec], FieldValue]] = {
    "situation": _situation,
    "problem": _problem,
    "conclusions": _conclusions,
    "value": _value,
    "options": _options,
    "recommendation": _recommendation,
    "ask": _ask,
    "actions": _actions,
    "changes": _changes,
    "questions": _channel,
}


def _join(sentences: list[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."


def _lowered(text: str) -> str:
    """Lower a sentence's first letter, unless the word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
