"""Shops made for the tests: customers whose truth is known."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

Transactions = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small problems: threads would only wait for each other on a busy machine."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session")
def purchases() -> Transactions:
    """A frame from tuples (customer, day, amount) or (customer, day, amount, purchase id)."""

    def build(*rows: tuple[object, ...]) -> pd.DataFrame:
        padded = [(*row, None)[:4] for row in rows]
        frame = pd.DataFrame(
            padded, columns=["customer_id", "occurred_at", "amount", "purchase_id"]
        )
        frame["occurred_at"] = pd.to_datetime(frame["occurred_at"])
        frame["amount"] = frame["amount"].astype(float)
        return frame

    return build


@pytest.fixture(scope="session")
def loyal_shop() -> pd.DataFrame:
    """400 customers over 450 days who differ in rhythm and leave for good: churn is visible."""
    rng = np.random.default_rng(7)
    rows = []
    for number in range(400):
        gap_days = rng.gamma(2.0, 8.0) + 2
        day = rng.uniform(0, 300)
        spend = rng.gamma(4.0, 5.0) + 1
        while day < 450:
            rows.append((f"c{number:03}", day, spend * rng.uniform(0.5, 1.5)))
            if rng.random() < 0.12:
                break
            day += rng.exponential(gap_days) + 1
    return _frame(rows)


@pytest.fixture(scope="session")
def random_shop() -> pd.DataFrame:
    """400 customers who all come alike, at random, for ever: nothing can be foretold."""
    rng = np.random.default_rng(11)
    rows = [
        (f"c{number:03}", day, rng.uniform(5, 50))
        for number in range(400)
        for day in rng.uniform(0, 450, size=rng.poisson(9) + 1)
    ]
    return _frame(rows)


def _frame(rows: list[tuple[str, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    start = pd.Timestamp("2023-01-01")
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "purchase_id": None,
            "occurred_at": start + pd.to_timedelta(frame["day"].astype(int), unit="D"),
            "amount": frame["amount"].round(2),
        }
    )
