"""Churn: honest backtests, honest verdicts, words of the customer's own rhythm."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from cloud.ml import churn
from cloud.ml.calibration import Scores
from cloud.ml.candidates import AverageCandidate
from cloud.ml.churn import (
    HORIZONS_DAYS,
    Fold,
    backtest,
    choose,
    churn_by_band,
    fit_model,
    judge,
    learnable_horizon,
    learnt_from,
    risk_bands,
    score_churn,
    usual_horizon,
)
from cloud.ml.features import customer_days
from cloud.ml.snapshot import Snapshot

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
    assert found.scores["logistic"].ece < 0.1


def test_customers_who_come_at_random_give_no_reliable_signal(random_shop: pd.DataFrame) -> None:
    found = score_churn(Snapshot(customer_days(random_shop), LAST_DAY, 45))

    assert found.verdict == "no reliable signal"
    assert found.probability is None
    assert found.model == "recency"


def test_too_few_customers_are_told_how_many_are_needed(loyal_shop: pd.DataFrame) -> None:
    few = loyal_shop[loyal_shop["customer_id"] < "c015"]

    found = score_churn(Snapshot(customer_days(few), LAST_DAY, 45))

    assert found.verdict == "too little data"
    assert found.probability is None
    assert "at least 20 customers 45 days ago" in found.reason


def _young_shop() -> pd.DataFrame:
    """Fifty customers of three months: weekly visits, and one in six visits is the last."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(50):
        day = rng.uniform(0, 40)
        while day < 111:
            rows.append((f"c{number:02}", pd.Timestamp("2024-01-01") + pd.Timedelta(days=day), 9.0))
            if rng.random() < 1 / 6:
                break
            day += rng.exponential(6.0) + 1
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "amount"])
    return customer_days(frame.assign(purchase_id=None))


def test_fifty_customers_and_three_months_are_enough_for_scores() -> None:
    days = _young_shop()
    as_of = date(2024, 3, 30)
    later = Snapshot(days, as_of, 21)

    found = score_churn(Snapshot(days[days["day"] <= pd.Timestamp(as_of)], as_of, 21))

    assert found.verdict in ("signal", "weak signal")
    assert found.probability is not None
    assert found.probability.mean() == pytest.approx(later.churned.mean(), abs=0.12)


def test_horizon_without_a_complete_label_is_learnt_over_a_shorter_one(
    loyal_shop: pd.DataFrame,
) -> None:
    days = customer_days(loyal_shop)
    cut_off = LAST_DAY - timedelta(days=200)
    now = Snapshot(days[days["day"] <= pd.Timestamp(cut_off)], cut_off, 200)
    actual = Snapshot(days, cut_off, 200).churned

    found = score_churn(now)

    assert learnable_horizon(now) == 90
    assert "That was over 90 days" in found.reason
    assert found.probability is not None
    assert found.probability.mean() == pytest.approx(actual.mean(), abs=0.08)


def test_customers_who_were_not_there_are_scored_by_what_the_others_taught(
    loyal_shop: pd.DataFrame,
) -> None:
    days = customer_days(loyal_shop)
    half = days["customer_id"] < "c200"
    taught = Snapshot(days[half], LAST_DAY - timedelta(days=60), 60)
    others = Snapshot(days[~half], taught.as_of, 60, taught.as_reference())

    told = fit_model(taught, "logistic").probability(others)

    assert ((told > 0) & (told < 1)).all()
    assert told[others.churned].mean() > told[~others.churned].mean() + 0.1


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


def outcome(n: int = 400) -> npt.NDArray[np.bool_]:
    return np.arange(n) % 2 == 0


def test_default_keeps_its_place_until_a_rival_is_better_beyond_chance() -> None:
    churned = outcome()
    logistic = np.where(churned, 0.6, 0.4)
    luckier = logistic.copy()
    luckier[0] = 0.7
    better = np.where(churned, 0.7, 0.3)

    def chosen(rival: npt.NDArray[np.float64]) -> str:
        told = {"recency": rival, "logistic": logistic}
        return choose([Fold(LAST_DAY, churned, 0.5, told)])

    assert chosen(luckier) == "logistic"
    assert chosen(better) == "recency"


def test_sharp_but_wrong_percentages_do_not_take_the_place() -> None:
    churned = outcome()
    sharp = np.where(np.arange(400) % 4 < 3, churned, ~churned) * 0.98 + 0.01  # 1 in 4 wrong

    told = {"recency": sharp, "logistic": np.where(churned, 0.6, 0.4)}

    assert choose([Fold(LAST_DAY, churned, 0.5, told)]) == "logistic"


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
    # 800 customers: chance has a standard error of .02. The base rate has a Brier score of .25.
    folds = [Fold(LAST_DAY, outcome(800), 0.5, {"x": np.full(800, 0.5)})]

    assert judge(scores(auc, brier), folds, "x")[0] == verdict


def test_few_customers_are_believed_when_the_forecast_explains_what_came() -> None:
    churned = outcome(40)
    right = np.where(churned, 0.8, 0.2)
    found = scores(0.66, 0.2, error=0.09)  # too uncertain for a verdict by ranking

    explained = judge(found, [Fold(LAST_DAY, churned, 0.5, {"x": right})], "x")[0]
    not_explained = judge(found, [Fold(LAST_DAY, churned, 0.5, {"x": 1 - right})], "x")[0]

    assert explained == "weak signal"
    assert not_explained == "no reliable signal"


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


@pytest.fixture(scope="module")
def large_shop() -> Snapshot:
    """Customers enough for trees: a thousand who come alike often and leave for good."""
    rng = np.random.default_rng(3)
    frames = []
    for number in range(1000):
        active_days = rng.exponential(150) + 1
        gaps = rng.exponential(rng.gamma(2.0, 6.0) + 2, size=60)
        days = rng.uniform(0, 300) + np.concatenate([[0], np.cumsum(gaps)])
        kept = days[(days <= days[0] + active_days) & (days < 450)]
        frames.append(pd.DataFrame({"customer_id": f"c{number:04}", "day": kept}))
    rows = pd.concat(frames, ignore_index=True)
    moments = pd.Timestamp("2023-01-01") + pd.to_timedelta(rows["day"], unit="D")
    amounts = rng.uniform(5, 50, len(rows))
    transactions = rows.assign(occurred_at=moments, purchase_id=None, amount=amounts)
    return Snapshot(customer_days(transactions), date(2024, 3, 20), 45)


def test_average_is_told_from_its_parts_as_if_it_had_been_fitted(large_shop: Snapshot) -> None:
    fold = next(backtest(large_shop))

    judged = large_shop.earlier(1)
    fitted = AverageCandidate(0).fit(learnt_from(judged)).churn_probability(judged)

    assert_array_equal(fold.probabilities["average"], fitted)


@pytest.mark.parametrize("lag", [-1.0, 1.0])
def test_forest_that_clearly_lags_is_not_grown_again(
    large_shop: Snapshot, monkeypatch: pytest.MonkeyPatch, lag: float
) -> None:
    monkeypatch.setattr(churn, "_pooled_lead", lambda *_: (lag, 0.1))

    folds = list(backtest(large_shop))

    assert len(folds) > 1
    assert "random_forest" in folds[0].probabilities
    assert ("random_forest" in folds[1].probabilities) == (lag > 0)
    assert "boosting" in folds[1].probabilities
