"""The arithmetic of measuring: no I/O, no model.

Wilson (1927) score interval for a proportion, exact two-sided McNemar (1947) test for paired
yes/no results, Holm's (1979) step-down correction for many tests, the cluster bootstrap (Efron &
Tibshirani, 1993; whole clusters are drawn, as in Field & Welsh, 2007), Rogan & Gladen's (1978)
correction of a rate for the known error of its judge, Cohen's (1960) kappa, Spearman's rank
correlation with ties.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

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


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p of each test, in the order given; compare them with one level."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def cluster_bootstrap(
    clusters: Sequence[Sequence[float]], draws: int = 2000, seed: int = 1
) -> Interval | None:
    """Return the 95 % percentile interval of the mean over all values; None without values.

    Values of one cluster (the principles of one text, the pairs of one situation) are not
    independent, so whole clusters are drawn again, and the interval grows as it should.
    """
    filled = [cluster for cluster in clusters if len(cluster)]
    if not filled:
        return None
    sums = np.array([sum(cluster) for cluster in filled], float)
    sizes = np.array([len(cluster) for cluster in filled], float)
    drawn = np.random.default_rng(seed).integers(len(filled), size=(draws, len(filled)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return (float(low), float(high))


def rogan_gladen(rate: float, sensitivity: float, specificity: float) -> float | None:
    """Return the true rate behind a measured one; None where the judge is no better than chance.

    `sensitivity` is how often the judge passes what holds, `specificity` how often it fails what
    does not. The result is cut to 0 … 1.
    """
    skill = sensitivity + specificity - 1
    if skill <= 0:
        return None
    return min(1.0, max(0.0, (rate + specificity - 1) / skill))


def kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Return the agreement of two labellers beyond chance, None where chance explains all of it.

    Raises ValueError where the lengths differ.
    """
    n = len(first)
    same = sum(a == b for a, b in zip(first, second, strict=True))
    values = set(first) | set(second)
    chance = sum(list(first).count(value) * list(second).count(value) for value in values) / (
        n * n or 1
    )
    return (same / n - chance) / (1 - chance) if n and chance < 1 else None


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
