"""Scores a shop: its purchases become a frame, the analysis becomes rows."""

import datetime as dt
import logging
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.money import exponent, to_minor
from cloud.app.services.openings import ring
from cloud.app.services.shops import shop_by_id
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Purchase
from cloud.app.store.scores import Score, ScoreRun
from cloud.app.store.shops import Shop
from cloud.ml.analysis import Analysis, analyse

_MONEY_KPIS = ("revenue", "average_order_value", "clv", "revenue_at_risk")

_log = logging.getLogger(__name__)


def shop_ids(sessions: sessionmaker[Session]) -> list[uuid.UUID]:
    """Return every shop."""
    with sessions.begin() as session:
        return list(session.scalars(select(Shop.id).order_by(Shop.id)))


def score_shop(sessions: sessionmaker[Session], *, shop_id: uuid.UUID, now: dt.datetime) -> None:
    """Score a shop's customers as of its last day with a purchase, and replace their scores.

    A shop that was closed, or whose sales are recorded late, has not lost its customers: what
    happened after the last purchase is not known.
    """
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        shop = shop_by_id(session, shop_id)
        zone = ZoneInfo(shop.time_zone)
        as_of = _last_day(session, shop_id, zone, now)
        transactions = _transactions(session, shop_id, zone, shop.currency)
        tiers = _tiers(session, shop_id)
    if as_of is None:
        return
    analysis = analyse(transactions, as_of=as_of, previous_tiers=tiers)
    # the analysis takes its time: no transaction is open meanwhile
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        _replace_scores(session, shop_id, shop.currency, analysis)
        ring(session, shop_id)
    _log.info("shop %s: %d customers scored", shop_id, len(analysis.customers))


def _last_day(
    session: Session, shop_id: uuid.UUID, zone: ZoneInfo, now: dt.datetime
) -> dt.date | None:
    last = session.scalar(
        select(Purchase.occurred_at)
        .where(Purchase.shop_id == shop_id)
        .order_by(Purchase.occurred_at.desc())
        .limit(1)
    )
    return min(last, now).astimezone(zone).date() if last else None


def _transactions(
    session: Session, shop_id: uuid.UUID, zone: ZoneInfo, currency: str
) -> pd.DataFrame:
    rows = session.execute(
        select(
            Purchase.membership_id, Purchase.id, Purchase.occurred_at, Purchase.amount_minor
        ).where(Purchase.shop_id == shop_id, Purchase.membership_id.is_not(None))
    ).all()
    columns = ["customer_id", "purchase_id", "occurred_at", "amount"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    frame["customer_id"] = frame["customer_id"].astype(str)
    frame["purchase_id"] = frame["purchase_id"].astype(str)
    moments = pd.to_datetime(frame["occurred_at"], utc=True)
    # a day is the shop's own day
    frame["occurred_at"] = moments.dt.tz_convert(zone).dt.tz_localize(None)
    frame["amount"] = frame["amount"].astype(float) / 10 ** exponent(currency)
    return frame


def _tiers(session: Session, shop_id: uuid.UUID) -> dict[str, str]:
    rows = session.execute(select(Score.membership_id, Score.tier).where(Score.shop_id == shop_id))
    return {str(membership_id): tier for membership_id, tier in rows}


def _replace_scores(
    session: Session, shop_id: uuid.UUID, currency: str, analysis: Analysis
) -> None:
    summary = analysis.summary
    session.execute(delete(Score).where(Score.shop_id == shop_id))
    if summary["horizon_days"] is None:
        return  # nobody bought anything yet
    run = ScoreRun(
        shop_id=shop_id,
        id=uuid.uuid4(),
        as_of=dt.date.fromisoformat(summary["as_of"]),
        horizon_days=summary["horizon_days"],
        model=summary["model"],
        verdict=summary["verdict"],
        summary={**summary, "kpis": _kpis(summary["kpis"], currency)},
    )
    session.add(run)
    session.flush()
    frame = analysis.customers.assign(
        revenue_at_risk=_revenue_at_risk(analysis.customers, run.horizon_days)
    )
    rows = [
        {"shop_id": shop_id, "run_id": run.id, **_score(row, currency)}
        for row in frame.to_dict("records")
    ]
    if rows:
        session.execute(insert(Score), rows)


def _kpis(kpis: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Money in minor units, as everywhere outside the models."""
    return {
        **{name: value for name, value in kpis.items() if name not in _MONEY_KPIS},
        **{f"{name}_minor": _minor(kpis.get(name), currency) for name in _MONEY_KPIS},
    }


def _revenue_at_risk(customers: pd.DataFrame, horizon_days: int) -> "pd.Series[float]":
    """What the shop loses over the horizon if a customer stays away, times how likely that is.

    Who is kept comes at least once. Who has been away for longer than the horizon is not at risk
    any more but mostly gone.
    """
    churn = customers["churn_probability"].astype(float)
    expected = customers["expected_visits"].astype(float).clip(lower=1e-9)
    amount = customers["clv"].astype(float) / expected
    visits_if_kept = np.maximum(expected / (1 - churn).clip(lower=1e-9), 1.0)
    at_risk = churn * visits_if_kept * amount
    is_gone = customers["days_since_last_visit"].astype(float) >= horizon_days
    return at_risk.mask(is_gone, 0.0).where(at_risk.notna())


def _score(row: Mapping[Any, Any], currency: str) -> dict[str, object]:
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
        **{
            f"{name}_minor": _minor(row[name], currency)
            for name in ("monetary_value", "average_order_value", "clv", "revenue_at_risk")
        },
    }


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _minor(value: Any, currency: str) -> int | None:
    number = _number(value)
    return None if number is None else to_minor(Decimal(number), currency)
