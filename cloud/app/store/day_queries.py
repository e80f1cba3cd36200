"""What happened in a shop between two times."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Row, cast, func, select, text
from sqlalchemy.orm import Session

from cloud.app.store.shops import Event

# Each day is a short piece of an index, summed up by itself: the weeks between are not read.
_TAKINGS_BY_DAY = text("""
    SELECT day.date, sold.*
    FROM unnest(
            CAST(:dates AS date[]), CAST(:begins AS timestamptz[]), CAST(:nows AS timestamptz[]),
            CAST(:ends AS timestamptz[])
        ) AS day (date, begins_at, now_at, ends_at),
        LATERAL (
            SELECT sum(amount_minor) AS takings_minor,
                coalesce(sum(amount_minor) FILTER (WHERE occurred_at <= now_at), 0)
                    AS takings_by_now_minor,
                count(*) FILTER (WHERE amount_minor > 0) AS purchases,
                count(*) FILTER (WHERE amount_minor > 0 AND occurred_at <= now_at)
                    AS purchases_by_now,
                bool_or(occurred_at <> begins_at) AS is_timed
            FROM purchase
            WHERE shop_id = :shop_id AND occurred_at >= begins_at AND occurred_at < ends_at
            HAVING count(*) > 0
        ) AS sold
    ORDER BY 1
""")


def takings_by_day(
    session: Session, shop_id: uuid.UUID, zone: ZoneInfo, dates: Sequence[dt.date], clock: dt.time
) -> Sequence[Row[Any]]:
    """Return the takings and purchases of days with any, in all and until a time of the day."""
    midnight, a_day = dt.time(), dt.timedelta(days=1)
    values = {
        "shop_id": shop_id,
        "dates": list(dates),
        "begins": [dt.datetime.combine(date, midnight, zone) for date in dates],
        "nows": [dt.datetime.combine(date, clock, zone) for date in dates],
        "ends": [dt.datetime.combine(date + a_day, midnight, zone) for date in dates],
    }
    return session.execute(_TAKINGS_BY_DAY, values).all()


def entries_by_hour(
    session: Session, shop_id: uuid.UUID, zone: ZoneInfo, begin: dt.datetime, end: dt.datetime
) -> dict[int, int]:
    """Return how many people the doors counted in, by the hour of the shop's clock."""
    hour = cast(func.extract("hour", func.timezone(str(zone), Event.occurred_at)), Integer)
    rows = session.execute(
        select(hour, func.count())
        .where(
            Event.shop_id == shop_id,
            Event.kind == "passage",
            Event.body["direction"].astext == "in",
            Event.occurred_at >= begin,
            Event.occurred_at < end,
            # there is a table for each month of receipt
            Event.received_at >= begin,
        )
        .group_by(text("1"))
    )
    return {row[0]: row[1] for row in rows}
