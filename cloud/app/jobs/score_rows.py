"""Writes a run: the scores of now, what was predicted, who moved, and the run's insights."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from cloud.app.jobs.insights import Document, minor
from cloud.app.store.history_queries import forget_runs
from cloud.app.store.people import Membership
from cloud.app.store.scores import Insight, Prediction, Score, ScoreMove, ScoreRun
from cloud.ml.analysis import Analysis
from cloud.ml.churn import RISKS
from cloud.ml.segments import moves

_MONEY_KPIS = ("revenue", "average_order_value", "clv", "revenue_at_risk")
_MONEY = ("monetary_value", "average_order_value", "clv", "clv_low", "clv_high")


@dataclass(frozen=True)
class Run:
    """An analysis with what was added to its customers, and what held before it."""

    currency: str
    analysis: Analysis
    customers: pd.DataFrame
    next_products: Mapping[str, list[dict[str, Any]]]
    standing: pd.DataFrame
    documents: Mapping[str, Document]


def store_run(session: Session, shop_id: uuid.UUID, run: Run) -> None:
    """Replace the shop's scores by those of a run, and keep what it predicted.

    Customers who were erased while the models computed are left out.
    """
    summary = run.analysis.summary
    # before their scores: whoever merges or erases customers locks these first
    members = _members(session, shop_id)
    session.execute(delete(Score).where(Score.shop_id == shop_id))
    session.execute(delete(Insight).where(Insight.shop_id == shop_id))
    if summary["horizon_days"] is None:
        return  # nobody bought anything yet
    stored = ScoreRun(
        shop_id=shop_id,
        id=uuid.uuid4(),
        as_of=dt.date.fromisoformat(summary["as_of"]),
        horizon_days=summary["horizon_days"],
        model=summary["model"],
        verdict=summary["verdict"],
        summary=dict(summary),
    )
    scores = _scores(run, stored, members)
    stored.summary = {**summary, "kpis": _kpis(summary, run.currency, scores)}
    session.add(stored)
    session.flush()
    _insert(session, Score, scores)
    _insert(session, Prediction, _predictions(scores))
    _insert(session, ScoreMove, _moves(run, stored, {row["membership_id"] for row in scores}))
    documents = [
        {"shop_id": shop_id, "kind": kind, "as_of": stored.as_of, "content": content}
        for kind, content in run.documents.items()
    ]
    _insert(session, Insight, documents)
    forget_runs(session, shop_id, stored)


def _members(session: Session, shop_id: uuid.UUID) -> set[uuid.UUID]:
    """Who is a customer still; nobody can be erased before this transaction ends."""
    # in the order in which a merge locks two
    locked = select(Membership.id).where(Membership.shop_id == shop_id).order_by(Membership.id)
    return set(session.scalars(locked.with_for_update(read=True, key_share=True)))


def _scores(run: Run, stored: ScoreRun, members: set[uuid.UUID]) -> list[dict[str, Any]]:
    rows = [
        {
            "shop_id": stored.shop_id,
            "run_id": stored.id,
            **_score(row, run.currency),
            "recommendations": run.next_products.get(row["customer_id"], []),
        }
        for row in run.customers.to_dict("records")
    ]
    return [row for row in rows if row["membership_id"] in members]


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _predictions(scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("shop_id", "run_id", "membership_id", "churn_probability", "clv_minor")
    return [
        {name: row[name] for name in names}
        for row in scores
        if row["churn_probability"] is not None
    ]


def _moves(run: Run, stored: ScoreRun, members: set[uuid.UUID]) -> list[dict[str, Any]]:
    """Who moved since the run before; a shop's first run moves nobody."""
    if run.standing.empty or run.customers.empty:
        return []
    names = ["customer_id", "segment", "tier"]
    log = moves(run.standing[names], run.customers[names])
    # who is new is told once, and who is gone has left no customer to tell of
    is_told = (log["direction"] != "gone") & ~(
        (log["direction"] == "new") & (log["kind"] == "tier")
    )
    rows = log[is_told].to_dict("records") + _risk_moves(run)
    return [
        {
            "shop_id": stored.shop_id,
            "id": uuid.uuid4(),
            "membership_id": customer_id,
            "moved_on": stored.as_of,
            **{name: row[name] for name in ("kind", "before", "after", "direction")},
        }
        for row in rows
        if (customer_id := uuid.UUID(row["customer_id"])) in members
    ]


def _risk_moves(run: Run) -> list[dict[str, Any]]:
    before = dict(zip(run.standing["customer_id"], run.standing["risk"], strict=True))
    return [
        {
            "customer_id": customer_id,
            "kind": "risk",
            "before": was,
            "after": risk,
            "direction": "up" if RISKS.index(risk) > RISKS.index(was) else "down",
        }
        for customer_id, risk in zip(
            run.customers["customer_id"], run.customers["risk"], strict=True
        )
        if isinstance(risk, str) and (was := before.get(customer_id)) in RISKS and was != risk
    ]


def _kpis(
    summary: Mapping[str, Any], currency: str, scores: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Money in minor units, as everywhere outside the models; what is at risk adds up."""
    kpis = summary["kpis"]
    low, high = summary["value"].get("total") or (None, None)
    at_risk = [row["revenue_at_risk_minor"] for row in scores]
    return {
        **{name: value for name, value in kpis.items() if name not in _MONEY_KPIS},
        **{f"{name}_minor": minor(kpis.get(name), currency) for name in _MONEY_KPIS},
        "clv_low_minor": minor(low, currency),
        "clv_high_minor": minor(high, currency),
        "revenue_at_risk_minor": None if None in at_risk else sum(at_risk),
    }


def _score(row: Mapping[Any, Any], currency: str) -> dict[str, Any]:
    return {
        "membership_id": uuid.UUID(row["customer_id"]),
        "visits": int(row["visits"]),
        "days_since_last_visit": int(row["days_since_last_visit"]),
        "tenure_days": int(row["tenure_days"]),
        "usual_gap_days": _number(row["usual_gap_days"]),
        "segment": row["segment"],
        "tier": row["tier"],
        "churn_probability": _number(row["churn_probability"]),
        "risk": row["risk"] if isinstance(row["risk"], str) else None,
        "expected_visits": _number(row["expected_visits"]),
        "drivers": list(row["drivers"]),
        "cluster": None if row["cluster"] is None else int(row["cluster"]),
        **{f"{name}_minor": minor(row[name], currency) for name in _MONEY},
        "last_horizon_spent_minor": minor(row["last_horizon_spend"], currency),
        "revenue_at_risk_minor": minor(row["value_at_risk"], currency),
        **_action(row, currency),
    }


def _action(row: Mapping[Any, Any], currency: str) -> dict[str, Any]:
    """The next best action; where nothing should be done, only the reason."""
    is_one = isinstance(row["action"], str)
    return {
        "action": row["action"] if is_one else None,
        "action_channel": row["channel"] if is_one else None,
        "action_value_minor": minor(row["expected_value"], currency) if is_one else None,
        "action_cost_minor": minor(row["cost"], currency) if is_one else None,
        "action_reason": row["reason"],
    }


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
