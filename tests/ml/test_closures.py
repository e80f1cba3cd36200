"""A shop that was shut has not lost its customers: closures do not count as absence."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cloud.ml.analysis import analyse
from cloud.ml.closures import (
    Closure,
    calendar_day,
    calendar_days_ago,
    closures,
    open_days,
    open_signals,
)
from cloud.ml.features import customer_days
from cloud.ml.signals import Signals

Transactions = Callable[..., pd.DataFrame]
LAST_DAY = date(2024, 3, 25)
REOPENED = pd.Timestamp("2024-03-10")
HOLIDAY = Closure(date(2024, 2, 18), date(2024, 3, 9))


def sold_on(purchases: Transactions, *days: pd.Timestamp) -> pd.DataFrame:
    rows = [(f"c{number % 7}", day, 5.0) for number, day in enumerate(days)]
    return customer_days(purchases(*rows))


def daily(first: str, last: str, freq: str = "D") -> list[pd.Timestamp]:
    return list(pd.date_range(first, last, freq=freq))


@pytest.fixture(scope="module")
def holiday_shop(loyal_shop: pd.DataFrame) -> pd.DataFrame:
    """The loyal shop, shut for three weeks: what was bought then and later comes 21 days later."""
    moved = loyal_shop["occurred_at"] >= pd.Timestamp(HOLIDAY.first)
    later = loyal_shop["occurred_at"] + pd.Timedelta(days=HOLIDAY.days)
    return loyal_shop.assign(occurred_at=loyal_shop["occurred_at"].where(~moved, later))


def test_three_weeks_without_a_sale_are_a_closure(purchases: Transactions) -> None:
    days = sold_on(
        purchases, *daily("2024-01-01", "2024-02-17"), *daily("2024-03-10", "2024-03-25")
    )

    assert closures(days, LAST_DAY) == [HOLIDAY]
    assert HOLIDAY.days == 21
    assert closures(days, date(2024, 2, 20)) == []  # two days so far
    assert closures(days, date(2024, 3, 4)) == [Closure(HOLIDAY.first, date(2024, 3, 4))]


@pytest.mark.parametrize(
    "days",
    [
        daily("2024-01-01", "2024-03-25", "W-SAT"),  # a weekly market
        daily("2023-01-01", "2024-03-01", "MS"),  # booked once a month
        [*daily("2024-01-01", "2024-02-17", "7D"), *daily("2024-03-10", "2024-03-25")],  # grew
        [*daily("2024-01-01", "2024-02-17"), pd.Timestamp("2024-03-10")],  # faded away
        [*daily("2024-01-01", "2024-01-05"), *daily("2024-02-01", "2024-03-25")],  # too young
        [*daily("2024-01-01", "2024-03-10"), *daily("2024-03-16", "2024-03-25")],  # five days
        [pd.Timestamp("2024-01-01")],
        [],
    ],
)
def test_what_is_usual_or_may_be_chance_is_no_closure(
    days: list[pd.Timestamp], purchases: Transactions
) -> None:
    assert closures(sold_on(purchases, *days), LAST_DAY) == []


def test_clock_stands_still_and_can_be_read_back(purchases: Transactions) -> None:
    before, after = daily("2024-01-01", "2024-02-17"), daily("2024-03-10", "2024-03-25")
    days = sold_on(purchases, *before, *after)
    refund = customer_days(purchases(("c1", "2024-03-01", -5.0)))  # while the shop was shut

    moved = open_days(days, [HOLIDAY])

    assert moved["day"].max() == pd.Timestamp("2024-03-25")
    assert moved["day"].min() == pd.Timestamp("2024-01-22")
    assert sorted(moved["day"]) == daily("2024-01-22", "2024-03-25")
    assert open_days(refund, [HOLIDAY])["day"].tolist() == [pd.Timestamp("2024-03-09")]
    assert calendar_day(date(2024, 3, 10), [HOLIDAY]) == date(2024, 3, 10)
    assert calendar_day(date(2024, 3, 9), [HOLIDAY]) == date(2024, 2, 17)
    twice = [Closure(date(2024, 1, 2), date(2024, 1, 11)), HOLIDAY]
    ago = np.array([0, 15, 16, 60, 80])
    assert calendar_days_ago(ago, LAST_DAY, twice).tolist() == [0, 15, 37, 91, 111]


def test_signals_move_along(purchases: Transactions) -> None:
    sent = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "occurred_at": pd.to_datetime(["2024-02-10", "2024-03-12"]),
            "answered_at": pd.to_datetime(["2024-02-11", "NaT"]),
        }
    )

    moved = open_signals(Signals(messages=sent), [HOLIDAY])

    assert moved is not None
    assert moved.messages is not None
    assert moved.messages["occurred_at"].tolist() == [
        pd.Timestamp("2024-03-02"), pd.Timestamp("2024-03-12")
    ]  # fmt: skip
    assert moved.messages["answered_at"].iloc[0] == pd.Timestamp("2024-03-03")
    assert moved.messages["answered_at"].isna().tolist() == [False, True]


def test_customers_are_scored_as_if_the_shop_had_never_been_shut(
    loyal_shop: pd.DataFrame, holiday_shop: pd.DataFrame
) -> None:
    as_of = (REOPENED + pd.Timedelta(days=3)).date()
    never = analyse(loyal_shop, as_of=date(2024, 2, 21), horizon_days=45)

    found = analyse(holiday_shop, as_of=as_of, horizon_days=45)

    numbers = never.customers.columns.drop("drivers").tolist()
    assert_frame_equal(found.customers[numbers], never.customers[numbers])
    assert found.summary["kpis"] == never.summary["kpis"]
    assert found.summary["notes"][0] == (
        "From 2024-02-18 to 2024-03-09 nothing was sold to anybody: these 21 days count for "
        "nobody's absence."
    )
    assert [fold["cut_off"] for fold in found.summary["backtest"]["folds"]] == [
        fold["cut_off"] for fold in never.summary["backtest"]["folds"]
    ]
    told = dict(zip(found.customers["customer_id"], found.customers["drivers"], strict=True))
    plain = dict(zip(never.customers["customer_id"], never.customers["drivers"], strict=True))
    changed = [name for name in told if told[name] != plain[name]]
    assert changed
    assert all(told[name][0].endswith("(closed on 21 of them)") for name in changed)


def test_nobody_looks_lost_for_a_holiday(holiday_shop: pd.DataFrame) -> None:
    """The share of alarms three days after a holiday is that of any other day."""
    as_of = (REOPENED + pd.Timedelta(days=3)).date()

    after = analyse(holiday_shop, as_of=as_of, horizon_days=45).customers
    before = analyse(holiday_shop, as_of=date(2024, 2, 17), horizon_days=45).customers

    alarms = [(table["churn_probability"] > 0.5).mean() for table in (before, after)]
    assert alarms[1] == pytest.approx(alarms[0], abs=0.05)
