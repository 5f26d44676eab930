"""The arithmetic of measuring: no I/O, no model.

Wilson (1927) score interval for a proportion, exact two-sided McNemar (1947) test for paired
yes/no results, Spearman's rank correlation with ties.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Z95 = 1.959963984540054

Interval = tuple[float, float]


def share(part: int, whole: int) -> float | None:
    """Return part ÷ whole, None where nothing was counted."""
    return part / whole if whole else None


def wilson(successes: int, n: int, z: float = Z95) -> Interval:
    """Return the interval of a proportion; (0, 1) where nothing was counted."""
    if n == 0:
        return (0.0, 1.0)
    p = successes / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Return the two-sided p of `only_a` against `only_b` discordant pairs."""
    n = only_a + only_b
    tail = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1))
    return min(1.0, 2.0 * float(tail) / float(2**n))


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the rank correlation, None where one side does not vary or n < 2.

    Raises ValueError where the lengths differ.
    """
    x, y = _ranks(a), _ranks(b)
    mean = (len(x) + 1) / 2
    covariance = sum((i - mean) * (j - mean) for i, j in zip(x, y, strict=True))
    spread = math.sqrt(sum((i - mean) ** 2 for i in x) * sum((j - mean) ** 2 for j in y))
    return covariance / spread if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, from 1; equal values share their mean rank."""
    order = sorted(values)
    first = {value: rank for rank, value in reversed(list(enumerate(order, 1)))}
    last = {value: rank for rank, value in enumerate(order, 1)}
    return [(first[value] + last[value]) / 2 for value in values]
