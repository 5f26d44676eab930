"""Sort a draft into material: calm wordings by field, what was left out and why, the address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.facts.contradictions import Contradiction, find_contradictions
from rag.facts.extract import PERSONAL
from rag.facts.figures import find_figures
from rag.facts.names import find_names
from rag.knowledge.roles import Role, load_roles
from rag.rewriting.calm import Wording, calm
from rag.rewriting.roles import assign_roles
from rag.text.sentences import Unit, split_units
from rag.vocabulary import Draft, Lang, Model

_GREETING = {
    "ru": r"(?:добрый (?:день|вечер)|доброе утро|здравствуйте|привет\w*|слушай(?:те)?|уважаем\w+|коллеги|ну|ну что)",
    "en": r"(?:hi|hello|hey|dear|look|listen|good (?:morning|afternoon|evening)|ok|okay|so)",
}
_CHOICE = {
    "ru": re.compile(r",?\s+(?:или|либо)\s+(?=(?:\S+\s+){1,})|^\s*либо\s+", re.I),
    "en": re.compile(r",?\s+or\s+(?:else\s+)?(?=(?:\S+\s+){2,})|^\s*either\s+", re.I),
}


@dataclass(frozen=True)
class Piece:
    """One unit of the draft with the role that decides its field."""

    unit: Unit
    role: Role


@dataclass
class Material:
    """A draft, taken apart. `left_out` pairs a stretch of the draft with the reason.

    Wordings are made when a field asks for them, so that the first field is ready while the later
    ones are still in the author's raw words; units of one wording follow each other, which lets
    the model reuse its prompt.
    """

    draft: Draft
    model: Model | None
    address: str = ""
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    wordings: dict[Unit, Wording] = field(default_factory=dict)

    def texts(self, *fields: str) -> list[str]:
        """Return the calm wordings of the given fields in the draft's order, without repeats."""
        pieces = [piece for name in fields for piece in self.pieces.get(name, [])]
        pieces.sort(key=lambda piece: piece.unit.start)
        texts = [self.wording(piece).text for piece in pieces]
        return list(dict.fromkeys(text for text in texts if text))

    def wording(self, piece: Piece) -> Wording:
        """Return a piece's calm wording; where nothing calm is left, it is left out."""
        if piece.unit not in self.wordings:
            shown = _personal_removed(piece.unit.text)
            made = calm(shown, piece.role.wording, self.draft.lang, self.model)
            self.wordings[piece.unit] = made
            if not made.text:
                self.left_out.append((piece.unit.text, _noise_reason(self.draft)))
        return self.wordings[piece.unit]


def take_apart(draft: Draft, model: Model | None) -> Material:
    """Return the material of `draft`: every unit in the field of its role, or left out."""
    lang = draft.lang
    address, body_start = split_address(draft.text, lang)
    material = Material(draft, model, address, contradictions=find_contradictions(draft.text, lang))
    units = [unit for unit in split_units(draft.text, lang) if unit.end > body_start]
    units = [_from(unit, body_start, draft.text) for unit in units]
    for item in assign_roles([unit for unit in units if unit.text], draft.kind, lang, model):
        _sort_in(material, item.unit, item.role)
    _ground_first_field(material)
    return material


def _sort_in(material: Material, unit: Unit, role: Role) -> None:
    lang = material.draft.lang
    if not role.field:
        material.left_out.append((unit.text, role.why[lang]))
        return
    for part in split_choices(unit, lang) if role.wording == "option" else [unit]:
        material.pieces.setdefault(role.field, []).append(Piece(part, role))


def _ground_first_field(material: Material) -> None:
    """Let the first field open with facts: borrow from the second what the first lacks.

    A proposal's situation without a figure takes the problem's first counted unit; a cascade whose
    decision is told as a change takes the first change.
    """
    lenders = {"proposal": ("situation", "problem"), "cascade": ("decision", "changes")}
    if material.draft.kind not in lenders:
        return
    first, lender = lenders[material.draft.kind]
    have, lend = material.pieces.get(first, []), material.pieces.get(lender, [])
    lang = material.draft.lang
    if first == "situation":
        if any(find_figures(piece.unit.text, lang) for piece in have):
            return
        counted = [piece for piece in lend if find_figures(piece.unit.text, lang)]
        lend = counted or ([] if have else lend)
    elif have:
        return
    if lend:
        moved = lend[0]
        material.pieces[lender].remove(moved)
        material.pieces.setdefault(first, []).append(moved)


def split_address(text: str, lang: Lang) -> tuple[str, int]:
    """Return the person addressed at the start, or "", and where the message itself begins."""
    greeting = re.match(rf"\s*(?:{_GREETING[lang]}[\s,!.]+)*", text, re.I)
    start = greeting.end() if greeting else 0
    for name in find_names(text[: start + 60], lang):
        after = re.match(r"\s*[,!.\n—–-]+\s*", text[name.end :])
        if name.start == start and (after or (greeting and greeting.group().strip())):
            return text[name.start : name.end].title(), name.end + (after.end() if after else 0)
        break
    return "", 0


def _from(unit: Unit, start: int, text: str) -> Unit:
    if unit.start >= start:
        return unit
    shown = text[start : unit.end].lstrip(" ,.!?\n—–-")
    return Unit(shown, unit.end - len(shown), unit.end, unit.bullet)


def split_choices(unit: Unit, lang: Lang) -> list[Unit]:
    """Return the alternatives of "either … or …" as units of their own."""
    cuts = [unit.start]
    for match in _CHOICE[lang].finditer(unit.text):
        cuts.append(unit.start + match.end())
    cuts.append(unit.end)
    parts = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        text = unit.text[start - unit.start : end - unit.start]
        text = re.sub(r"(?:,?\s+(?:или|либо|or(?: else)?)|^(?:либо|either))\s*$", "", text, flags=re.I)
        if len(text.split()) >= 2:
            parts.append(Unit(text.strip(" ,"), start, start + len(text)))
    return parts if len(parts) > 1 else [unit]


def _personal_removed(text: str) -> str:
    return re.sub(r"\s{2,}", " ", PERSONAL.sub("", text))


def _noise_reason(draft: Draft) -> str:
    noise = next(role for role in load_roles(draft.kind) if role.id == "noise")
    return noise.why[draft.lang]


