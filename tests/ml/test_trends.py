"""Months are counted as a shopkeeper would."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from cloud.ml.features import customer_days
from cloud.ml.trends import COLUMNS, monthly_trend

Transactions = Callable[..., pd.DataFrame]


def test_months_by_hand(purchases: Transactions) -> None:
    days = customer_days(
        purchases(
            ("anna", "2024-01-05", 10),
            ("ben", "2024-01-20", 20),
            ("anna", "2024-02-10", 30),
            ("anna", "2024-02-11", -5),
            ("cleo", "2024-03-01", 40),
        )
    )

    found = monthly_trend(days, date(2024, 3, 10), horizon_days=30)

    assert found["month"].tolist() == [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    assert found["is_partial"].tolist() == [False, False, True]
    assert found["revenue"].tolist() == [30, 25, 40]
    assert found["active_customers"].tolist() == [2, 1, 1]
    assert found["new_customers"].tolist() == [2, 0, 1]
    # 29 February: anna and ben had come, anna again; 10 March: anna had come, and did not again
    assert found["churn_rate"].tolist()[1:] == [0.5, 1.0]
    assert pd.isna(found["churn_rate"][0])


def test_a_year_at_most_and_nothing_after_the_date(purchases: Transactions) -> None:
    days = customer_days(purchases(("anna", "2021-05-05", 10), ("anna", "2024-06-01", 10)))

    found = monthly_trend(days, date(2024, 5, 31), horizon_days=30)

    assert len(found) == 12
    assert found["month"].iloc[-1] == date(2024, 5, 1)
    assert found["revenue"].sum() == 0
    assert not found["is_partial"].any()


@pytest.mark.parametrize("rows", [(), (("anna", "2024-06-01", 10),)])
def test_no_purchase_yet_has_no_months(
    purchases: Transactions, rows: tuple[tuple[object, ...], ...]
) -> None:
    found = monthly_trend(customer_days(purchases(*rows)), date(2024, 5, 31), horizon_days=30)

    assert found.empty
    assert list(found.columns) == list(COLUMNS)
