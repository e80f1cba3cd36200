"""The simulated town: the truth that models are held against."""

import csv
import dataclasses
import datetime as dt
import io
import math

import pandas as pd
import pytest

from cloud.ml.baskets import Baskets, associated_pairs, associated_triples, baskets_of
from simulators.town import (
    BAKERY,
    FLORIST,
    HISTORY_DAYS,
    ShopPlan,
    SimulatedShop,
    amount_minor,
    as_csv,
    make_shop,
)

TODAY = dt.date(2026, 3, 2)


def test_the_same_seed_makes_the_same_town_and_another_seed_another() -> None:
    assert as_csv(make_shop(BAKERY, today=TODAY, seed=1)) == as_csv(
        make_shop(BAKERY, today=TODAY, seed=1)
    )
    assert as_csv(make_shop(BAKERY, today=TODAY, seed=1)) != as_csv(
        make_shop(BAKERY, today=TODAY, seed=2)
    )


def test_sales_lie_in_the_history_and_in_opening_hours() -> None:
    shop = make_shop(BAKERY, today=TODAY, seed=1)
    for sale in (sale for customer in shop.customers for sale in customer.sales):
        assert TODAY - dt.timedelta(days=HISTORY_DAYS) <= sale.at.date() < TODAY
        assert sale.at.weekday() not in BAKERY.closed_weekdays
        assert BAKERY.opens_hour <= sale.at.hour < BAKERY.closes_hour


def test_a_customer_who_dropped_out_buys_no_more_and_the_others_keep_their_rate() -> None:
    shop = make_shop(BAKERY, today=TODAY, seed=3)
    active = [c for c in shop.customers if c.is_active and len(c.sales) > 1]
    expected = sum(c.rate_per_day * (TODAY - c.sales[0].at.date()).days for c in active)
    observed = sum(len(c.sales) - 1 for c in active)
    # visits on one day are one sale and Sundays are closed, so a little below the Poisson sum
    assert 0.75 * expected < observed < expected + 4 * math.sqrt(expected)


def test_the_export_adds_up_to_the_sales() -> None:
    shop = make_shop(FLORIST, today=TODAY, seed=1)
    rows = list(csv.DictReader(io.StringIO(as_csv(shop))))
    exported = sum(round(float(r["Unit price"]) * 100) * int(r["Quantity"]) for r in rows)
    sold = sum(amount_minor(sale.lines) for c in shop.customers for sale in c.sales)
    assert exported == sold
    assert [row["Date"] for row in rows] == sorted(row["Date"] for row in rows)


def days_of(shop: SimulatedShop) -> list[tuple[str, dt.datetime]]:
    return [(customer.reference, sale.at) for customer in shop.customers for sale in customer.sales]


def baskets_at(plan: ShopPlan) -> Baskets:
    shop = make_shop(plan, today=TODAY, seed=1)
    sales = [sale for customer in shop.customers for sale in customer.sales]
    rows = [(sale.invoice, line.product.name) for sale in sales for line in sale.lines]
    return baskets_of(pd.DataFrame(rows, columns=["basket_id", "product"]))


def test_habits_change_what_is_bought_and_never_who_comes_when() -> None:
    without = dataclasses.replace(BAKERY, habits=())

    shops = [make_shop(plan, today=TODAY, seed=1) for plan in (BAKERY, without)]

    assert days_of(shops[0]) == days_of(shops[1])
    assert as_csv(shops[0]) != as_csv(shops[1])


@pytest.mark.parametrize("plan", [BAKERY, FLORIST], ids=["bakery", "florist"])
def test_bundles_are_the_habits_of_the_town_and_nothing_else(plan: ShopPlan) -> None:
    planted = {
        frozenset((habit.product, companion))
        for habit in plan.habits
        for companion in habit.companions
    }
    together = {(h.product, *h.companions) for h in plan.habits if len(h.companions) == 2}
    baskets = baskets_at(plan)

    pairs = associated_pairs(baskets)
    triples = associated_triples(baskets)["products"]

    found = zip(pairs["product"], pairs["other_product"], strict=True)
    assert {frozenset(pair) for pair in found} == planted
    assert {frozenset(triple) for triple in triples} == {frozenset(names) for names in together}


@pytest.mark.parametrize("plan", [BAKERY, FLORIST], ids=["bakery", "florist"])
def test_without_habits_there_is_no_bundle(plan: ShopPlan) -> None:
    baskets = baskets_at(dataclasses.replace(plan, habits=()))

    assert associated_pairs(baskets).empty
    assert associated_triples(baskets).empty
