"""The whole analysis of one shop: what the nightly job stores and `shopbell analyse` writes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cloud.ml.btyd import ConvergenceError, GammaGamma
from cloud.ml.churn import (
    DAYS_PER_WEEK,
    MIN_CUSTOMERS,
    ChurnScores,
    Snapshot,
    churn_by_band,
    drivers,
    risk_bands,
    score_churn,
    usual_horizon,
)
from cloud.ml.features import customer_days
from cloud.ml.segments import rfm_segments, tiers

COLUMNS = (
    "customer_id",
    "visits",
    "days_since_last_visit",
    "tenure_days",
    "monetary_value",
    "average_order_value",
    "usual_gap_days",
    "segment",
    "tier",
    "churn_probability",
    "risk",
    "expected_visits",
    "clv",
)
MAX_HORIZON_DAYS = 3650
# An amount this many robust standard deviations (of logarithms) above the median is a typing
# error: 1,000,000 in a shop of 30s is 16 away, the largest real order of our data sets 6.
TYPO_DEVIATIONS = 8.0
LEAST_LOG_DEVIATION = 0.5  # so that a shop with one price does not call a double order a typo

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Analysis:
    """Customers: a frame of COLUMNS and `drivers` (list of str), missing values None or NaN.

    Summary: a dictionary that is safe to write as JSON.
    """

    customers: pd.DataFrame
    summary: dict[str, Any]


@dataclass(frozen=True)
class Value:
    """What customers will probably bring within the horizon, and the parameters behind it."""

    expected_visits: Floats | None
    clv: Floats | None
    value_if_kept: Floats | None
    parameters: dict[str, Any]
    notes: list[str]


def analyse(
    transactions: pd.DataFrame,
    *,
    as_of: date | None = None,
    horizon_days: int | None = None,
    previous_tiers: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> Analysis:
    """Score every customer of one shop with what was known at the end of the day `as_of`.

    Parameters
    ----------
    transactions : DataFrame as described in `cloud.ml.features`
    as_of : the last day that is known; by default the last day of the transactions
    horizon_days : how far churn, expected visits and CLV look ahead; by default the shop's rhythm
    previous_tiers : the tier of each customer at the previous run, for the hysteresis
    random_state : seed of everything that draws

    Returns
    -------
    Analysis. Too little data, or none, is a verdict with a reason and never an exception;
    ValueError means that the frame or an argument is malformed.
    """
    if horizon_days is not None and not 1 <= horizon_days <= MAX_HORIZON_DAYS:
        raise ValueError(f"horizon_days: expected 1..{MAX_HORIZON_DAYS}, found {horizon_days}")
    days = customer_days(transactions)
    if as_of is None:
        as_of = days["day"].max().date() if len(days) else None
    if as_of is None:
        return _empty(days, None, horizon_days)
    horizon_days = horizon_days or usual_horizon(days, as_of)
    now = Snapshot(days, as_of, horizon_days)
    if now.table.empty:
        return _empty(days, as_of, horizon_days)
    return _analysis(now, previous_tiers, random_state)


def json_safe(value: Any) -> Any:
    """Plain Python for json: dates as text, numbers to six decimals, NaN and infinity as None."""
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value


def _analysis(
    now: Snapshot, previous_tiers: Mapping[str, str] | None, random_state: int
) -> Analysis:
    churn = score_churn(now, random_state)
    value = _value(now)
    customers = now.table.copy()
    customers["segment"] = rfm_segments(customers)
    customers["tier"] = tiers(customers, previous_tiers)
    customers["churn_probability"] = churn.probability
    customers["risk"] = None if churn.probability is None else risk_bands(churn.probability)
    customers["expected_visits"] = value.expected_visits
    customers["clv"] = value.clv
    customers["drivers"] = drivers(customers)
    summary = {
        "as_of": now.as_of,
        "horizon_days": now.horizon_days,
        "customers": len(customers),
        "model": churn.model,
        "verdict": churn.verdict,
        "reason": churn.reason,
        "backtest": _backtest_summary(churn),
        "kpis": _kpis(now, churn, value),
        "segments": customers["segment"].value_counts().to_dict(),
        "tiers": customers["tier"].value_counts().to_dict(),
        "parameters": value.parameters,
        "notes": _notes(now) + value.notes,
    }
    return Analysis(customers[[*COLUMNS, "drivers"]], json_safe(summary))


def _empty(days: pd.DataFrame, as_of: date | None, horizon_days: int | None) -> Analysis:
    reason = "There is no purchase yet."
    if len(days):
        reason = f"Nobody has bought for more than was refunded on any day up to {as_of}."
    summary: dict[str, Any] = {
        "as_of": as_of,
        "horizon_days": horizon_days,
        "customers": 0,
        "model": None,
        "verdict": "too little data",
        "reason": reason,
        "backtest": {"folds": [], "candidates": {}},
        "kpis": {"customers": 0},
        "segments": {},
        "tiers": {},
        "parameters": {},
        "notes": [],
    }
    return Analysis(pd.DataFrame(columns=[*COLUMNS, "drivers"]), json_safe(summary))


def _value(now: Snapshot) -> Value:
    """Expected visits by MBG/NBD, times the expected amount by Gamma-Gamma."""
    if len(now.table) < MIN_CUSTOMERS:
        note = f"Below {MIN_CUSTOMERS} customers, future visits and value are not estimated."
        return Value(None, None, None, {}, [note])
    try:
        mbg = now.mbg
    except ConvergenceError as error:
        return Value(None, None, None, {}, [f"Future visits cannot be estimated: {error}."])
    # Days are distinct, so nobody visits more often than once a day.
    expected = mbg.expected_purchases(now.own_rhythm, now.horizon_days / DAYS_PER_WEEK)
    expected = np.clip(expected, 0.0, float(now.horizon_days))
    parameters: dict[str, Any] = {"time_unit": "week", "mbg_nbd": _parameters(mbg)}
    capped, notes = _without_typos(now)
    try:
        spend = GammaGamma().fit(_repeat_values(capped.rhythm))
    except ConvergenceError as error:
        note = f"Future value cannot be estimated: {error}."
        return Value(expected, None, None, parameters, [*notes, note])
    parameters["gamma_gamma"] = _parameters(spend)
    amount = spend.expected_value(capped.table[["visits", "monetary_value"]])
    kept = np.maximum(1 - now.no_purchase_probability, 1e-9)
    # At least one visit is certain for somebody who is kept.
    value_if_kept = np.maximum(expected / kept, 1.0) * amount
    return Value(expected, expected * amount, value_if_kept, parameters, notes)


def _repeat_values(rhythm: pd.DataFrame) -> pd.DataFrame:
    """Number and mean of repeat purchases; free goods have no amount to learn from."""
    return rhythm.loc[rhythm["repeat_value"] > 0, ["frequency", "repeat_value"]]


def _without_typos(now: Snapshot) -> tuple[Snapshot, list[str]]:
    """The same snapshot with implausible amounts cut to the largest plausible one, and a note."""
    days = now.days[now.days["day"] <= pd.Timestamp(now.as_of)]
    logs = np.log(days.loc[days["net_amount"] > 0, "net_amount"].to_numpy(dtype=float))
    median = np.median(logs)
    deviation = max(1.4826 * float(np.median(np.abs(logs - median))), LEAST_LOG_DEVIATION)
    limit = float(np.exp(median + TYPO_DEVIATIONS * deviation))
    n_typos = int((days["net_amount"] > limit).sum())
    if not n_typos:
        return now, []
    note = (
        f"{n_typos} day(s) of a customer with more than {limit:,.2f} (the usual is "
        f"{np.exp(median):,.2f}) look like typing errors and count as {limit:,.2f} in CLV; "
        f"the largest is {days['net_amount'].max():,.2f}."
    )
    capped = days.assign(net_amount=days["net_amount"].clip(upper=limit))
    return Snapshot(capped, now.as_of, now.horizon_days), [note]


def _notes(now: Snapshot) -> list[str]:
    notes = []
    later = int((now.days["day"] > pd.Timestamp(now.as_of)).sum())
    if later:
        notes.append(f"{later} customer days after {now.as_of} are not known yet and left out.")
    known = now.days.loc[now.days["day"] <= pd.Timestamp(now.as_of), "customer_id"].nunique()
    if known > len(now.table):
        notes.append(
            f"{known - len(now.table)} customers never paid more on a day than was refunded "
            "and are left out."
        )
    return notes


def _backtest_summary(churn: ChurnScores) -> dict[str, Any]:
    bands = None
    if churn.model is not None and churn.probability is not None:
        bands = churn_by_band(churn.folds, churn.model)
    return {
        "candidates": {name: asdict(scores) for name, scores in churn.scores.items()},
        "churn_by_risk": bands,
        "folds": [
            {
                "cut_off": fold.cut_off,
                "customers": len(fold.churned),
                "churn_rate": fold.churned.mean(),
                "brier_of_base_rate": fold.brier_of_base_rate,
            }
            for fold in churn.folds
        ],
    }


def _kpis(now: Snapshot, churn: ChurnScores, value: Value) -> dict[str, Any]:
    """Figures of the last `horizon_days` days and forecasts of the next, see docs/models.md."""
    table = now.table
    start = pd.Timestamp(now.as_of - timedelta(days=now.horizon_days))
    recent = now.days[(now.days["day"] > start) & (now.days["day"] <= pd.Timestamp(now.as_of))]
    churn_rate = _churn_rate(now)
    at_risk = None
    if churn.probability is not None and value.value_if_kept is not None:
        # Who has been away for longer than the horizon is no longer at risk, but mostly gone.
        active = (table["last_visit"] > start).to_numpy()
        at_risk = float(churn.probability[active] @ value.value_if_kept[active])
    return {
        "customers": len(table),
        "active_customers": int((table["last_visit"] > start).sum()),
        "new_customers": int((table["first_visit"] > start).sum()),
        "repeat_share": float((table["visits"] > 1).mean()),
        "churn_rate": churn_rate,
        "retention_rate": None if churn_rate is None else 1 - churn_rate,
        "revenue": float(recent["net_amount"].sum()),
        "average_order_value": _ratio(recent["net_amount"].sum(), recent["purchases"].sum()),
        "clv": None if value.clv is None else float(value.clv.sum()),
        "revenue_at_risk": at_risk,
    }


def _churn_rate(now: Snapshot) -> float | None:
    """Of those who visited in the horizon before the last one, the share that did not since."""
    before = now.earlier(1)
    visited = (before.table["days_since_last_visit"] < now.horizon_days).to_numpy()
    return _ratio(before.churned[visited].sum(), visited.sum())


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _parameters(model: Any) -> dict[str, float]:
    values = {name: getattr(model, f"{name}_") for name in model.parameters}
    return {**values, "log_likelihood": model.log_likelihood_}
