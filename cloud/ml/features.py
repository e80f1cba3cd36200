"""What a shop knew about each customer at the end of a day, from its transactions.

Transactions are a frame of one row per line or receipt: `customer_id` (text), `purchase_id` (text
or missing: then every row is a purchase of its own), `occurred_at` (datetime64; a day is the day
on this clock, so give the shop's local time), `amount` (major units of one currency, refunds
negative), and optionally `product` and `quantity`.

A *visit* is a day on which a customer's net amount is positive. Everything here is known at the
end of the day `as_of`: later rows change nothing. Rows of a customer follow each other in
`customer_days`, so all below counts in blocks: no grouping by text, no hashing twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

EPOCH = date(1970, 1, 1)
REQUIRED = ("customer_id", "purchase_id", "occurred_at", "amount")
TIER_WINDOW_DAYS = 365
# Amounts are exact to a ten-thousandth, finer than any currency's smallest coin: 0.1 + 0.2 - 0.3
# is no purchase.
AMOUNT_DECIMALS = 4
YEAR_DAYS = 365
QUARTER_DAYS = 91
# Two megabytes an array.
ROWS_A_PART = 1 << 18

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def features(transactions: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row per customer with at least one visit up to `as_of`; see `features_of_days`."""
    return features_of_days(customer_days(transactions), as_of)


def customer_days(transactions: pd.DataFrame) -> pd.DataFrame:
    """Net amount and number of purchases per customer and day, sorted by both.

    Returns columns `customer_id`, `day` (datetime64), `net_amount`, `purchases` (receipts with a
    positive net amount), `is_bought` (something was bought and not wholly refunded that day, be it
    for nothing). Days of refunds only are kept, with their negative amount. With products in the
    transactions also `new_products`, how many the customer bought for the first time that day.
    """
    _check(transactions)
    customer, names = _numbered(transactions["customer_id"])
    parts = [_days_of(transactions, customer, rows) for rows in _parts(customer, len(names))]
    days = pd.concat(parts, ignore_index=True)
    days.insert(0, "customer_id", names.take(days.pop("customer").to_numpy()))
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
        trend                  visits in the later half of the tenure less those in the earlier
                               half, over their number; the first visit, at which the tenure
                               begins, does not count; 0 with a single visit
        season_visits          visits in the 91 days that began a year before `as_of`; NaN when
                               the shop's first day is later than their beginning
        distinct_products      products ever bought; NaN when products are not known
    """
    known = _Known.of(days, as_of)
    visits = known.where(known.net_amount > 0)
    counts = visits.counts()
    kept = np.flatnonzero(counts)
    n = counts[kept]
    visits = replace(visits, customer=np.repeat(np.arange(len(kept)), n))
    ends = np.cumsum(n)
    first, last = visits.day[ends - n], visits.day[ends - 1]
    table = pd.DataFrame(
        {
            "customer_id": known.names.take(kept),
            "visits": n,
            "first_visit": first.astype("datetime64[D]").astype("datetime64[s]"),
            "last_visit": last.astype("datetime64[D]").astype("datetime64[s]"),
            "days_since_last_visit": known.today - last,
            "tenure_days": known.today - first,
        }
    )
    _add_money(table, known, kept)
    gap_days, gap_customer = _closed_gaps(visits)
    table["usual_gap_days"] = _usual_gaps(gap_days, gap_customer, known.today - last)
    _add_rhythm(table, gap_days, gap_customer)
    table["last_value"] = visits.net_amount[ends - 1]
    table["trend"] = _trend(visits, first, n)
    began = int(known.day.min(initial=known.today))
    table["season_visits"] = _season_visits(visits, began, len(table))
    table["distinct_products"] = np.nan
    if "new_products" in days.columns:
        table["distinct_products"] = known.sums(known.column("new_products"))[kept]
    return table


def visit_gaps(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Every gap between visits, and per customer the running one, which is not closed yet.

    Returns columns `customer_id`, `gap_days`, `is_closed`.
    """
    known = _Known.of(days, as_of)
    visits = known.where(known.net_amount > 0)
    is_closed = np.append(visits.customer[1:] == visits.customer[:-1], [False])[: len(visits.day)]
    following = np.where(is_closed, np.roll(visits.day, -1), known.today)
    return pd.DataFrame(
        {
            "customer_id": known.names.take(visits.customer),
            "gap_days": following - visits.day,
            "is_closed": is_closed,
        }
    )


