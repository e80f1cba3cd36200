"""Intervals agree with the published examples."""

import pytest

from cloud.ml.intervals import difference_of_shares, wilson


def test_wilson_interval_of_the_published_example() -> None:
    # Newcombe (1998), Interval estimation for the single proportion, table I: 81 of 263
    assert wilson(81, 263) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


@pytest.mark.parametrize("n", [1, 20])
def test_none_and_all_stay_within_zero_and_one(n: int) -> None:
    assert wilson(0, n)[0] == pytest.approx(0, abs=1e-12)
    assert wilson(n, n)[1] == pytest.approx(1)
    assert wilson(0, n)[1] > 0.1


def test_difference_of_the_published_example() -> None:
    # Newcombe (1998), Interval estimation for the difference, method 10: 56/70 less 48/80
    low, high = difference_of_shares(56, 70, 48, 80)

    assert (low, high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
