"""How a shop went, month by month."""

import calendar
from datetime import date, timedelta

import pandas as pd

COLUMNS = ("month", "is_partial", "revenue", "active_customers", "new_customers", "churn_rate")
MAX_MONTHS = 12


def monthly_trend(days: pd.DataFrame, as_of: date, horizon_days: int) -> pd.DataFrame:
    """The last months up to `as_of`, oldest first; the last one may be partial.

    Parameters
    ----------
    days : the shop's `customer_days`
    horizon_days : churn of a month is that of the horizon that ends with it: of those who visited
        in the horizon before, the share that did not in this one; NaN when nobody had

    Returns
    -------
    DataFrame with COLUMNS; `month` is its first day.
    """
    known = days[days["day"] <= pd.Timestamp(as_of)]
    rows = [_month(known, month, as_of, horizon_days) for month in _months(known, as_of)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _months(known: pd.DataFrame, as_of: date) -> list[date]:
    """First days of the months since the first purchase, at most MAX_MONTHS."""
    if known.empty:
        return []
    began = known["day"].min()
    n_months = (as_of.year - began.year) * 12 + as_of.month - began.month + 1
    last = as_of.year * 12 + as_of.month - 1
    numbers = range(last - min(n_months, MAX_MONTHS) + 1, last + 1)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _month(known: pd.DataFrame, month: date, as_of: date, horizon_days: int) -> dict[str, object]:
    end = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    last = min(end, as_of)
    inside = known[(known["day"] >= pd.Timestamp(month)) & (known["day"] <= pd.Timestamp(last))]
    visits = inside[inside["net_amount"] > 0]
    first_visit = known[known["net_amount"] > 0].groupby("customer_id")["day"].min()
    return {
        "month": month,
        "is_partial": last < end,
        "revenue": float(inside["net_amount"].sum()),
        "active_customers": int(visits["customer_id"].nunique()),
        "new_customers": int(first_visit.between(pd.Timestamp(month), pd.Timestamp(last)).sum()),
        "churn_rate": _churn_rate(known, last, horizon_days),
    }


def _churn_rate(known: pd.DataFrame, last: date, horizon_days: int) -> float:
    middle = last - timedelta(days=horizon_days)
    before = _visitors(known, middle - timedelta(days=horizon_days), middle)
    returned = before & _visitors(known, middle, last)
    return 1 - len(returned) / len(before) if before else float("nan")


def _visitors(known: pd.DataFrame, after: date, up_to: date) -> set[str]:
    is_inside = (known["day"] > pd.Timestamp(after)) & (known["day"] <= pd.Timestamp(up_to))
    return set(known.loc[is_inside & (known["net_amount"] > 0), "customer_id"])