def btyd_summary(days: pd.DataFrame, as_of: date, days_per_unit: float = 7.0) -> pd.DataFrame:
    """Purchase rhythm per customer, indexed by `customer_id`: the input of the models in `btyd`.

    Counts every day on which something was bought, free goods too (a voucher, a sample): it is a
    purchase to the papers, though no visit, because nothing was paid.

    Returns columns `frequency`, `t_x`, `T` (times in units of `days_per_unit` days) and
    `repeat_value`, the mean net amount of the repeat purchases; NaN without any.
    """
    known = _Known.of(days, as_of)
    bought = known.where(known.column("is_bought"))
    counts = bought.counts()
    kept = np.flatnonzero(counts)
    n = counts[kept]
    ends = np.cumsum(n)
    starts = ends - n
    first, last = bought.day[starts], bought.day[ends - 1]
    repeats = _sums(bought.net_amount, starts) - bought.net_amount[starts]
    with np.errstate(invalid="ignore"):
        repeat_value = np.where(n > 1, repeats / (n - 1), np.nan)
    return pd.DataFrame(
        {
            "frequency": n - 1.0,
            "t_x": (last - first) / days_per_unit,
            "T": (known.today - first) / days_per_unit,
            "repeat_value": repeat_value,
        },
        index=pd.Index(known.names.take(kept), name="customer_id"),
    )


def visits_since(
    days: pd.DataFrame, as_of: date, window_days: int, customers: "pd.Series[str]"
) -> Floats:
    """Visits of each customer in the `window_days` days that end with `as_of`."""
    known = _Known.of(days, as_of)
    inside = (known.day > known.today - window_days) & (known.net_amount > 0)
    return known.sums_of(inside, customers)


def amount_since(
    days: pd.DataFrame, as_of: date, window_days: int, customers: "pd.Series[str]"
) -> Floats:
    """Net amount of each customer in the `window_days` days that end with `as_of`."""
    known = _Known.of(days, as_of)
    inside = known.day > known.today - window_days
    return known.sums_of(np.where(inside, known.net_amount, 0.0), customers)


def day_numbers(moments: "pd.Series[pd.Timestamp]") -> Ints:
    """Days since 1970 on the clock of the moments themselves."""
    wall_clock = pd.to_datetime(moments)
    if wall_clock.dt.tz is not None:
        wall_clock = wall_clock.dt.tz_localize(None)
    days: Ints = wall_clock.to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


@dataclass(frozen=True)
class _Known:
    """Rows of `customer_days` up to the day `today`; `customer` counts up through `names`."""

    days: pd.DataFrame
    today: int
    names: "pd.Index[str]"
    rows: Ints
    customer: Ints
    day: Ints
    net_amount: Floats

    @classmethod
    def of(cls, days: pd.DataFrame, as_of: date) -> Self:
        today = (as_of - EPOCH).days
        day = day_numbers(days["day"])
        rows = np.flatnonzero(day <= today)
        ids = days["customer_id"].to_numpy(dtype=object)[rows]
        starts = _starts(ids)
        return cls(
            days,
            today,
            pd.Index(ids[starts], dtype="str"),
            rows,
            np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(ids)))),
            day[rows],
            days["net_amount"].to_numpy(dtype=float)[rows],
        )

    def where(self, mask: Bools) -> Self:
        """These rows only, of the same customers."""
        return replace(
            self,
            rows=self.rows[mask],
            customer=self.customer[mask],
            day=self.day[mask],
            net_amount=self.net_amount[mask],
        )

    def column(self, name: str) -> Any:
        return self.days[name].to_numpy()[self.rows]

    def counts(self) -> Ints:
        return np.bincount(self.customer, minlength=len(self.names))

    def sums(self, values: Any) -> Floats:
        """The sum of each customer's values."""
        weights = np.asarray(values, dtype=float)
        return np.bincount(self.customer, weights, minlength=len(self.names)).astype(float)

    def sums_of(self, values: Any, customers: "pd.Series[str]") -> Floats:
        """The same for these customers, in their order; zero for those who are not known."""
        place = self.names.get_indexer(pd.Index(customers))
        return np.append(self.sums(values), 0.0)[place]


