"""Sort a draft into material: calm wordings by field, what was left out and why, the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.facts.contradictions import Contradiction, find_contradictions
from rag.facts.extract import without_personal
from rag.facts.figures import find_figures
from rag.knowledge.roles import Role, load_roles
from rag.rewriting.calm import Wording, calm, is_tidy, option_wording, safe_wording, tidy
from rag.rewriting.cutting import cut_like
from rag.rewriting.proposing import Line, Proposal, propose
from rag.rewriting.roles import Opinion, decide_role, opinions
from rag.rewriting.units import find_units, split_choices
from rag.rewriting.verify import (
    is_calm,
    lines_refused,
    proven_part,
    same_words,
    starts_as_option,
)
from rag.text.russian import has_verb, verb_words
from rag.text.sentences import Unit
from rag.vocabulary import Draft, Model, Retriever

_CHOOSES = re.compile(r"(?<!\w)(?:или|либо|or|either)(?!\w)|\n", re.I)
# "I'd like either a date or a permission": a request that names its options.
_EITHER = re.compile(r"(?<!\w)(?:либо.+либо|или.+или|either.+or)(?!\w)", re.I | re.S)


@dataclass(frozen=True)
class Piece:
    """A phrase of the draft, or the model's part of it, with the role that decides its field.

    `line` is the model's proposal for it, if any; its calm words stand only where `proven`.
    """

    unit: Unit
    role: Role
    line: Line | None = None
    proven: bool = False
    whole: bool = True  # False: one of several thoughts of its phrase


@dataclass
class Material:
    """A draft, taken apart. `left_out` pairs a stretch of the draft with the reason.

    Wordings are made when a field asks for them, so that the first field is ready while the later
    ones are still in the author's raw words.
    """

    draft: Draft
    model: Model | None
    address: str = ""
    consequence: str = ""
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    wordings: dict[Piece, Wording] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Return the draft as a model may see it."""
        return without_personal(self.draft.text)

    def texts(self, *fields: str) -> list[str]:
        """Return the calm wordings of the given fields in the draft's order, without repeats."""
        texts = [self.wording(piece).text for piece in self.ordered(*fields)]
        return list(dict.fromkeys(text for text in texts if text))

    def ordered(self, *fields: str) -> list[Piece]:
        """Return the pieces of the given fields in the draft's order."""
        pieces = [piece for name in fields for piece in self.pieces.get(name, [])]
        return sorted(pieces, key=lambda piece: piece.unit.start)

    def wording(self, piece: Piece) -> Wording:
        """Return a piece's calm wording; where nothing calm is left, it is left out."""
        if piece not in self.wordings:
            self.wordings[piece] = made = self._worded(piece)
            if not made.text:
                self.left_out.append((piece.unit.text, _noise_reason(self.draft)))
        return self.wordings[piece]

    def _worded(self, piece: Piece) -> Wording:
        if piece.role.wording == "option" and self.draft.lang == "ru":
            own = calm(piece.unit.text, "option", "ru", None)
            if starts_as_option(own.text, "ru"):
                return own  # the author's own verb beats a small model's
        tidy_already = piece.whole and is_tidy(piece.unit.text, self.draft.lang)
        if tidy_already and piece.role.wording == "statement":
            return Wording(piece.unit.text, "author")
        if piece.line is not None and piece.proven:
            said = safe_wording(piece.line.calm, self.draft.lang)  # openers and fillers may linger
            raw = safe_wording(piece.unit.text, self.draft.lang)
            if piece.role.wording == "option":
                said, raw = (option_wording(text, self.draft.lang) for text in (said, raw))
            if is_calm(raw, self.draft.lang) and same_words(raw, said, self.draft.lang):
                return Wording(raw, "author")  # other endings only: the author's are right
            return Wording(said or tidy(piece.line.calm, self.draft.lang), "model")
        # The adapted model has had its say; without its adapter it words phrases worse.
        model = None if self.model is None or self.model.adapted else self.model
        return calm(piece.unit.text, piece.role.wording, self.draft.lang, model)


