"""What a customer will probably like next: what others bought for the first time after the same.

A step leads from one basket of a customer to the next. A rule "after a comes b" counts the
customers who had a in one basket and b, for the first time ever, in the next one; each counts once.
Its occasions are the steps on which that could happen: a in the first basket, b not bought before.
It is expected as often as b's share of all first purchases and the sizes of those next baskets
explain; what is known to surpass that, at a false discovery rate, is a rule.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.stats import poisson

from cloud.ml.baskets import PairRule, false_discovery_rates

RULE_COLUMNS = (
    "after", "product", "customers", "occasions", "expected", "confidence", "lift", "q_value",
)  # fmt: skip
COLUMNS = (
    "customer_id", "rank", "product", "after", "customers", "occasions", "confidence", "lift",
    "reason",
)  # fmt: skip
MIN_STEPS = 50

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recommendations:
    """A frame of COLUMNS, the best first for each customer, and in words why there is not more."""

    table: pd.DataFrame
    notes: list[str]


@dataclass(frozen=True)
class Steps:
    """One row per step from a basket to the next; scipy csr_arrays over the products."""

    bought: Any  # products in the first basket of the step
    owned: Any  # products bought in it or ever before
    new: Any  # products in the second basket that were never bought before


@dataclass(frozen=True)
class History:
    """Each customer's products by basket, in the order of time."""

    customers: npt.NDArray[np.object_]
    products: npt.NDArray[np.object_]
    # One row per customer, basket and product, sorted: numbers into the arrays above.
    customer: Ints
    basket: Ints
    product: Ints
    is_first: npt.NDArray[np.bool_]


def recommend(
    lines: pd.DataFrame, *, rule: PairRule | None = None, per_customer: int = 3
) -> Recommendations:
    """Products that each customer has never bought and that often follow the last basket.

    Parameters
    ----------
    lines : `customer_id`, `basket_id`, `occurred_at`, `product`, optionally `quantity` (refunds
        negative); one row per product on a receipt
    per_customer : at most so many for each

    Returns
    -------
    Recommendations. Customers for whom nothing is known well enough have no row.
    """
    history = _history(lines)
    steps = steps_of(history)
    if steps.bought.shape[0] < MIN_STEPS:
        note = f"Needs at least {MIN_STEPS} returns to the shop, found {steps.bought.shape[0]}."
        return Recommendations(pd.DataFrame(columns=list(COLUMNS)), [note])
    rules = _rules(steps, rule or PairRule())
    if rules.empty:
        note = "No product follows another more often than chance explains."
        return Recommendations(pd.DataFrame(columns=list(COLUMNS)), [note])
    return Recommendations(_for_customers(history, rules, per_customer), [])


def next_product_rules(lines: pd.DataFrame, rule: PairRule | None = None) -> pd.DataFrame:
    """Which product follows which: a frame of RULE_COLUMNS, the surest first."""
    history = _history(lines)
    rules = _rules(steps_of(history), rule or PairRule())
    return rules.assign(
        after=history.products[rules["after"].to_numpy(dtype=int)],
        product=history.products[rules["product"].to_numpy(dtype=int)],
    )


def steps_of(history: History) -> Steps:
    """The steps of all customers, each customer's last basket excluded as a beginning."""
    n_baskets = int(history.basket.max(initial=-1)) + 1
    shape = (n_baskets, len(history.products))
    bought = _matrix(history.basket, history.product, shape)
    new = _matrix(history.basket[history.is_first], history.product[history.is_first], shape)
    customer_of = np.zeros(n_baskets, dtype=np.int64)
    customer_of[history.basket] = history.customer
    goes_on = (
        np.flatnonzero(customer_of[:-1] == customer_of[1:]) if n_baskets else np.array([], int)
    )
    return Steps(bought[goes_on], _owned(history, shape)[goes_on], new[goes_on + 1])


def _history(lines: pd.DataFrame) -> History:
    wanted = ("customer_id", "basket_id", "occurred_at", "product")
    missing = [name for name in wanted if name not in lines.columns]
    if missing:
        raise ValueError(f"lines: expected columns {wanted}, missing {missing}")
    if "quantity" in lines.columns:
        lines = lines[lines["quantity"] > 0]
    lines = lines.dropna(subset=list(wanted))
    began = lines.groupby("basket_id")["occurred_at"].transform("min")
    lines = lines.assign(occurred_at=began).drop_duplicates(["basket_id", "product"])
    customer, customers = pd.factorize(lines["customer_id"], sort=True)
    product, products = pd.factorize(lines["product"], sort=True)
    table = pd.DataFrame(
        {"customer": customer, "at": lines["occurred_at"].to_numpy(), "product": product}
    )
    table["basket_id"] = lines["basket_id"].astype(str).to_numpy()
    table = table.sort_values(["customer", "at", "basket_id", "product"], ignore_index=True)
    key = table[["customer", "at", "basket_id"]]
    basket = (key != key.shift()).any(axis=1).cumsum().to_numpy() - 1
    return History(
        customers=np.asarray(customers, dtype=object),
        products=np.asarray(products, dtype=object),
        customer=table["customer"].to_numpy(dtype=np.int64),
        basket=basket.astype(np.int64),
        product=table["product"].to_numpy(dtype=np.int64),
        is_first=~table.duplicated(["customer", "product"]).to_numpy(),
    )


