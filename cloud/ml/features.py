"""What a shop knew about each customer at the end of a day, from its transactions.

Transactions are a frame of one row per line or receipt: `customer_id` (text), `purchase_id` (text
or missing: then every row is a purchase of its own), `occurred_at` (datetime64; a day is the day
on this clock, so give the shop's local time), `amount` (major units of one currency, refunds
negative), and optionally `product` and `quantity`.

A *visit* is a day on which a customer's net amount is positive. Everything here is known at the
end of the day `as_of`: later rows change nothing.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

REQUIRED = ("customer_id", "purchase_id", "occurred_at", "amount")
TIER_WINDOW_DAYS = 365

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def features(transactions: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row per customer with at least one visit up to `as_of`; see `features_of_days`."""
    return features_of_days(customer_days(transactions), as_of)


def customer_days(transactions: pd.DataFrame) -> pd.DataFrame:
    """Net amount and number of purchases per customer and day, sorted by both.

    Returns columns `customer_id`, `day` (datetime64), `net_amount`, `purchases` (receipts with a
    positive net amount), `is_bought` (something was bought and not wholly refunded that day, be it
    for nothing). Days of refunds only are kept, with their negative amount.
    """
    _check(transactions)
    # Numbers for names: grouping text costs five times as much, a million rows several times over.
    customers, names = pd.factorize(transactions["customer_id"], sort=True)
    lines = pd.DataFrame(
        {
            "customer_id": customers,
            "day": _wall_clock_days(transactions["occurred_at"]),
            "purchase_id": _purchase_keys(transactions["purchase_id"]),
            "amount": transactions["amount"].to_numpy(dtype=float),
        }
    )
    keys = ["customer_id", "day", "purchase_id"]
    receipts = lines.groupby(keys, sort=False, as_index=False)["amount"].sum()
    receipts["amount"] = receipts["amount"].round(2)  # 0.1 + 0.2 - 0.3 is no purchase
    receipts["is_purchase"] = receipts["amount"] > 0
    by_day = receipts.groupby(["customer_id", "day"])
    days = by_day.agg(
        net_amount=("amount", "sum"), purchases=("is_purchase", "sum"), least=("amount", "min")
    ).reset_index()
    days["net_amount"] = days["net_amount"].round(2)
    is_free = (days["net_amount"] == 0) & (days["least"] >= 0)
    days["is_bought"] = (days["net_amount"] > 0) | is_free
    days.pop("least")
    days["customer_id"] = names.take(days["customer_id"].to_numpy())
    return days


