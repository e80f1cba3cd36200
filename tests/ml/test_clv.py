"""Lifetime value: foretold money beside what came, with honest intervals and terms."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cloud.ml.clv import (
    Terms,
    Value,
    btyd_value,
    last_spend,
    next_spend,
    past_spend,
    pooled,
    season_index,
    spearman,
    top_share,
    value_customers,
)
from cloud.ml.features import customer_days
from cloud.ml.snapshot import Snapshot

Transactions = Callable[..., pd.DataFrame]
CUT_OFF = date(2023, 12, 1)


@pytest.fixture(scope="module")
def seer(loyal_shop: pd.DataFrame) -> Snapshot:
    """A snapshot whose future is in its rows."""
    return Snapshot(customer_days(loyal_shop), CUT_OFF, 45)


@pytest.fixture(scope="module")
def value(seer: Snapshot) -> Value:
    known = seer.days[seer.days["day"] <= pd.Timestamp(CUT_OFF)]
    return value_customers(Snapshot(known, CUT_OFF, 45))


def test_forecast_uses_nothing_past_its_date(seer: Snapshot, value: Value) -> None:
    assert value_customers(seer).clv == pytest.approx(value.clv)


def test_sum_of_the_forecast_is_about_what_came(seer: Snapshot, value: Value) -> None:
    assert value.clv is not None
    came = next_spend(seer).sum()

    assert value.clv.sum() == pytest.approx(came, rel=0.25)
    low, high = value.summary["total"]
    assert low < came < high


def test_intervals_cover_about_four_in_five_customers(seer: Snapshot, value: Value) -> None:
    came = next_spend(seer)

    inside = (came >= value.clv_low) & (came <= value.clv_high)

    assert 0.74 < inside.mean() < 0.95  # who comes never or once is covered by zero


def test_forecast_is_as_good_as_the_plain_sums(seer: Snapshot, value: Value) -> None:
    assert value.clv is not None
    came = next_spend(seer)

    for plain in (past_spend(seer), last_spend(seer), btyd_value(seer)):
        assert spearman(came, value.clv) > spearman(came, plain) - 0.03
    assert set(value.summary["backtest"]) >= {"past_spend", "last_spend", "btyd"}


def test_sums_of_the_past_and_the_next_horizon_are_as_counted(purchases: Transactions) -> None:
    days = customer_days(
        purchases(
            ("a", "2024-01-01", 5),
            ("a", "2024-01-20", 7),
            ("a", "2024-01-30", 11),  # ten days later, the last that counts
            ("a", "2024-01-31", 13),
            ("b", "2024-01-02", 2),
            ("b", "2024-01-25", -3),
        )
    )
    now = Snapshot(days, date(2024, 1, 20), 10)

    assert past_spend(now).tolist() == [12.0, 2.0]
    assert last_spend(now).tolist() == [7.0, 0.0]
    assert next_spend(now).tolist() == [11.0, 0.0]


def test_pooled_customers_share_their_mean_and_the_sum_stays() -> None:
    forecast = np.array([5.0, 1.0, 2.0, 2.0, 10.0])

    assert pooled(forecast, 0.4).tolist() == pytest.approx([5, 5 / 3, 5 / 3, 5 / 3, 10])
    assert pooled(forecast, 0.0).tolist() == forecast.tolist()


def test_customers_who_mostly_never_return_are_pooled_when_the_past_says_so() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for number in range(900):  # nine in ten come once; the others every second week
        first = rng.integers(0, 120)
        visits = [first, *range(first + 14, 400, 14)] if number % 10 == 0 else [first]
        rows += [(f"c{number:03}", day, rng.uniform(5, 50)) for day in visits]
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    moments = pd.Timestamp("2023-01-01") + pd.to_timedelta(frame["day"], unit="D")
    days = customer_days(frame.assign(occurred_at=moments, purchase_id=None))

    found = value_customers(Snapshot(days, date(2023, 12, 1), 45))

    assert found.clv is not None
    assert found.summary["pooled_share"] >= 0.5
    assert len(np.unique(found.clv.round(6))) < 500


def test_margin_and_discount_scale_the_value(seer: Snapshot, value: Value) -> None:
    assert value.clv is not None

    margin = value_customers(seer, terms=Terms(margin=0.4))
    later = Terms(discount_rate=0.1)

    assert margin.clv == pytest.approx(0.4 * value.clv)
    assert margin.summary["basis"] == "margin"
    # A year at 10 %, flowing evenly: (1 - 1/1.1) / ln 1.1
    assert later.factor(365) == pytest.approx((1 - 1 / 1.1) / np.log(1.1))
    assert Terms().factor(365) == 1.0


@pytest.mark.parametrize("terms", [{"margin": 0.0}, {"margin": 40.0}, {"discount_rate": -0.1}])
def test_impossible_terms_are_refused(terms: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Terms(**terms)


def _yearly(peak: float) -> pd.DataFrame:
    """Twenty months of customers who come at random, and `peak` times as often in December."""
    rng = np.random.default_rng(5)
    days = pd.date_range("2022-04-01", periods=610)
    chance = np.where(days.month == 12, 0.03 * peak, 0.03)
    customer, day = np.nonzero(rng.random((100, len(days))) < chance)
    return customer_days(
        pd.DataFrame(
            {
                "customer_id": [f"c{number:03}" for number in customer],
                "purchase_id": None,
                "occurred_at": days[day],
                "amount": rng.uniform(20, 30, len(day)),
            }
        )
    )


def test_season_of_last_year_is_expected_again_after_thirteen_months() -> None:
    before_december = date(2023, 11, 30)

    peak = season_index(Snapshot(_yearly(1.8), before_december, 30))
    flat = season_index(Snapshot(_yearly(1.0), before_december, 30))
    young = Snapshot(_yearly(1.8), date(2023, 4, 15), 30)

    assert peak == pytest.approx(1.8, rel=0.2)
    assert flat == pytest.approx(1.0, abs=0.15)
    assert season_index(young) == 1.0  # less than thirteen months


def test_ranking_measures_are_as_by_hand() -> None:
    actual = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 10.0])

    assert top_share(actual, actual) == pytest.approx(0.5)
    assert top_share(actual, -actual) == 0.0
    assert spearman(actual, actual) == pytest.approx(1.0)
    assert spearman(actual, np.ones(10)) == 0.0


def test_too_few_customers_get_no_forecast(purchases: Transactions) -> None:
    days = customer_days(purchases(*[(f"c{i}", "2024-01-01", 5) for i in range(19)]))

    found = value_customers(Snapshot(days, date(2024, 2, 1), 30))

    assert found.clv is None
    assert "Below 20 customers" in found.notes[0]
