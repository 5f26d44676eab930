"""What may be wrong with a finished text, as its reader says it, and the principle each means.

The page offers these reasons and the evaluation cases take their labels from them. The words shown
for an id are in `pages/strings/`; which principles apply to a kind is told by `knowledge/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from rag.knowledge.principles import load_principles


@dataclass(frozen=True)
class Reason:
    """One reason. Of `principles`, the one that applies to the kind of text is meant.

    A reason without principles fits every kind and labels nothing.
    """

    id: str
    principles: tuple[str, ...] = ()

    def principle(self, kind: str) -> str | None:
        """Return the id of the principle a text of this kind breaks, None where none is meant."""
        known = load_principles()
        return next((id for id in self.principles if kind in known[id].kinds), None)

    def fits(self, kind: str) -> bool:
        """Tell whether the reason can be true of a text of this kind."""
        return not self.principles or self.principle(kind) is not None


# In the order the page offers them: what harms most comes first.
REASONS = (
    Reason("invented", ("P12",)),
    Reason("lost", ("P12",)),
    Reason("tone", ("P05",)),
    Reason("blames_own", ("P06",)),
    Reason("takes_side", ("P07",)),
    Reason("options", ("P03",)),
    Reason("limits", ("P10",)),
    Reason("value", ("P04",)),
    Reason("consequence", ("P02",)),
    Reason("evidence", ("P08",)),
    Reason("ask", ("P11",)),
    Reason("order", ("P01", "P13")),
    Reason("no_reasons", ("P14",)),
    Reason("wordy", ("P15",)),
    Reason("other"),
)


def reasons_for(kind: str) -> list[str]:
    """Return the ids of the reasons that can be true of a text of this kind."""
    return [reason.id for reason in REASONS if reason.fits(kind)]


def principles_of(reasons: tuple[str, ...], kind: str) -> list[str]:
    """Return the principles that reasons mean for a kind, each once, in order of their ids.

    An id that is not known here, as from a later version, means none: no label is guessed.
    """
    named = {reason.principle(kind) for reason in REASONS if reason.id in reasons}
    return sorted(id for id in named if id)
