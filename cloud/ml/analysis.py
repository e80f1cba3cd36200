"""The whole analysis of one shop: what the nightly job stores and `shopbell analyse` writes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from cloud.ml.churn import ChurnScores, churn_by_band, risk_bands, score_churn, usual_horizon
from cloud.ml.closures import (
    Closure,
    calendar_day,
    calendar_days_ago,
    closures,
    open_days,
    open_signals,
)
from cloud.ml.clv import Terms, Value, last_spend, value_customers
from cloud.ml.drivers import Scorer, contributions, drivers, shop_drivers, typical_inputs
from cloud.ml.features import customer_days
from cloud.ml.segments import rfm_segments, tiers
from cloud.ml.signals import SIGNAL_COLUMNS, Signals
from cloud.ml.snapshot import Snapshot

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
    "clv_low",
    "clv_high",
    "value_if_kept",
    "value_at_risk",
    "past_spend",
    "last_horizon_spend",
)
MAX_HORIZON_DAYS = 3650

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Analysis:
    """Customers: a frame of COLUMNS and `drivers` (list of str), missing values None or NaN.

    Summary: a dictionary that is safe to write as JSON. Scorer: scores customers by hand, if there
    is a signal.
    """

    customers: pd.DataFrame
    summary: dict[str, Any]
    scorer: Scorer | None = None


def analyse(
    transactions: pd.DataFrame,
    *,
    as_of: date | None = None,
    horizon_days: int | None = None,
    previous_tiers: Mapping[str, str] | None = None,
    random_state: int = 0,
    terms: Terms | None = None,
    signals: Signals | None = None,
) -> Analysis:
    """Score every customer of one shop with what was known at the end of the day `as_of`.

    Parameters
    ----------
    transactions : DataFrame as described in `cloud.ml.features`
    as_of : the last day that is known; by default the last day of the transactions
    horizon_days : how far churn, expected visits and CLV look ahead; by default the shop's rhythm
    previous_tiers : the tier of each customer at the previous run, for the hysteresis
    random_state : seed of everything that draws
    terms : margin and discount rate of CLV; by default undiscounted revenue
    signals : visits, feedback, messages and opening sessions, where the shop knows of them; then
        the customers have SIGNAL_COLUMNS too

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
    shut = closures(days, as_of)
    days, signals = open_days(days, shut), open_signals(signals, shut)
    horizon_days = horizon_days or usual_horizon(days, as_of)
    now = Snapshot(days, as_of, horizon_days, signals=signals)
    if now.table.empty:
        return _empty(days, as_of, horizon_days)
    # Many shops are scored side by side: more threads than cores only wait for each other.
    with threadpool_limits(limits=1):
        return _analysis(now, shut, previous_tiers, random_state, terms)


def churn_probability(now: Snapshot, random_state: int = 0) -> Floats | None:
    """The analysis' churn probability of each customer alone; None without a signal."""
    with threadpool_limits(limits=1):
        return score_churn(now, random_state).probability


def value_at_risk(now: Snapshot, churn: ChurnScores, value: Value) -> Floats | None:
    """What the shop stands to lose with each customer: P(churn) times E[value if kept].

    Not P(churn) times `clv`, which is small already because it counts the churn. Who has been away
    for the whole horizon is no longer at risk, but mostly gone: zero. None without both figures.
    """
    if churn.probability is None or value.value_if_kept is None:
        return None
    at_risk: Floats = churn.probability * value.value_if_kept
    return np.where(_is_active(now), at_risk, 0.0)


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
    now: Snapshot,
    shut: Sequence[Closure],
    previous_tiers: Mapping[str, str] | None,
    random_state: int,
    terms: Terms | None,
) -> Analysis:
    churn = score_churn(now, random_state)
    value = value_customers(now, churn.probability, terms, random_state)
    scorer = _scorer(now, churn)
    customers = _customers(now, churn, value, previous_tiers)
    customers["drivers"] = drivers(
        _in_calendar(customers, now.as_of, shut),
        contributions(scorer.model, now, scorer.typical) if scorer else None,
    )
    summary = {
        "as_of": now.as_of,
        "horizon_days": now.horizon_days,
        "customers": len(customers),
        "model": churn.model,
        "verdict": churn.verdict,
        "reason": churn.reason,
        "backtest": _backtest_summary(churn, shut),
        "drivers": shop_drivers(scorer.model, now, random_state) if scorer else {},
        "value": value.summary,
        "kpis": _kpis(now, churn, value),
        "segments": customers["segment"].value_counts().to_dict(),
        "tiers": customers["tier"].value_counts().to_dict(),
        "parameters": value.parameters,
        "notes": _notes(now, shut) + value.notes,
    }
    columns = [*COLUMNS, *(SIGNAL_COLUMNS if now.signals else ()), "drivers"]
    return Analysis(customers[columns], json_safe(summary), scorer)