def _rules(steps: Steps, rule: PairRule) -> pd.DataFrame:
    """Rules by number of product."""
    together = (steps.bought.T @ steps.new).tocoo()
    is_enough = together.data >= rule.min_together
    a, b = (axis[is_enough] for axis in together.coords)
    count = together.data[is_enough].astype(float)
    occasions, expected = _expected(steps, a, b)
    p_value = np.asarray(poisson.sf(count - 1, expected * rule.min_lift))
    n_after = int((steps.bought.sum(axis=0) >= rule.min_together).sum())
    n_next = int((steps.new.sum(axis=0) >= rule.min_together).sum())
    found = pd.DataFrame(
        {
            "after": a,
            "product": b,
            "customers": count.astype(int),
            "occasions": occasions.astype(int),
            "expected": expected,
            "confidence": count / occasions,
            "lift": count / expected,
            "q_value": false_discovery_rates(p_value, n_after * n_next),
        }
    )
    found = found[found["q_value"] <= rule.false_discovery_rate]
    return found.sort_values(
        ["q_value", "lift", "after", "product"],
        ascending=[True, False, True, True],
        ignore_index=True,
    )


def _expected(steps: Steps, a: Ints, b: Ints) -> tuple[Floats, Floats]:
    """For each rule the steps on which it could happen, and how often chance lets it happen."""
    sizes = np.asarray(steps.new.sum(axis=1), dtype=float)
    weighted = sparse.diags_array(sizes) @ steps.owned
    # Weight of the steps on which each product could still be bought for the first time.
    open_weight = sizes.sum() - np.asarray(weighted.sum(axis=0))
    share = np.asarray(steps.new.sum(axis=0)) / np.maximum(open_weight, 1e-12)
    after_sizes = steps.bought.T @ sizes
    owned_sizes = np.asarray((steps.bought.T @ weighted).tocsr()[a, b]).ravel()
    owned_steps = np.asarray((steps.bought.T @ steps.owned).tocsr()[a, b]).ravel()
    occasions = np.asarray(steps.bought.sum(axis=0))[a] - owned_steps
    return occasions.astype(float), (after_sizes[a] - owned_sizes) * share[b]


def _for_customers(history: History, rules: pd.DataFrame, per_customer: int) -> pd.DataFrame:
    """The rules that begin in each customer's last basket and end in something new."""
    last = pd.Series(history.basket).groupby(history.customer).transform("max").to_numpy()
    is_last = history.basket == last
    basket = pd.DataFrame(
        {"customer": history.customer[is_last], "after": history.product[is_last]}
    )
    owned = pd.DataFrame({"customer": history.customer, "product": history.product})
    own = basket.merge(rules, on="after")
    own = own.merge(owned.drop_duplicates(), on=["customer", "product"], how="left", indicator=True)
    own = own[own["_merge"] == "left_only"]
    order = ["customer", "confidence", "customers", "product", "after"]
    own = own.sort_values(order, ascending=[True, False, False, True, True])
    own = own.drop_duplicates(["customer", "product"])
    own = own.groupby("customer").head(per_customer).reset_index(drop=True)
    own["rank"] = own.groupby("customer").cumcount() + 1
    own["customer_id"] = history.customers[own["customer"].to_numpy(dtype=int)]
    own["product"] = history.products[own["product"].to_numpy(dtype=int)]
    own["after"] = history.products[own["after"].to_numpy(dtype=int)]
    own["reason"] = [_reason(row) for row in own.to_dict("records")]
    return own[list(COLUMNS)]


def _reason(row: dict[Any, Any]) -> str:
    return (
        f"After {row['after']}, {row['product']} came next on {row['customers']} of "
        f"{row['occasions']} occasions, {row['lift']:.1f} times what chance explains."
    )


def _matrix(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Any:
    ones = np.ones(len(rows), dtype=np.int32)
    return sparse.coo_array((ones, (rows, columns)), shape=shape).tocsr()


def _owned(history: History, shape: tuple[int, int]) -> Any:
    """Everything bought up to and including each basket: first purchases, carried forward."""
    first = history.is_first
    end_of = pd.Series(history.basket).groupby(history.customer).max()
    starts = history.basket[first]
    lengths = end_of.reindex(history.customer[first]).to_numpy() - starts + 1
    offsets = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = np.repeat(starts, lengths) + offsets
    return _matrix(rows, np.repeat(history.product[first], lengths), shape)
