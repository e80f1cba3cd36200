"""Today: takings and visitors so far, what is at risk, and whom to win back first."""

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.app.services.shops import shop_by_id
from cloud.app.store import day_queries, score_queries
from cloud.app.store.customer_queries import CustomerFilter, customers

TO_WIN_BACK = 3


def today(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> dict[str, Any]:
    """Return the figures of the shop's own day; `to_win_back` are rows of customer_queries."""
    zone = ZoneInfo(shop_by_id(session, shop_id).time_zone)
    date = now.astimezone(zone).date()
    begin = dt.datetime.combine(date, dt.time(), zone)
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), zone)
    takings_minor, purchases = day_queries.takings(session, shop_id, begin, end)
    visitors = day_queries.entries(session, shop_id, begin, end)
    return {
        "date": date,
        "takings_minor": takings_minor,
        "purchases": purchases,
        "visitors": visitors,
        "conversion": purchases / visitors if visitors else None,
        "kpis": _kpis(session, shop_id),
        "to_win_back": _to_win_back(session, shop_id),
    }


def _kpis(session: Session, shop_id: uuid.UUID) -> dict[str, object] | None:
    run = score_queries.latest_run(session, shop_id)
    if run is None:
        return None
    kpis: dict[str, Any] = dict(run.summary["kpis"])  # type: ignore[call-overload] # JSON
    names = ("customers", "churn_rate", "revenue_at_risk_minor", "clv_minor")
    found = {name: kpis.get(name) for name in names}
    return {**found, "horizon_days": run.horizon_days, "verdict": run.verdict}


def _to_win_back(session: Session, shop_id: uuid.UUID) -> list[Any]:
    wanted = CustomerFilter(is_slipping=True)
    page = customers(session, shop_id, wanted, sort="value_at_risk", limit=TO_WIN_BACK, cursor=None)
    return list(page.items)
