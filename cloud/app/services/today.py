"""Today: takings and visitors so far against the usual, the promise, and whom to win back first."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cloud.app.domain.past_weeks import LEAST_VISITORS, conversion
from cloud.app.domain.typical_week import HourCount
from cloud.app.domain.usual import usual
from cloud.app.services import footfall
from cloud.app.services.shops import shop_by_id
from cloud.app.services.timeline import day_of, promised_and_kept
from cloud.app.store import day_queries, score_queries
from cloud.app.store.customer_queries import CustomerFilter, customers
from cloud.app.store.shops import Shop

TO_WIN_BACK = 3
# as many of the same weekday as the usual footfall is found from
WEEKS = footfall.WEEKS


def today(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> dict[str, Any]:
    """Return the figures of the shop's own day.

    `to_win_back` and `best_action` are rows of customer_queries.
    """
    shop = shop_by_id(session, shop_id)
    local = now.astimezone(ZoneInfo(shop.time_zone))
    sales = _sales(session, shop, local)
    takings = sales.pop(local.date(), None)
    purchases = takings.purchases if takings else 0
    zone = ZoneInfo(shop.time_zone)
    entries = day_queries.entries_by_hour(session, shop_id, zone, *day_of(shop, local.date()))
    visitors = sum(entries.values())
    counts = footfall.counts_like(session, shop_id, local.date())
    return {
        "date": local.date(),
        "takings_minor": int(takings.takings_minor) if takings else 0,
        "purchases": purchases,
        "visitors": visitors,
        "conversion": conversion(purchases, visitors),
        "usual": _usual(list(sales.values()), counts, local),
        "hours": _hours(counts, local, entries),
        "promised": promised_and_kept(session, shop, local.date(), now),
        "kpis": _kpis(session, shop_id),
        "to_win_back": _to_win_back(session, shop_id),
        "best_action": _best_action(session, shop_id),
    }


def _sales(session: Session, shop: Shop, local: dt.datetime) -> dict[dt.date, Row[Any]]:
    """Return the takings of today and of the same weekday in the weeks before, where any are."""
    dates = [local.date() - dt.timedelta(weeks=weeks) for weeks in range(WEEKS + 1)]
    zone = ZoneInfo(shop.time_zone)
    days = day_queries.takings_by_day(session, shop.id, zone, dates, local.time())
    return {day.date: day for day in days}


def _hours(
    counts: Sequence[HourCount], local: dt.datetime, entries: Mapping[int, int]
) -> list[dict[str, Any]]:
    """Return the hours of the day; today's entries are counted before the hours are rolled up."""
    hours = footfall.day_by_hour(counts, local.date())
    return [{**hour, "entries": entries.get(hour["hour"], 0)} for hour in hours]


def _usual(
    days: Sequence[Row[Any]], counts: Sequence[HourCount], local: dt.datetime
) -> dict[str, object]:
    """Return takings, visitors and conversion of the same weekday in the weeks before.

    They are those until this time of the day; but where a till tells no times, takings are those of
    whole days, because then today's are known only when it is over.
    """
    is_timed = all(day.is_timed for day in days)
    before = [count for count in counts if count.date != local.date()]
    visitors = footfall.entries_until(before, local.time())
    return {
        "is_by_now": is_timed,
        "takings_minor": usual(
            [int(day.takings_by_now_minor if is_timed else day.takings_minor) for day in days]
        ),
        "visitors": usual(list(visitors.values())),
        "conversion": usual(_conversions(days, visitors)) if is_timed else None,
    }


def _conversions(days: Sequence[Row[Any]], visitors: dict[dt.date, float]) -> list[float]:
    shares = [
        conversion(day.purchases_by_now, visitors[day.date])
        for day in days
        if visitors.get(day.date, 0) >= LEAST_VISITORS
    ]
    return [share for share in shares if share is not None]


def _kpis(session: Session, shop_id: uuid.UUID) -> dict[str, object] | None:
    run = score_queries.latest_kpis(session, shop_id)
    if run is None:
        return None
    names = ("customers", "churn_rate", "revenue_at_risk_minor", "clv_minor")
    found = {name: run.kpis.get(name) for name in names}
    return {**found, "horizon_days": run.horizon_days, "verdict": run.verdict}


def _to_win_back(session: Session, shop_id: uuid.UUID) -> list[Any]:
    wanted = CustomerFilter(is_slipping=True)
    page = customers(session, shop_id, wanted, sort="value_at_risk", limit=TO_WIN_BACK, cursor=None)
    return list(page.items)


def _best_action(session: Session, shop_id: uuid.UUID) -> Any | None:
    """The one thing that is most worth being done now."""
    wanted = CustomerFilter(has_action=True)
    page = customers(session, shop_id, wanted, sort="action", limit=1, cursor=None)
    return page.items[0] if page.items else None