def take_apart(draft: Draft, model: Model | None, retriever: Retriever) -> Material:
    """Return the material of `draft`: every phrase in the field of its role, or left out."""
    lang = draft.lang
    address, units = find_units(draft, model)
    adapted = model is not None and model.adapted
    proposal = (
        propose([unit.text for unit in units], draft.kind, lang, model) if model else Proposal()
    )
    material = Material(draft, model, address, contradictions=find_contradictions(draft.text, lang))
    for n, (unit, opinion) in enumerate(
        zip(units, opinions(units, draft.kind, lang, retriever), strict=True)
    ):
        _sort_in(material, unit, opinion, proposal.lines.get(n, []))
    _ground_first_field(material)
    if lang == "en" or not adapted:  # the small model's Russian sentences are clumsy
        material.consequence = proven_part(proposal.consequence, draft.text, lang)
    return material


def _sort_in(material: Material, unit: Unit, opinion: Opinion, lines: list[Line]) -> None:
    """Put a phrase where its role says; the model's lines count where they are proven."""
    draft = material.draft
    role = decide_role(unit, draft.kind, draft.lang, opinion, lines)
    if not role.field:
        material.left_out.append((unit.text, role.why[draft.lang]))
        return
    for piece in _pieces(unit, role, lines, draft):
        material.pieces.setdefault(piece.role.field, []).append(piece)


def _pieces(unit: Unit, role: Role, lines: Sequence[Line], draft: Draft) -> list[Piece]:
    """Return the thoughts of a phrase: as the model cut them, else as its choices do."""
    roles = {role.id: role for role in load_roles(draft.kind)}
    if role.id == "ask" and "option" in roles and _EITHER.search(unit.text):
        return [Piece(part, roles["option"]) for part in split_choices(unit, draft.lang)]
    kept = [line for line in lines if line.calm and roles[line.role].field]
    if not kept or (len(kept) == 1 and kept[0].role != role.id):
        parts = split_choices(unit, draft.lang) if role.wording == "option" else [unit]
        return [Piece(part, role) for part in parts]
    proven = not lines_refused(kept, unit.text, draft.text, draft.lang)
    own_verbs = draft.lang == "ru" and any(roles[line.role].wording == "option" for line in kept)
    if len(kept) == 1 or (proven and not own_verbs):
        return [Piece(unit, roles[line.role], line, proven, len(kept) == 1) for line in kept]
    if {line.role for line in kept} == {"option"} and not _CHOOSES.search(unit.text):
        return [Piece(unit, role, kept[0])]  # "half now and the rest later" is one option
    parts = cut_like(unit, kept, draft.lang)
    if len(parts) == 1:
        return [Piece(unit, role)]
    pairs = zip(parts, kept, strict=True)
    return [_cut_piece(part, line, unit, draft) for part, line in pairs if part.text]


def _cut_piece(part: Unit, line: Line, unit: Unit, draft: Draft) -> Piece:
    """Return a stretch with its line's role; an option without a proposal in it is a fact.

    "Introduce a minimum or a fee": the verb of the phrase serves every stretch.
    """
    roles = {role.id: role for role in load_roles(draft.kind)}
    verbs = verb_words(unit.text) if draft.lang == "ru" else ""
    if verbs and line.role == "option" and not has_verb(part.text):
        part = replace(part, text=f"{verbs.split()[0]} {part.text}")
    proven = not lines_refused([line], f"{part.text} {verbs}", draft.text, draft.lang)
    wish = option_wording(part.text, draft.lang)
    if line.role == "option" and draft.lang == "en" and not starts_as_option(wish, "en"):
        return Piece(part, roles["fact"])
    return Piece(part, roles[line.role], line, proven)


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


def _noise_reason(draft: Draft) -> str:
    noise = next(role for role in load_roles(draft.kind) if role.id == "noise")
    return noise.why[draft.lang]