def features_of_days(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Features of each customer who had visited by the end of `as_of`, from `customer_days`.

    Returns
    -------
    DataFrame with one row per customer, sorted by `customer_id`:
        visits                 days with a positive net amount
        first_visit, last_visit
        days_since_last_visit  as_of minus last visit (RFM recency)
        tenure_days            as_of minus first visit (T of the BTYD papers)
        net_amount             all that was paid less all that was refunded
        recent_net_amount      the same over the last 365 days
        monetary_value         net amount per visit
        average_order_value    net amount per purchase; a visit may have several purchases
        usual_gap_days         median days between visits, the running gap counted as censored
                               (Kaplan-Meier); NaN with a single visit
        mean_gap_days          mean days between visits; NaN with a single visit
        gap_variation          standard deviation of those days over their mean plus one;
                               NaN below three visits
        last_value             net amount of the last visit
    """
    customers, names = pd.factorize(days["customer_id"], sort=True)
    table = _features_of_numbers(days.assign(customer_id=customers), as_of)
    table["customer_id"] = names.take(table["customer_id"].to_numpy())
    return table


def _features_of_numbers(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    today = pd.Timestamp(as_of)
    known = days[days["day"] <= today]
    visits = known[known["net_amount"] > 0]
    by_customer = visits.groupby("customer_id")
    table = by_customer.agg(
        visits=("day", "size"), first_visit=("day", "min"), last_visit=("day", "max")
    )
    table["days_since_last_visit"] = (today - table["last_visit"]).dt.days
    table["tenure_days"] = (today - table["first_visit"]).dt.days
    _add_money(table, known, today)
    table["usual_gap_days"] = usual_gaps(visit_gaps(days, as_of)).reindex(table.index)
    _add_rhythm(table, visits)
    return table.reset_index()


def visit_gaps(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Every gap between visits, and per customer the running one, which is not closed yet.

    Returns columns `customer_id`, `gap_days`, `is_closed`.
    """
    today = pd.Timestamp(as_of)
    visits = days.loc[(days["day"] <= today) & (days["net_amount"] > 0), ["customer_id", "day"]]
    following = visits.groupby("customer_id")["day"].shift(-1)
    gap_days = (following.fillna(today) - visits["day"]).dt.days
    return pd.DataFrame(
        {
            "customer_id": visits["customer_id"],
            "gap_days": gap_days,
            "is_closed": following.notna(),
        }
    )


def usual_gaps(gaps: pd.DataFrame) -> "pd.Series[float]":
    """Kaplan-Meier median of each customer's gaps; customers without a closed gap are left out.

    Each customer has k closed gaps and one running gap c, so the estimate has a closed form:
    survival falls by 1/(k+1) at each of the m gaps up to c, and by equal shares of the remaining
    (k+1-m)/(k+1) at each of the k-m longer ones.
    """
    closed = gaps[gaps["is_closed"]].sort_values(["customer_id", "gap_days"], kind="stable")
    running = gaps[~gaps["is_closed"]].set_index("customer_id")["gap_days"]
    group = closed.groupby("customer_id")["gap_days"]
    position = group.cumcount() + 1
    k = group.transform("size")
    is_short = closed["gap_days"] <= closed["customer_id"].map(running)
    m = is_short.groupby(closed["customer_id"]).transform("sum")
    at_risk = k + 1
    before = np.ceil(at_risk / 2)
    after = m + np.ceil((k - m) * (1 - at_risk / (2 * (at_risk - m))) - 1e-9)
    wanted = np.where(before <= m, before, after)
    medians = closed[position.to_numpy() == wanted]
    values = medians["gap_days"].to_numpy(dtype=float)
    return pd.Series(values, index=pd.Index(medians["customer_id"]), name="usual_gap_days")


def btyd_summary(days: pd.DataFrame, as_of: date, days_per_unit: float = 7.0) -> pd.DataFrame:
    """Purchase rhythm per customer, indexed by `customer_id`: the input of the models in `btyd`.

    Counts every day on which something was bought, free goods too (a voucher, a sample): it is a
    purchase to the papers, though no visit, because nothing was paid.

    Returns columns `frequency`, `t_x`, `T` (times in units of `days_per_unit` days) and
    `repeat_value`, the mean net amount of the repeat purchases; NaN without any.
    """
    today = pd.Timestamp(as_of)
    bought = days[(days["day"] <= today) & days["is_bought"]]
    table = bought.groupby("customer_id")["day"].agg(["size", "min", "max"])
    repeats = bought[bought.duplicated("customer_id")]  # sorted by day: all but the first
    return pd.DataFrame(
        {
            "frequency": table["size"] - 1.0,
            "t_x": (table["max"] - table["min"]).dt.days / days_per_unit,
            "T": (today - table["min"]).dt.days / days_per_unit,
            "repeat_value": repeats.groupby("customer_id")["net_amount"].mean(),
        }
    )


def visits_since(
    days: pd.DataFrame, as_of: date, window_days: int, customers: "pd.Series[str]"
) -> Floats:
    """Visits of each customer in the `window_days` days that end with `as_of`."""
    end = pd.Timestamp(as_of)
    in_window = (days["day"] > end - pd.Timedelta(days=window_days)) & (days["day"] <= end)
    visitors = days.loc[in_window & (days["net_amount"] > 0), "customer_id"]
    counts = visitors.value_counts().reindex(pd.Index(customers), fill_value=0)
    return counts.to_numpy().astype(np.float64)


def amount_since(
    days: pd.DataFrame, as_of: date, window_days: int, customers: "pd.Series[str]"
) -> Floats:
    """Net amount of each customer in the `window_days` days that end with `as_of`."""
    end = pd.Timestamp(as_of)
    in_window = (days["day"] > end - pd.Timedelta(days=window_days)) & (days["day"] <= end)
    sums = days[in_window].groupby("customer_id")["net_amount"].sum()
    return sums.reindex(pd.Index(customers), fill_value=0.0).to_numpy(dtype=float)


def _add_rhythm(table: pd.DataFrame, visits: pd.DataFrame) -> None:
    by_customer = visits.groupby("customer_id")
    table["mean_gap_days"] = (table["last_visit"] - table["first_visit"]).dt.days / (
        table["visits"] - 1
    )
    gap_days = by_customer["day"].diff().dt.days
    deviation = gap_days.groupby(visits["customer_id"]).std()
    table["gap_variation"] = deviation / (table["mean_gap_days"] + 1)
    table["last_value"] = by_customer["net_amount"].last()


def _add_money(table: pd.DataFrame, known: pd.DataFrame, today: pd.Timestamp) -> None:
    # Only the rows of `table`: customers of refunds only have sums too, but no visit.
    sums = known.groupby("customer_id")[["net_amount", "purchases"]].sum().reindex(table.index)
    recent = known[known["day"] > today - pd.Timedelta(days=TIER_WINDOW_DAYS)]
    recent_sums = recent.groupby("customer_id")["net_amount"].sum().round(2)
    table["net_amount"] = sums["net_amount"].round(2)
    table["recent_net_amount"] = recent_sums.reindex(table.index, fill_value=0.0)
    table["monetary_value"] = table["net_amount"] / table["visits"]
    table["average_order_value"] = table["net_amount"] / sums["purchases"]


def _check(transactions: pd.DataFrame) -> None:
    missing = [name for name in REQUIRED if name not in transactions.columns]
    if missing:
        raise ValueError(f"transactions: expected columns {REQUIRED}, missing {missing}")
    if transactions["customer_id"].isna().any() or transactions["occurred_at"].isna().any():
        raise ValueError("transactions: expected a customer_id and occurred_at in every row")
    if not np.isfinite(transactions["amount"].to_numpy(dtype=float)).all():
        raise ValueError("transactions: expected finite amounts, found missing or infinite ones")


def _wall_clock_days(occurred_at: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    moments = pd.to_datetime(occurred_at)
    return (
        moments.dt.tz_localize(None).dt.normalize().astype("datetime64[s]").reset_index(drop=True)
    )


def _purchase_keys(purchase_id: "pd.Series[str]") -> Ints:
    """A number per purchase; a row without a purchase id is a purchase of its own."""
    codes, _ = pd.factorize(purchase_id)
    own = np.arange(len(codes)) + len(codes)
    return np.where(codes >= 0, codes, own).astype(np.int64)
