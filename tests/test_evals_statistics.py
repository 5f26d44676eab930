"""The arithmetic of measuring against published and hand-made values."""

from __future__ import annotations

import pytest

from evals.statistics import (
    cluster_bootstrap,
    holm,
    kappa,
    mcnemar_exact,
    rogan_gladen,
    share,
    spearman,
    wilson,
)


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


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        # The worked example of R's p.adjust(method="holm") on these four.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holm(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)


def test_the_cluster_bootstrap_widens_where_values_go_together() -> None:
    together = [[1.0] * 10 if n % 2 else [0.0] * 10 for n in range(20)]
    apart = [[float(n % 2)] for n in range(200)]
    low, high = cluster_bootstrap(together) or (0, 0)
    near, far = cluster_bootstrap(apart) or (0, 0)
    # The normal approximation: 0.5 ± 1.96 · 0.5 / √20 and / √200.
    assert (low, high) == pytest.approx((0.281, 0.719), abs=0.03)
    assert (near, far) == pytest.approx((0.431, 0.569), abs=0.01)


def test_the_cluster_bootstrap_of_one_value_and_of_none() -> None:
    assert cluster_bootstrap([[1.0, 1.0], [1.0]]) == (1.0, 1.0)
    assert cluster_bootstrap([[], []]) is None


@pytest.mark.parametrize(
    ("rate", "sensitivity", "specificity", "true"),
    [
        (0.5, 1.0, 1.0, 0.5),
        # (0.30 + 0.95 - 1) / (0.90 + 0.95 - 1)
        (0.30, 0.90, 0.95, 0.25 / 0.85),
        (0.01, 0.90, 0.95, 0.0),
        (0.99, 0.90, 0.95, 1.0),
        (0.5, 0.5, 0.5, None),
    ],
)
def test_rogan_gladen(
    rate: float, sensitivity: float, specificity: float, true: float | None
) -> None:
    assert rogan_gladen(rate, sensitivity, specificity) == (
        None if true is None else pytest.approx(true)
    )


def test_kappa_of_the_textbook_table() -> None:
    # Wikipedia's first example: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no; kappa 0.4.
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa(["yes"] * 3, ["yes"] * 3) is None
    assert kappa([], []) is None
