"""What happened in a shop between two times."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from cloud.app.store.sales import Purchase
from cloud.app.store.shops import Event

# Each day is a short piece of an index: the weeks between are not read. Two hours wider on either
# side, because a clock may change at midnight; the dates are exact.
_TAKINGS_BY_DAY = text("""
    SELECT day.date, sum(amount_minor) AS takings_minor,
        coalesce(sum(amount_minor) FILTER (WHERE local::time <= :clock), 0) AS takings_by_now_minor,
        count(*) FILTER (WHERE amount_minor > 0) AS purchases,
        count(*) FILTER (WHERE amount_minor > 0 AND local::time <= :clock) AS purchases_by_now,
        bool_or(local::time <> '00:00') AS is_timed
    FROM unnest(CAST(:dates AS date[])) AS day (date),
        LATERAL (SELECT day.date::timestamp AT TIME ZONE :zone AS midnight) AS begins,
        purchase, LATERAL (SELECT occurred_at AT TIME ZONE :zone AS local) AS shop_time
    WHERE shop_id = :shop_id AND occurred_at >= midnight - interval '2 hours'
        AND occurred_at < midnight + interval '27 hours' AND local::date = day.date
    GROUP BY 1 ORDER BY 1
""")


def takings_by_day(
    session: Session, shop_id: uuid.UUID, zone: str, dates: Sequence[dt.date], clock: dt.time
) -> Sequence[Row[Any]]:
    """Return the takings and purchases of days with any, in all and until a time of the day."""
    return session.execute(
        _TAKINGS_BY_DAY,
        {"shop_id": shop_id, "zone": zone, "dates": list(dates), "clock": clock},
    ).all()


def takings(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> tuple[int, int]:
    """Return the net amount in minor units and the number of purchases that are no refunds."""
    amount, number = session.execute(
        select(
            func.coalesce(func.sum(Purchase.amount_minor), 0),
            func.count().filter(Purchase.amount_minor > 0),
        ).where(
            Purchase.shop_id == shop_id, Purchase.occurred_at >= begin, Purchase.occurred_at < end
        )
    ).one()
    return int(amount), number


def entries(session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime) -> int:
    """Return how many people the doors counted in."""
    counted = session.scalar(
        select(func.count()).where(
            Event.shop_id == shop_id,
            Event.kind == "passage",
            Event.body["direction"].astext == "in",
            Event.occurred_at >= begin,
            Event.occurred_at < end,
        )
    )
    return counted or 0
