"""Bundles keep the margin floor, help dead stock, and say what they rest on."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cloud.ml.baskets import Baskets, baskets_of
from cloud.ml.bundles import BundleRule, Bundles, dead_stock, find_bundles

TODAY = date(2024, 6, 30)


@pytest.fixture
def bakery() -> Baskets:
    """Bread and butter are friends; the teapot is hardly sold; coffee goes with everything."""
    rows: list[tuple[int, str]] = []
    rng = np.random.default_rng(1)
    for basket in range(400):
        rows += [(basket, f"roll {number}") for number in rng.choice(20, 2, replace=False)]
        if rng.random() < 0.6:
            rows.append((basket, "coffee"))
        if basket % 10 == 0:
            rows += [(basket, "bread"), (basket, "butter")]
    return baskets_of(pd.DataFrame([*rows, (7, "teapot")], columns=["basket_id", "product"]))


def stock(**columns: Any) -> pd.DataFrame:
    teapot = {"product": "teapot", "first_stocked": "2024-01-01", "stocked": 10, "sold": 1,
              "in_stock": 9}  # fmt: skip
    return pd.DataFrame([{**teapot, **columns}])


def prices(**own: tuple[float, float | None]) -> pd.DataFrame:
    rows = [(name, price, cost) for name, (price, cost) in own.items()]
    return pd.DataFrame(rows, columns=["product", "price", "cost"])


def bundle(bundles: Bundles, *products: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = bundles.table.to_dict("records")
    return next(row for row in rows if set(row["products"]) == set(products))


def test_bundle_says_why(bakery: Baskets) -> None:
    found = bundle(find_bundles(bakery), "bread", "butter")

    assert found["evidence"] == "bought together"
    assert "100% of those who buy bread also buy butter: together 40 times" in found["reason"]
    assert found["bundle_price"] is None  # no price is known


def test_price_is_reduced_by_the_discount_when_the_margin_allows(bakery: Baskets) -> None:
    known = prices(bread=(4.0, 1.0), butter=(2.0, 1.0))

    found = bundle(find_bundles(bakery, known), "bread", "butter")

    assert (found["full_price"], found["bundle_price"]) == (6.0, pytest.approx(5.4))
    assert found["margin"] == pytest.approx(1 - 2 / 5.4)


@pytest.mark.parametrize(
    ("cost", "bundle_price"),
    [
        (4.5, 5.63),  # 4.50 / .8 = 5.625, rounded up so that the floor holds
        (4.7, 6.00),  # 5.88 is 2 % less: not worth a sign
        (4.8, 6.00),
    ],
)
def test_discount_stops_at_the_margin_floor(
    bakery: Baskets, cost: float, bundle_price: float
) -> None:
    known = prices(bread=(4.0, cost - 1), butter=(2.0, 1.0))

    found = bundle(find_bundles(bakery, known), "bread", "butter")

    assert found["bundle_price"] == pytest.approx(bundle_price)
    assert found["margin"] >= 0.2


@pytest.mark.parametrize(
    ("decimals", "unit", "bundle_price"),
    [(0, 100.0, 563.0), (2, 1.0, 5.63), (3, 1.0, 5.625)],
    ids=["yen", "euro", "dinar"],
)
def test_price_is_rounded_up_to_a_coin_of_the_currency(
    bakery: Baskets, decimals: int, unit: float, bundle_price: float
) -> None:
    known = prices(bread=(4.0 * unit, 3.5 * unit), butter=(2.0 * unit, unit))

    found = find_bundles(bakery, known, rule=BundleRule(price_decimals=decimals))

    assert bundle(found, "bread", "butter")["bundle_price"] == pytest.approx(bundle_price)


def test_bundle_below_the_margin_floor_is_left_out_and_said(bakery: Baskets) -> None:
    known = prices(bread=(4.0, 4.0), butter=(2.0, 1.0))

    found = find_bundles(bakery, known)

    assert found.table.empty
    assert found.notes == ["1 bundle(s) would leave a margin below 20% and are left out."]


def test_without_a_cost_nothing_is_given_away(bakery: Baskets) -> None:
    found = bundle(find_bundles(bakery, prices(bread=(4, None), butter=(2, 1))), "bread", "butter")

    assert (found["bundle_price"], found["discount"], found["margin"]) == (6.0, 0.0, None)


@pytest.mark.parametrize(
    ("columns", "is_dead"),
    [
        ({}, True),
        ({"sold": 5}, True),  # 50 %
        ({"sold": 6}, False),  # 60 % is not below
        ({"in_stock": 0}, False),
        ({"first_stocked": "2024-04-02"}, False),  # 89 days
        ({"first_stocked": "2024-04-01"}, True),  # 90 days
        ({"first_stocked": None}, False),
        ({"stocked": 0}, False),
        ({"stocked": None}, False),
    ],
)
def test_dead_stock_is_old_unsold_and_still_there(columns: dict[str, Any], is_dead: bool) -> None:
    assert len(dead_stock(stock(**columns), TODAY)) == is_dead


def test_dead_stock_with_most_money_comes_first() -> None:
    products = pd.concat(
        [
            stock(product="cheap", cost=1.0, price=2.0),
            stock(product="dear", cost=None, price=5.0),
            stock(product="unknown", cost=None, price=None),
        ]
    )

    assert dead_stock(products, TODAY)["product"].tolist() == ["dear", "cheap", "unknown"]


def test_missing_stock_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"missing \['sold'\]"):
        dead_stock(stock().drop(columns="sold"), TODAY)


def test_dead_product_without_company_gets_the_best_seller_as_a_guess(bakery: Baskets) -> None:
    found = bundle(find_bundles(bakery, dead=dead_stock(stock(), TODAY)), "teapot", "coffee")

    assert found["dead_product"] == "teapot"
    assert found["evidence"] == "best seller"
    assert "a try, not a finding" in found["reason"]


def test_dead_product_with_company_is_named_in_its_bundle(bakery: Baskets) -> None:
    found = find_bundles(bakery, dead=dead_stock(stock(product="butter"), TODAY))

    assert bundle(found, "bread", "butter")["dead_product"] == "butter"
    assert (found.table["evidence"] == "bought together").all()


def test_two_dead_products_do_not_pull_each_other(bakery: Baskets) -> None:
    products = pd.concat([stock(product="butter"), stock(product="bread")])

    found = find_bundles(bakery, dead=dead_stock(products, TODAY)).table

    assert [set(members) for members in found["products"]] == [
        {"bread", "coffee"},
        {"butter", "coffee"},
    ]


def test_three_products_are_bundled_when_asked() -> None:
    rng = np.random.default_rng(2)
    rows = [(basket, f"p{n}") for basket in range(600) for n in rng.choice(40, 3, replace=False)]
    rows += [(basket, name) for basket in range(40) for name in ("tea", "milk", "sugar")]
    rows += [(basket, "tea") for basket in range(100, 140)]
    baskets = baskets_of(pd.DataFrame(rows, columns=["basket_id", "product"]))
    known = prices(tea=(4, 1), milk=(1, 0.5), sugar=(1, 0.5))

    found = bundle(find_bundles(baskets, known, with_triples=True), "tea", "milk", "sugar")

    assert found["together"] == 40
    assert found["bundle_price"] == pytest.approx(5.4)
    assert "their strongest pair explains" in found["reason"]
    assert not any(len(p) == 3 for p in find_bundles(baskets, known).table["products"])


def test_few_receipts_are_said() -> None:
    few = baskets_of(pd.DataFrame({"basket_id": [1, 1], "product": ["a", "b"]}))

    found = find_bundles(few, with_triples=True)

    assert found.table.empty
    assert found.notes == ["Bundles need at least 50 receipts with products, found 1."]


def test_senseless_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        BundleRule(margin_floor=20)
