"""What happened at the doors of a shop between two times."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from cloud.app.store.openings import OpeningOverride
from cloud.app.store.shops import Event

# what an owner wants to see one by one; passages are shown by the quarter of an hour
SEEN_ONE_BY_ONE = ("door", "sensor_blocked", "sensor_cleared", "calibrated", "zeroed")
# how far one looks for how a door stood, and whether its board was awake
BESIDE = dt.timedelta(days=31)

_WHO = """
        count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'in') AS entries,
        count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'out') AS exits,
        count(*) FILTER (WHERE kind = 'ambiguous_passage') AS ambiguous
"""
_PEOPLE = text(f"""
    SELECT date_bin('15 minutes', occurred_at, timestamptz 'epoch') AS starts_at,
        {_WHO}
    FROM event
    WHERE shop_id = :shop_id AND occurred_at >= :begin AND occurred_at < :end
        AND received_at >= :begin AND kind IN ('passage', 'ambiguous_passage')
    GROUP BY 1 ORDER BY 1
""")  # noqa: S608 - a constant

# each is a step or two along an index: what came and went in between is not read
_DOOR = """
    SELECT site_id, occurred_at, (body ->> 'open')::boolean AS is_open, device_id, boot, sequence
    FROM event WHERE shop_id = :shop_id AND kind = 'door'
"""
_DOORS_AROUND = text(f"""
    {_DOOR} AND occurred_at >= :begin AND occurred_at < :end AND received_at >= :begin
    UNION ALL
    SELECT door.* FROM site_state AS state, LATERAL (
        ({_DOOR} AND site_id = state.site_id
            AND occurred_at >= :since AND occurred_at < :begin AND received_at >= :since
        ORDER BY occurred_at DESC, boot DESC, sequence DESC LIMIT 1)
        UNION ALL
        ({_DOOR} AND site_id = state.site_id
            AND occurred_at >= :end AND occurred_at < :until AND received_at >= :end
        ORDER BY occurred_at, boot, sequence LIMIT 1)
    ) AS door
    -- a site without a contact would be searched in vain
    WHERE state.shop_id = :shop_id AND state.is_open IS NOT NULL
    ORDER BY occurred_at, boot, sequence
""")  # noqa: S608 - constants

_COUNTED = text(f"""
    SELECT {_WHO}
    FROM event
    WHERE shop_id = :shop_id AND site_id = :site_id AND kind IN ('passage', 'ambiguous_passage')
        AND occurred_at > :after AND occurred_at <= :until
""")  # noqa: S608 - a constant


def moments(
    session: Session,
    shop_id: uuid.UUID,
    begin: dt.datetime,
    end: dt.datetime,
) -> Sequence[Event]:
    """Return what is shown one by one, in order."""
    return session.scalars(
        select(Event)
        .where(Event.shop_id == shop_id, Event.kind.in_(SEEN_ONE_BY_ONE))
        .where(Event.occurred_at >= begin, Event.occurred_at < end, Event.received_at >= begin)
        .order_by(Event.occurred_at, Event.boot, Event.sequence)
    ).all()


def doors(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> Sequence[Row[Any]]:
    """Return (site_id, occurred_at, is_open) of each time that a door moved, in order."""
    is_open = Event.body["open"].as_boolean().label("is_open")
    return session.execute(
        select(Event.site_id, Event.occurred_at, is_open)
        .where(Event.shop_id == shop_id, Event.kind == "door")
        .where(Event.occurred_at >= begin, Event.occurred_at < end, Event.received_at >= begin)
        .order_by(Event.occurred_at, Event.boot, Event.sequence)
    ).all()


def doors_around(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> Sequence[Row[Any]]:
    """Return (site_id, occurred_at, is_open, device_id, boot) of each time that a door moved, of
    the last time before and of the first after, in order."""
    times = {"begin": begin, "end": end, "since": begin - BESIDE, "until": end + BESIDE}
    return session.execute(_DOORS_AROUND, {"shop_id": shop_id, **times}).all()


def people(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> Sequence[Row[Any]]:
    """Return (starts_at, entries, exits, ambiguous) by the quarter of an hour."""
    return session.execute(_PEOPLE, {"shop_id": shop_id, "begin": begin, "end": end}).all()


def counted(
    session: Session, shop_id: uuid.UUID, site_id: uuid.UUID, after: dt.datetime, until: dt.datetime
) -> Row[Any]:
    """Return (entries, exits, ambiguous) of a door after a time, until another one."""
    times = {"after": after, "until": until}
    return session.execute(_COUNTED, {"shop_id": shop_id, "site_id": site_id, **times}).one()


def overrides(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> Sequence[OpeningOverride]:
    """Return the owner's words that held between two times, in order."""
    return session.scalars(
        select(OpeningOverride)
        .where(OpeningOverride.shop_id == shop_id)
        .where(OpeningOverride.starts_at < end, OpeningOverride.ends_at > begin)
        .order_by(OpeningOverride.starts_at)
    ).all()
