"""What a run finds besides scores: trend, record of past predictions, clusters, and their words."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from cloud.app.domain.money import to_minor
from cloud.app.store import history_queries
from cloud.ml.analysis import json_safe
from cloud.ml.clusters import Clusters
from cloud.ml.scoreboard import REQUIRED, score_past_predictions
from cloud.ml.segments import DEFAULT_REWARDS, GUIDE
from cloud.ml.trends import monthly_trend

Document = dict[str, Any]

PREDICTION_COLUMNS = (*REQUIRED, "clv")


def past_predictions(
    session: Session, shop_id: uuid.UUID, today: dt.date, decimals: int
) -> pd.DataFrame:
    """What runs said whose horizon is over: a row of PREDICTION_COLUMNS per run and customer."""
    runs = {run.id: run for run in history_queries.judged_runs(session, shop_id, today)}
    rows = [
        (
            str(row.membership_id),
            runs[row.run_id].as_of,
            runs[row.run_id].horizon_days,
            row.churn_probability,
            None if row.clv_minor is None else row.clv_minor / 10**decimals,
        )
        for row in history_queries.predictions_of(session, shop_id, runs)
    ]
    return pd.DataFrame(rows, columns=list(PREDICTION_COLUMNS))


def guide() -> Document:
    """What each segment means and asks for, and what a tier brings until the owner says so."""
    segments = {
        name: {"meaning": meaning, "action": todo} for name, (meaning, todo) in GUIDE.items()
    }
    return {"segments": segments, "rewards": DEFAULT_REWARDS}


def trend(days: pd.DataFrame, as_of: dt.date, horizon_days: int, currency: str) -> Document:
    """The last twelve months, the oldest first."""
    months = [
        {
            "month": row["month"],
            "is_partial": row["is_partial"],
            "revenue_minor": minor(row["revenue"], currency),
            "active_customers": row["active_customers"],
            "new_customers": row["new_customers"],
            "churn_rate": row["churn_rate"],
            "retention_rate": 1 - row["churn_rate"],
        }
        for row in monthly_trend(days, as_of, horizon_days).to_dict("records")
    ]
    return safe({"horizon_days": horizon_days, "months": months})


def scoreboard(
    predictions: pd.DataFrame,
    days: pd.DataFrame,
    today: dt.date,
    currency: str,
    *,
    is_kept: bool = True,
) -> Document:
    """What was predicted and what came, beside what recency alone had said.

    Until a kept prediction is due, the predictions may be of today, with what was known then.
    """
    board = score_past_predictions(predictions, days, today).summary()
    record = _value_record(predictions, days, currency) if is_kept else []
    return safe({**board, "value": record, "is_kept": is_kept})


def clusters(found: Clusters, currency: str) -> Document:
    """The customers grouped by likeness, and how far the groups are to be trusted."""
    rows = [
        {
            **{name: row[name] for name in ("cluster", "name", "customers", "share")},
            "median_visits": row["visits"],
            "median_days_since_last_visit": row["days_since_last_visit"],
            "median_spent_minor": minor(row["net_amount"], currency),
        }
        for row in found.table.to_dict("records")
    ]
    facts = {name: getattr(found, name) for name in ("method", "silhouette", "stability")}
    return safe({**facts, "verdict": found.verdict, "reason": found.reason, "clusters": rows})


def minor(value: Any, currency: str) -> int | None:
    """An amount of the models in the smallest unit; None where it is missing."""
    return None if value is None or pd.isna(value) else to_minor(Decimal(value), currency)


def safe(document: Mapping[str, Any]) -> Document:
    """The document as plain JSON, without NaN."""
    made: Document = json_safe(dict(document))
    return made


def _value_record(
    predictions: pd.DataFrame, days: pd.DataFrame, currency: str
) -> Sequence[Document]:
    """For each judged run what its customers were expected to bring, and what they brought."""
    record = []
    for _, run in predictions.groupby("as_of"):
        if run["clv"].isna().all():
            continue
        as_of, horizon_days = run["as_of"].iloc[0], int(run["horizon_days"].iloc[0])
        start = pd.Timestamp(as_of)
        end = start + pd.Timedelta(days=horizon_days)
        came = days["customer_id"].isin(run["customer_id"]) & days["day"].between(
            start, end, inclusive="right"
        )
        record.append(
            {
                "as_of": as_of,
                "horizon_days": horizon_days,
                "customers": len(run),
                "expected_minor": minor(run["clv"].sum(), currency),
                "came_minor": minor(days.loc[came, "net_amount"].sum(), currency),
            }
        )
    return record
