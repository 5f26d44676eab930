"""One number for a text, 1–5, from its verdicts, by the customer's scale.

5 send as it is · 4 one minor fault, or it waits only for marked gaps · 3 two or three faults, or a
serious one · 2 many faults, a broken role or material invention · 1 harmful to send.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag.facts.ledger import GAP
from rag.vocabulary import Verdict

MANY = 4
HARMFUL = 7
SERIOUS = "!"  # ends the scorer's name of a serious fail


def overall(verdicts: Mapping[str, Verdict], text: str = "") -> int | None:
    """Return the score, or None where nothing was decided."""
    decided = [verdict for verdict in verdicts.values() if verdict.verdict in ("pass", "fail")]
    if not decided:
        return None
    fails = {verdict.principle: verdict for verdict in decided if verdict.verdict == "fail"}
    score = _by_count(len(fails))
    if any(verdict.scorer.endswith(SERIOUS) for verdict in fails.values()):
        score = min(score, 3)
    if "P07" in fails:
        score = min(score, 2)
    if "P12" in fails:
        score = min(score, 2 if fails["P12"].scorer.endswith(SERIOUS) else 3)
    if GAP.search(text):
        score = min(score, 4)
    return score


def _by_count(fails: int) -> int:
    if fails == 0:
        return 5
    if fails == 1:
        return 4
    if fails < MANY:
        return 3
    return 2 if fails < HARMFUL else 1
