"""Churn: honest backtests, honest verdicts, words of the customer's own rhythm."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cloud.ml.churn import (
    HORIZONS_DAYS,
    Fold,
    Scores,
    Snapshot,
    auc_with_error,
    backtest,
    calibration_error,
    churn_by_band,
    drivers,
    judge,
    risk_bands,
    score_churn,
    simplest_within_one_standard_error,
    usual_horizon,
)
from cloud.ml.features import customer_days

Transactions = Callable[..., pd.DataFrame]

LAST_DAY = date(2024, 3, 25)  # day 449 of the shops made for the tests


def scores(auc: float, brier: float, error: float = 0.01) -> Scores:
    return Scores(auc, error, brier, error, 0.0)


def fold(churned: list[bool], base_rate: float = 0.5, **probabilities: list[float]) -> Fold:
    arrays = {name: np.array(values) for name, values in probabilities.items()}
    return Fold(LAST_DAY, np.array(churned), base_rate, arrays)


def test_backtest_never_looks_past_the_date_it_judges(loyal_shop: pd.DataFrame) -> None:
    days = customer_days(loyal_shop)
    cut_off = LAST_DAY - timedelta(days=60)
    without_future = days[days["day"] <= pd.Timestamp(cut_off)]

    judged = next(backtest(Snapshot(days, LAST_DAY, 60)))

    assert judged.cut_off == cut_off
    blind = score_churn(Snapshot(without_future, cut_off, 60))
    assert blind.model is not None
    assert blind.probability == pytest.approx(judged.probabilities[blind.model])


def test_customers_who_leave_for_good_give_a_signal(loyal_shop: pd.DataFrame) -> None:
    found = score_churn(Snapshot(customer_days(loyal_shop), LAST_DAY, 45))

    assert found.verdict == "signal"
    assert found.probability is not None
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    # An AUC above .95 would be leakage.
    assert all(0.6 < s.auc < 0.95 for s in found.scores.values())
    assert found.scores["mbg_nbd"].ece < 0.1


def test_customers_who_come_at_random_give_no_reliable_signal(random_shop: pd.DataFrame) -> None:
    found = score_churn(Snapshot(customer_days(random_shop), LAST_DAY, 45))

    assert found.verdict == "no reliable signal"
    assert found.probability is None
    assert found.model == "recency"


def test_too_short_a_history_says_how_much_is_needed(loyal_shop: pd.DataFrame) -> None:
    found = score_churn(Snapshot(customer_days(loyal_shop), LAST_DAY, 400))

    assert found.verdict == "too little data"
    assert found.probability is None
    assert "800 days ago" in found.reason


def test_churned_means_no_visit_in_the_next_horizon(purchases: Transactions) -> None:
    days = customer_days(
        purchases(
            *[(name, "2024-01-01", 5) for name in "abcd"],
            ("a", "2024-01-11", 5),  # the last day that counts
            ("b", "2024-01-12", 5),  # one day late
            ("c", "2024-01-05", -5),  # a refund is no visit
        )
    )

    assert Snapshot(days, date(2024, 1, 1), 10).churned.tolist() == [False, True, True, True]


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


def test_simplest_within_one_standard_error_wins() -> None:
    close = {"recency": scores(0.74, 0.2), "logistic": scores(0.745, 0.199)}
    apart = {"recency": scores(0.70, 0.2), "logistic": scores(0.745, 0.199)}

    assert simplest_within_one_standard_error(close) == "recency"
    assert simplest_within_one_standard_error(apart) == "logistic"


def test_model_that_ranks_well_with_wrong_probabilities_does_not_win() -> None:
    found = {"recency": scores(0.745, 0.26), "logistic": scores(0.745, 0.199)}

    assert simplest_within_one_standard_error(found) == "logistic"


@pytest.mark.parametrize(
    ("auc", "brier", "verdict"),
    [
        (0.70, 0.2, "signal"),
        (0.70, 0.3, "weak signal"),  # worse than telling everybody the base rate
        (0.60, 0.2, "weak signal"),
        (0.57, 0.2, "no reliable signal"),
    ],
)
def test_verdict_asks_for_more_than_chance_can_give(auc: float, brier: float, verdict: str) -> None:
    folds = [fold([True, False], x=[0.5, 0.5])]  # the base rate has a Brier score of .25

    assert judge(scores(auc, brier), folds, "x")[0] == verdict


def test_risk_is_high_from_two_in_three_and_low_up_to_one_in_three() -> None:
    found = risk_bands(np.array([0.0, 0.33, 0.34, 0.66, 0.67, 1.0]))

    assert found.tolist() == ["low", "low", "medium", "medium", "high", "high"]


def test_bands_are_shown_with_what_happened_to_them() -> None:
    found = churn_by_band([fold([True, False, True], x=[0.9, 0.9, 0.1])], "x")

    assert found["high"] == {"customers": 2, "churned": 0.5}
    assert found["medium"] == {"customers": 0, "churned": None}


@pytest.mark.parametrize(("gap_days", "horizon"), [(5, 7), (12, 14), (25, 30), (80, 90), (200, 90)])
def test_horizon_follows_the_rhythm_of_the_shop(
    purchases: Transactions, gap_days: int, horizon: int
) -> None:
    start = pd.Timestamp("2023-01-01")
    rows = [
        ("a", start + pd.Timedelta(days=day), 5.0) for day in range(0, 365, gap_days)
    ]  # a quarter of the year is the longest horizon that can be judged
    rows.append(("b", start + pd.Timedelta(days=364), 5.0))

    assert usual_horizon(customer_days(purchases(*rows)), date(2023, 12, 31)) == horizon


def test_horizon_of_a_shop_without_returns_is_the_longest_that_fits(
    purchases: Transactions,
) -> None:
    days = customer_days(purchases(("a", "2023-01-01", 5), ("b", "2023-05-01", 5)))

    assert usual_horizon(days, date(2023, 5, 1)) == 30  # a quarter of 120 days
    assert usual_horizon(days.iloc[:0], date(2023, 5, 1)) == HORIZONS_DAYS[0]


def test_drivers_speak_in_the_rhythm_of_the_customer() -> None:
    table = pd.DataFrame(
        {
            "visits": [5, 1, 2],
            "days_since_last_visit": [26, 40, 3],
            "usual_gap_days": [9.0, np.nan, 1.0],
        }
    )

    assert drivers(table) == [
        ["usually every 9 days, now 26"],
        ["one visit so far, 40 days ago"],
        ["usually every 1 day, now 3"],
    ]
