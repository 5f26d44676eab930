"""The arithmetic of measuring against published and hand-made values."""

from __future__ import annotations

import pytest

from evals.statistics import mcnemar_exact, share, spearman, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # A proportion of 1 mirrors one of 0.
        (20, 20, 0.8389, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 2 / 2**6), (1, 9, 2 * 11 / 2**10), (9, 1, 2 * 11 / 2**10)],
)
def test_mcnemar_is_the_two_sided_binomial_tail(only_a: int, only_b: int, p: float) -> None:
    assert mcnemar_exact(only_a, only_b) == pytest.approx(p)


@pytest.mark.parametrize(
    ("a", "b", "rho"),
    [
        # The worked example of Wikipedia's article: IQ and hours of television, -29/165.
        (
            [106, 100, 86, 101, 99, 103, 97, 113, 112, 110],
            [7, 27, 2, 50, 28, 29, 20, 12, 6, 17],
            -29 / 165,
        ),
        ([1, 2, 2, 3], [1, 3, 2, 4], 0.9486832980505138),  # ties share their mean rank
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([1, 2, 3], [9, 1, -7], -1.0),
        ([1, 1, 1], [1, 2, 3], None),  # one side does not vary
        ([1], [1], None),
        ([], [], None),
    ],
)
def test_spearman(a: list[float], b: list[float], rho: float | None) -> None:
    assert spearman(a, b) == (None if rho is None else pytest.approx(rho))


def test_spearman_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match="zip"):
        spearman([1, 2], [1, 2, 3])


def test_a_share_of_nothing_is_none() -> None:
    assert (share(1, 4), share(0, 0)) == (0.25, None)