def _numbered(customer_id: "pd.Series[str]") -> tuple[Numbers, "pd.Index[str]"]:
    """Numbers that count up through the names in their order, and the names.

    A name is mostly one object on many rows, so the rows are told apart by its address first: that
    spares looking into ten million objects all over the memory, which took half of all the time.
    """
    ids = np.ascontiguousarray(customer_id.to_numpy(dtype=object))
    objects, found = pd.factorize(np.ndarray(len(ids), np.intp, buffer=ids))
    codes, found = pd.factorize(ids[_first_places(objects, len(found))])
    if (codes < 0).any():
        raise ValueError("transactions: expected a customer_id in every row")
    names = pd.Index(found, dtype="str")
    order = names.argsort()
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[codes][objects], names.take(order)


def _parts(customer: Numbers, n_customers: int) -> Iterator[Ints | slice]:
    """Rows of a few customers at a time, in the order of the numbers; all rows when they are few.

    What is computed of a part fits into memory that the process has in use already. Arrays of ten
    million rows would each be new memory, which the system must find and clear: on a virtual
    machine that took longer than the computing.
    """
    if len(customer) <= ROWS_A_PART:
        yield slice(None)
        return
    width = max(n_customers * ROWS_A_PART // len(customer), 1)
    part = (customer // width).astype(np.min_scalar_type(n_customers // width))
    order = np.argsort(part, kind="stable")
    ends = np.searchsorted(part[order], np.arange(n_customers // width + 1), side="right")
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        if start < end:
            yield order[start:end]


def _days_of(transactions: pd.DataFrame, customer: Numbers, rows: Ints | slice) -> pd.DataFrame:
    """`customer_days` of the customers to whom these rows belong, with their numbers."""
    day = day_numbers(transactions["occurred_at"].iloc[rows])
    first_day = int(day.min(initial=0))
    n_days = int(day.max(initial=0)) - first_day + 1
    # One number says who and when; sorted, it is the order of the result.
    when = customer[rows] * np.int64(n_days) + (day - first_day)
    amount = transactions["amount"].to_numpy(dtype=float)[rows]
    receipt_when, receipt_amount = _receipts(transactions["purchase_id"].iloc[rows], when, amount)
    order = np.argsort(receipt_when)
    in_order, spent = receipt_when[order], receipt_amount[order]
    starts = _starts(in_order)
    found = in_order[starts]
    net_amount = _sums(spent, starts).round(AMOUNT_DECIMALS)
    has_refund = _sums((spent < 0).astype(np.int64), starts) > 0
    is_free = (net_amount == 0) & ~has_refund
    days = pd.DataFrame(
        {
            "customer": found // n_days,
            "day": (found % n_days + first_day).astype("datetime64[D]").astype("datetime64[s]"),
            "net_amount": net_amount,
            "purchases": _sums((spent > 0).astype(np.int64), starts),
            "is_bought": (net_amount > 0) | is_free,
        }
    )
    if "product" in transactions.columns:
        product = transactions["product"].iloc[rows]
        days["new_products"] = _new_products(product, when, amount, n_days, found)
    return days


def _receipts(purchase_id: "pd.Series[str]", when: Ints, amount: Floats) -> tuple[Ints, Floats]:
    """Who and when, and the net amount, of each receipt."""
    codes, found = pd.factorize(purchase_id)
    if not len(found):  # every row is a purchase of its own
        return when, amount.round(AMOUNT_DECIMALS)
    is_own = codes < 0
    n = len(found) + int(is_own.sum())
    codes[is_own] = np.arange(len(found), n)
    first = _first_places(codes, n)
    if (when[first[codes]] != when).any():  # a number used again, on another day or by another
        codes, pairs = pd.factorize(pd.factorize(when)[0] * np.int64(n) + codes)
        n = len(pairs)
        first = _first_places(codes, n)
    sums = np.bincount(codes, weights=amount, minlength=n).astype(float)
    return when[first], sums.round(AMOUNT_DECIMALS)


def _first_places(codes: Ints, n: int) -> Ints:
    """The row on which each code stands first."""
    first = np.empty(n, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _new_products(
    product: "pd.Series[str]", when: Ints, amount: Floats, n_days: int, found: Ints
) -> Ints:
    """How many products a customer bought for the first time, by the days `found`."""
    codes, names = pd.factorize(product)
    is_bought = (codes >= 0) & (amount > 0)
    customer = when[is_bought] // n_days
    pairs, _ = pd.factorize(customer * np.int64(len(names)) + codes[is_bought])
    earliest = np.full(int(pairs.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(earliest, pairs, when[is_bought])
    return np.bincount(np.searchsorted(found, earliest), minlength=len(found))


def _add_money(table: pd.DataFrame, known: _Known, kept: Ints) -> None:
    # Only the rows of `table`: customers of refunds only have sums too, but no visit.
    is_recent = known.day > known.today - TIER_WINDOW_DAYS
    recent = np.where(is_recent, known.net_amount, 0.0)
    table["net_amount"] = known.sums(known.net_amount)[kept].round(AMOUNT_DECIMALS)
    table["recent_net_amount"] = known.sums(recent)[kept].round(AMOUNT_DECIMALS)
    table["monetary_value"] = table["net_amount"] / table["visits"]
    purchases = known.sums(known.column("purchases"))[kept]
    table["average_order_value"] = table["net_amount"] / purchases


def _closed_gaps(visits: _Known) -> tuple[Ints, Ints]:
    """Days between visits, and whose."""
    is_same = visits.customer[1:] == visits.customer[:-1]
    return np.diff(visits.day)[is_same], visits.customer[1:][is_same]


def _usual_gaps(gap_days: Ints, customer: Ints, running_days: Ints) -> Floats:
    """Kaplan-Meier median of each customer's gaps; NaN without a closed gap.

    Each customer has k closed gaps and one running gap c, so the estimate has a closed form:
    survival falls by 1/(k+1) at each of the m gaps up to c, and by equal shares of the remaining
    (k+1-m)/(k+1) at each of the k-m longer ones.
    """
    n = len(running_days)
    k = np.bincount(customer, minlength=n)
    m = np.bincount(customer[gap_days <= running_days[customer]], minlength=n)
    at_risk = k + 1
    before = np.ceil(at_risk / 2)
    after = m + np.ceil((k - m) * (1 - at_risk / (2 * (at_risk - m))) - 1e-9)
    wanted = np.where(before <= m, before, after).astype(np.int64)
    width = int(gap_days.max(initial=0)) + 1
    in_order = np.sort(customer * np.int64(width) + gap_days) % width
    has_gap = k > 0
    medians = np.full(n, np.nan)
    medians[has_gap] = in_order[(np.cumsum(k) - k + wanted - 1)[has_gap]]
    return medians


def _add_rhythm(table: pd.DataFrame, gap_days: Ints, customer: Ints) -> None:
    k = table["visits"].to_numpy() - 1
    between = (table["tenure_days"] - table["days_since_last_visit"]).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = between / k
        squares = np.bincount(customer, (gap_days - mean[customer]) ** 2, minlength=len(table))
        deviation = np.sqrt(squares / np.where(k > 1, k - 1, np.nan))
    table["mean_gap_days"] = mean
    table["gap_variation"] = deviation / (mean + 1)


def _trend(visits: _Known, first: Ints, n: Ints) -> Floats:
    middle = (first + visits.today) / 2
    is_late = visits.day > middle[visits.customer]
    late = np.bincount(visits.customer, weights=is_late, minlength=len(n))
    later: Floats = (late - (n - 1 - late)) / n
    return np.where(n > 1, later, 0.0)


def _season_visits(visits: _Known, began: int, n: int) -> Floats:
    start = visits.today - YEAR_DAYS
    if began > start:
        return np.full(n, np.nan)
    inside = (visits.day > start) & (visits.day <= start + QUARTER_DAYS)
    return np.bincount(visits.customer, weights=inside, minlength=n).astype(float)


def _check(transactions: pd.DataFrame) -> None:
    missing = [name for name in REQUIRED if name not in transactions.columns]
    if missing:
        raise ValueError(f"transactions: expected columns {REQUIRED}, missing {missing}")
    if transactions["occurred_at"].isna().any():
        raise ValueError("transactions: expected an occurred_at in every row")
    if not np.isfinite(transactions["amount"].to_numpy(dtype=float)).all():
        raise ValueError("transactions: expected finite amounts, found missing or infinite ones")


def _starts(in_order: Any) -> Ints:
    """Places at which another value begins."""
    return np.flatnonzero(np.append([True], in_order[1:] != in_order[:-1])[: len(in_order)])


def _sums(values: Any, starts: Ints) -> Any:
    """Of each block; reduceat knows no empty list of blocks."""
    return np.add.reduceat(values, starts) if len(starts) else values[:0]
