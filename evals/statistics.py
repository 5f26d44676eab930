"""The arithmetic of measuring: no I/O, no model.

Wilson (1927) score interval for a proportion, exact two-sided McNemar (1947) test for paired
yes/no results, Spearman's rank correlation with ties.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Z95 = 1.959963984540054


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float]:
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
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1)) / 2**n
    return min(1.0, 2 * tail)


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the rank correlation; nan where one side does not vary or n < 2."""
    if len(a) != len(b):
        raise ValueError("the sequences differ in length")
    x, y = _ranks(a), _ranks(b)
    n = len(x)
    if n < 2:
        return math.nan
    mean = (n + 1) / 2
    cov = sum((i - mean) * (j - mean) for i, j in zip(x, y, strict=True))
    spread = math.sqrt(sum((i - mean) ** 2 for i in x) * sum((j - mean) ** 2 for j in y))
    return cov / spread if spread else math.nan


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for position in range(start, end + 1):
            ranks[order[position]] = (start + end) / 2 + 1
        start = end + 1
    return ranks
