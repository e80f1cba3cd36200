"""What follows what: planted sequences are found, others are not, and nobody is told the known."""

import numpy as np
import pandas as pd
import pytest

from cloud.ml.recommendations import COLUMNS, next_product_rules, recommend


def lines_of(customers: dict[str, list[str]]) -> pd.DataFrame:
    """Each customer's baskets in order, one product per letter."""
    rows = [
        (name, f"{name}-{number}", pd.Timestamp("2024-01-01") + pd.Timedelta(days=number), product)
        for name, baskets in customers.items()
        for number, basket in enumerate(baskets)
        for product in basket
    ]
    return pd.DataFrame(rows, columns=["customer_id", "basket_id", "occurred_at", "product"])


def shop(n_customers: int = 300, seed: int = 0) -> dict[str, list[str]]:
    """Customers who come four times and take two of thirty products, without any order."""
    rng = np.random.default_rng(seed)
    products = np.array([chr(ord("A") + number) for number in range(30)])
    return {
        f"c{number:03}": ["".join(rng.choice(products, 2, replace=False)) for _ in range(4)]
        for number in range(n_customers)
    }


def with_followers() -> dict[str, list[str]]:
    """In the same shop, 60 customers take y after x; ten have only bought x so far."""
    customers = shop()
    for number in range(60):
        customers[f"c{number:03}"][1:3] = ["x", "y"]
    for number in range(100, 110):
        customers[f"c{number}"][3] = "x"
    return customers


def test_who_had_the_one_is_told_of_the_other() -> None:
    found = recommend(lines_of(with_followers())).table

    assert set(found["customer_id"]) == {f"c{number}" for number in range(100, 110)}
    assert set(found["product"]) == {"y"}
    assert found["reason"][0] == (
        "After x, y came next on 60 of 60 occasions, "
        f"{found['lift'][0]:.1f} times what chance explains."
    )


def test_rule_counts_customers_not_baskets() -> None:
    # after a comes b, again and again: still one first time per customer
    again = {f"c{number}": ["a", "b", "a", "b"] for number in range(20)}
    rest = {f"d{number}": ["c", "d", "e", "f"] for number in range(100)}

    found = next_product_rules(lines_of(again | rest)).set_index(["after", "product"])

    assert found.loc[("a", "b"), "customers"] == 20
    assert found.loc[("a", "b"), "occasions"] == 20


def test_expectation_by_hand() -> None:
    # 4 x 40 steps, each with one new product; every second product is open on all 160
    chains = ("ab", "cd", "ef", "gh")
    customers = {f"{chain}{number}": list(chain) for chain in chains for number in range(40)}

    found = next_product_rules(lines_of(customers)).set_index(["after", "product"])

    assert len(found) == 4
    assert found.loc[("a", "b"), "expected"] == pytest.approx(40 * 40 / 160)
    assert found.loc[("a", "b"), "lift"] == pytest.approx(4)


@pytest.mark.parametrize("seed", range(10))
def test_without_order_nothing_is_recommended(seed: int) -> None:
    found = recommend(lines_of(shop(seed=seed)))

    assert found.table.empty
    assert list(found.table.columns) == list(COLUMNS)
    assert found.notes == ["No product follows another more often than chance explains."]


def test_big_baskets_alone_make_no_rule() -> None:
    rng = np.random.default_rng(2)
    products = np.array([chr(ord("A") + number) for number in range(50)])
    customers = {
        f"c{number}": ["".join(rng.choice(products, size, replace=False)) for _ in range(2)]
        for number in range(600)
        for size in [15 if number % 10 == 0 else 1]
    }

    assert next_product_rules(lines_of(customers)).empty


def test_rows_in_another_order_change_nothing() -> None:
    lines = lines_of(with_followers())

    table = recommend(lines).table

    again = recommend(lines.sample(frac=1, random_state=1)).table
    pd.testing.assert_frame_equal(table, again)


def test_refund_is_no_purchase() -> None:
    lines = lines_of(with_followers()).assign(quantity=1)
    lines.loc[lines["product"] == "y", "quantity"] = -1

    assert recommend(lines).table.empty


def test_at_most_so_many_for_a_customer() -> None:
    followers = {f"c{n}": ["a", "bcde"] for n in range(40)}
    rest = {f"d{n}": ["f", "ghij", "k"] for n in range(100)}

    found = recommend(lines_of(followers | rest | {"new": ["a"]}), per_customer=2).table

    assert found.loc[found["customer_id"] == "new", "rank"].tolist() == [1, 2]


@pytest.mark.parametrize("customers", [{}, {"c": ["a"]}, {"c": ["a", "b"]}])
def test_too_few_returns_are_said(customers: dict[str, list[str]]) -> None:
    found = recommend(lines_of(customers))

    assert found.table.empty
    assert "at least 50 returns" in found.notes[0]


def test_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"missing \['product'\]"):
        recommend(lines_of({}).drop(columns="product"))
