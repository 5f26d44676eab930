"""Propose: the model takes a whole draft apart, phrase by phrase, in one answer.

For each numbered phrase it writes one line or more: the role the phrase plays and its calm words;
for an option also what it is worth, what shows its effect, what it risks and which limits it
needs. A last line says what the facts lead to. The embedded model is tuned to this form by its
adapter (`rag/tuning`) and writes under a grammar in which a phrase's line can hold no other number
than the phrase's own; what a model without grammars writes is checked all the same. Nothing here
is believed: `rag.rewriting.verify` decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.errors import BadModelAnswer, ModelTimeout
from rag.knowledge.exemplars import Exemplar, ExemplarUnit, load_exemplars
from rag.knowledge.roles import load_roles
from rag.prompts import load_prompt
from rag.vocabulary import Lang, Message, Model

# Phrases a model sees at a time: more would not fit its answer within the deadline.
CHUNK = 14
DROPPED = {"noise", "hidden", "meta", "devalue"}
_LINE = re.compile(r"^(?P<n>\d+) (?P<role>[a-z]+)(?:: (?P<rest>.+))?$")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
# What a word may hold beside its numbers: letters and marks of both languages, no "|", no digits
# of any script.
_CHARS = (
    r"!-/:-{}~\u00a1-\u00b1\u00b4-\u00b8\u00bb\u00c0-\u017f"
    r"\u0400-\u045f\u2010-\u2044\u20ac\u20bd\u2116"
)
# A line may have so many words more than its phrase; a part of an option may have so many.
GROWTH, PART_WORDS = 10, 24


@dataclass(frozen=True)
class Line:
    """What the model makes of a phrase or of a part of it; the last four are for options."""

    role: str
    calm: str = ""
    value: str = ""
    effect: str = ""
    risk: str = ""
    limits: str = ""


@dataclass
class Proposal:
    """The model's lines by the number of the phrase, from 0, and what the facts lead to."""

    lines: dict[int, list[Line]] = field(default_factory=dict)
    consequence: str = ""


def propose(phrases: Sequence[str], kind: str, lang: Lang, model: Model) -> Proposal:
    """Return the model's proposal; phrases it has nothing for are missing from it."""
    proposal = Proposal()
    for at in range(0, len(phrases), CHUNK):
        part = phrases[at : at + CHUNK]
        answer = _answer(part, kind, lang, model)
        lines, consequence = parse(answer, kind)
        proposal.lines |= {at + n: found for n, found in lines.items() if 0 <= n < len(part)}
        proposal.consequence = consequence or proposal.consequence
    return proposal


def numbered(phrases: Sequence[str]) -> str:
    """Return the phrases as the model sees them: one a line, numbered from 1."""
    return "\n".join(f"{n}. {' '.join(phrase.split())}" for n, phrase in enumerate(phrases, 1))


def written(exemplar: Exemplar, groups: Sequence[Sequence[ExemplarUnit]]) -> str:
    """Return the answer that an exemplar wants, its units grouped by phrase."""
    lines = [_written_line(n, unit) for n, units in enumerate(groups, 1) for unit in units]
    tail = exemplar.consequence or exemplar.reasons_value
    return "\n".join([*lines, f"= {tail}".strip()])


def _written_line(number: int, unit: ExemplarUnit) -> str:
    parts = [unit.calm] if unit.calm else []
    if unit.value:
        parts += [unit.value, unit.effect, unit.risk, unit.limits]
    return f"{number} {unit.role}" + (f": {' | '.join(parts)}" if parts else "")


def parse(answer: str, kind: str) -> tuple[dict[int, list[Line]], str]:
    """Return the lines by phrase, from 0, and the consequence; malformed lines are ignored."""
    known = {role.id for role in load_roles(kind)}
    lines: dict[int, list[Line]] = {}
    consequence = ""
    for row in answer.splitlines():
        if row.startswith("="):
            consequence = row[1:].strip()
            continue
        match = _LINE.match(row.strip())
        if match and match["role"] in known:
            parts = [part.strip() for part in (match["rest"] or "").split("|")]
            lines.setdefault(int(match["n"]) - 1, []).append(Line(match["role"], *parts[:5]))
    return lines, consequence


def _answer(phrases: Sequence[str], kind: str, lang: Lang, model: Model) -> str:
    limit = int(load_prompt(f"take_apart_{lang}").sampling["max_tokens"])
    messages = _messages(phrases, kind, lang, model)
    try:
        return model.complete(
            messages, max_tokens=limit, grammar=line_grammar(phrases, kind), adapted=True
        ).text
    except (BadModelAnswer, ModelTimeout):  # the safe candidates are there for this
        return ""


def _messages(phrases: Sequence[str], kind: str, lang: Lang, model: Model) -> list[Message]:
    """Return the short prompt the adapter was tuned on, or a full one with an exemplar."""
    body = numbered(phrases)
    if model.adapted:
        return load_prompt(f"take_apart_{lang}").render(kind=kind, phrases=body)
    shown = next(e for e in load_exemplars() if (e.kind, e.lang) == (kind, lang))
    return load_prompt(f"take_apart_full_{lang}").render(
        roles="\n".join(
            f"{role.id} — {role.about[lang]}: {'; '.join(role.examples[lang])}"
            for role in load_roles(kind)
        ),
        example=f"{kind}\n{numbered([unit.text for unit in shown.units])}",
        answer=written(shown, [[unit] for unit in shown.units]),
        kind=kind,
        phrases=body,
    )


def line_grammar(phrases: Sequence[str], kind: str) -> str:
    """Return a GBNF grammar of the answer: each phrase's lines hold no number but its own."""
    roles = [role.id for role in load_roles(kind)]
    kept = " | ".join(f'"{id}"' for id in roles if id not in DROPPED)
    dropped = " | ".join(f'"{id}"' for id in roles if id in DROPPED)
    char = f"[{_CHARS}{_other_chars(phrases)}]"
    rules = [
        "root ::= " + " ".join(f"u{n}" for n in range(len(phrases))) + ' "=" (" " last)?',
        f"kept ::= {kept}",
        f"dropped ::= {dropped}",
        f"c ::= {char}",
        f"word ::= {_word(' '.join(phrases))}",
        f'last ::= word (" " word){{1,{PART_WORDS}}}',
    ]
    for n, phrase in enumerate(phrases):
        rules += [
            f"u{n} ::= l{n} l{n}? l{n}? l{n}?",
            f"w{n} ::= {_word(phrase)}",
            f't{n} ::= w{n} (" " w{n}){{0,{len(phrase.split()) + GROWTH}}}',
            f'p{n} ::= " | " w{n} (" " w{n}){{1,{PART_WORDS}}}',
            f'l{n} ::= "{n + 1} " (kept ": " t{n} (p{n} p{n} p{n} p{n})? | dropped) "\\n"',
        ]
    return "\n".join(rules)


def _word(phrase: str) -> str:
    """Return the rule of a word that holds the phrase's numbers whole, never two side by side."""
    numbers = " | ".join(f'"{number}"' for number in sorted(set(_NUMBER.findall(phrase))))
    if not numbers:
        return "c+"
    return f"c+ (({numbers}) c+)* ({numbers})? | ({numbers}) (c+ ({numbers}))* c*"


def _other_chars(phrases: Sequence[str]) -> str:
    """Return what else the draft writes with, for "м²" or a name in Greek or Chinese."""
    known = re.compile(rf"[{_CHARS}0-9|\s]")
    others = {c for phrase in phrases for c in phrase if not known.match(c)}
    return "".join(f"\\U{ord(c):08X}" for c in sorted(others))
