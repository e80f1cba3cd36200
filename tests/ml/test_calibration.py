"""Measures of probabilities, each against a case computed by hand."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from cloud.ml.calibration import (
    Scores,
    auc_with_error,
    calibration_error,
    chance_error,
    lead,
    log_evidence,
    mean_scores,
)


def test_auc_and_its_error_are_as_by_hand() -> None:
    churned = np.array([True, True, False, False])

    auc, error = auc_with_error(churned, np.array([0.9, 0.4, 0.4, 0.1]))

    # Pairs: 1, 1, 1/2, 1 of 4. Placements lost 1 and 3/4, kept 3/4 and 1: variance 1/32 each.
    assert auc == pytest.approx(3.5 / 4)
    assert error == pytest.approx(np.sqrt(1 / 32 / 2 + 1 / 32 / 2))


def test_calibration_error_is_the_mean_distance_to_what_happened() -> None:
    churned = np.array([True, True, False, True])

    assert calibration_error(churned, np.array([1.0, 1.0, 0.5, 0.5]), n_bins=2) == 0
    assert calibration_error(churned, np.array([0.8, 0.8, 0.3, 0.3]), n_bins=2) == pytest.approx(
        (0.2 + 0.2) / 2
    )


def test_lead_is_paired_customer_by_customer() -> None:
    churned = np.array([True, False])

    gain, error = lead(churned, np.array([0.9, 0.1]), np.array([0.5, 0.5]))

    assert gain == pytest.approx(0.25 - 0.01)
    assert error == pytest.approx(0, abs=1e-12)  # both customers gain alike: nothing is uncertain


def test_chance_ranks_a_half_with_the_error_of_mann_and_whitney() -> None:
    churned = np.arange(30) < 10
    rng = np.random.default_rng(0)

    drawn = [auc_with_error(churned, rng.random(30))[0] for _ in range(2000)]

    assert chance_error(churned) == pytest.approx(np.sqrt(31 / (12 * 10 * 20)))
    assert np.std(drawn) == pytest.approx(chance_error(churned), rel=0.06)


def test_evidence_is_how_much_likelier_the_forecasts_made_who_was_lost() -> None:
    rng = np.random.default_rng(2)
    told = rng.uniform(0.1, 0.9, 16)
    churned = rng.random(16) < told
    odds = told / (1 - told)

    # of all the ways to lose as many: each weighs the product of its customers' odds
    n_lost = int(churned.sum())
    ways = np.array([np.prod(odds[list(lost)]) for lost in combinations(range(16), n_lost)])
    share = np.prod(odds[churned]) / ways.sum()

    assert log_evidence(churned, told) == pytest.approx(np.log(share * len(ways)), abs=0.02)


def test_evidence_does_not_ask_for_the_level_nor_for_more_than_one_way() -> None:
    churned = np.arange(40) < 10
    told = np.where(churned, 0.7, 0.4)
    in_season = told / (told + 0.2 * (1 - told))  # everybody's odds five times as high

    assert log_evidence(churned, in_season) == pytest.approx(log_evidence(churned, told))
    assert log_evidence(np.ones(40, dtype=bool), told) == 0


def test_evidence_from_a_lottery_keeps_the_promise_of_ville() -> None:
    rng = np.random.default_rng(4)
    outcomes = rng.random((4000, 30)) < 0.5  # whatever was told

    def ratios(least: float, most: float) -> npt.NDArray[np.float64]:
        told = rng.uniform(least, most, (4000, 30))
        found = [log_evidence(y, p) for y, p in zip(outcomes, told, strict=True)]
        return np.exp(found)

    assert np.mean(ratios(0.1, 0.9) > 20) <= 1 / 20
    assert np.mean(ratios(0.4, 0.6)) == pytest.approx(1, abs=0.05)  # neither for nor against


def test_errors_of_folds_shrink_with_the_root_of_their_number() -> None:
    one = Scores(auc=0.7, auc_standard_error=0.04, brier=0.2, brier_standard_error=0.02, ece=0.1)

    found = mean_scores([one] * 4)

    assert found.auc == pytest.approx(0.7)
    assert found.auc_standard_error == pytest.approx(0.02)
    assert found.brier_standard_error == pytest.approx(0.01)