def _customers(
    now: Snapshot, churn: ChurnScores, value: Value, previous_tiers: Mapping[str, str] | None
) -> pd.DataFrame:
    customers = now.table.join(now.signal_table) if now.signals else now.table.copy()
    customers["segment"] = rfm_segments(customers)
    customers["tier"] = tiers(customers, previous_tiers)
    customers["churn_probability"] = churn.probability
    customers["risk"] = None if churn.probability is None else risk_bands(churn.probability)
    customers["expected_visits"] = value.expected_visits
    customers["clv"] = value.clv
    customers["clv_low"] = value.clv_low
    customers["clv_high"] = value.clv_high
    customers["value_if_kept"] = value.value_if_kept
    customers["value_at_risk"] = value_at_risk(now, churn, value)
    customers["past_spend"] = customers["net_amount"]
    customers["last_horizon_spend"] = last_spend(now)
    return customers


def _in_calendar(customers: pd.DataFrame, as_of: date, shut: Sequence[Closure]) -> pd.DataFrame:
    """Absence as people count it, and beside it the days on which the shop was open."""
    if not shut:
        return customers
    away = customers["days_since_last_visit"].to_numpy()
    known = customers.get("open_days_since_last_visit")
    is_open = away if known is None else known.fillna(customers["days_since_last_visit"])
    return customers.assign(
        days_since_last_visit=calendar_days_ago(away, as_of, shut),
        open_days_since_last_visit=is_open,
    )


def _scorer(now: Snapshot, churn: ChurnScores) -> Scorer | None:
    if churn.fitted is None:
        return None
    return Scorer(churn.fitted, typical_inputs(churn.fitted, now), now.as_of)


def _empty(days: pd.DataFrame, as_of: date | None, horizon_days: int | None) -> Analysis:
    reason = "There is no purchase yet."
    if as_of and len(days) and (days["day"] > pd.Timestamp(as_of)).all():
        reason = f"All purchases are dated later than {as_of}."
    elif len(days):
        reason = f"Nobody has bought for more than was refunded on any day up to {as_of}."
    summary: dict[str, Any] = {
        "as_of": as_of,
        "horizon_days": horizon_days,
        "customers": 0,
        "model": None,
        "verdict": "too little data",
        "reason": reason,
        "backtest": {"folds": [], "candidates": {}},
        "drivers": {},
        "value": {"method": None},
        "kpis": {"customers": 0},
        "segments": {},
        "tiers": {},
        "parameters": {},
        "notes": [],
    }
    return Analysis(pd.DataFrame(columns=[*COLUMNS, "drivers"]), json_safe(summary))


def _notes(now: Snapshot, shut: Sequence[Closure]) -> list[str]:
    notes = [
        f"From {closure.first} to {closure.last} nothing was sold to anybody: these "
        f"{closure.days} days count for nobody's absence."
        for closure in shut
    ]
    later = int((now.days["day"] > pd.Timestamp(now.as_of)).sum())
    if later:
        notes.append(
            f"Days of customers after {now.as_of} are not known yet and left out: {later}."
        )
    known = now.days.loc[now.days["day"] <= pd.Timestamp(now.as_of), "customer_id"].nunique()
    if known > len(now.table):
        notes.append(
            "Customers who never paid more on a day than was refunded are left out: "
            f"{known - len(now.table)}."
        )
    return notes


def _backtest_summary(churn: ChurnScores, shut: Sequence[Closure]) -> dict[str, Any]:
    bands = None
    if churn.model is not None and churn.probability is not None:
        bands = churn_by_band(churn.folds, churn.model)
    return {
        "candidates": {name: asdict(scores) for name, scores in churn.scores.items()},
        "churn_by_risk": bands,
        "folds": [
            {
                "cut_off": calendar_day(fold.cut_off, shut),
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
    at_risk = value_at_risk(now, churn, value)
    return {
        "customers": len(table),
        "active_customers": int(_is_active(now).sum()),
        "new_customers": int((table["first_visit"] > start).sum()),
        "repeat_share": float((table["visits"] > 1).mean()),
        "churn_rate": churn_rate,
        "retention_rate": None if churn_rate is None else 1 - churn_rate,
        "revenue": float(recent["net_amount"].sum()),
        "average_order_value": _ratio(recent["net_amount"].sum(), recent["purchases"].sum()),
        "clv": None if value.clv is None else float(value.clv.sum()),
        "revenue_at_risk": None if at_risk is None else float(at_risk.sum()),
    }


def _is_active(now: Snapshot) -> Bools:
    """Who came within the last horizon."""
    active: Bools = now.table["days_since_last_visit"].to_numpy() < now.horizon_days
    return active


def _churn_rate(now: Snapshot) -> float | None:
    """Of those who visited in the horizon before the last one, the share that did not since."""
    before = now.earlier(1)
    visited = _is_active(before)
    return _ratio(before.churned[visited].sum(), visited.sum())


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
