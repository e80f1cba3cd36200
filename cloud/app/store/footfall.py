"""Footfall by the hour of the shop's own time: counted from the events, and read."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, text
from sqlalchemy.orm import Session

from cloud.app.store.shops import FootfallDue, FootfallHour

_DUE = text("""
    SELECT shop_id, site_id, starts_at FROM footfall_due WHERE shop_id = :shop_id
    ORDER BY site_id, starts_at
""")
# one by one, in the order in which ingest writes them
_TAKE_DUE = text("""
    DELETE FROM footfall_due
    WHERE shop_id = :shop_id AND site_id = :site_id AND starts_at = :starts_at
""")
# the hours, as the shop's clock shows them, that contain these quarters
_COUNT = text("""
    WITH due AS (
        SELECT DISTINCT site_id, date_trunc('hour', starts_at AT TIME ZONE :zone) AS local
        FROM unnest(CAST(:site_ids AS uuid[]), CAST(:starts AS timestamptz[]))
            AS due(site_id, starts_at)
    ), counted AS (
        SELECT due.site_id, due.local,
            count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'in') AS entries,
            count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'out') AS exits,
            count(*) FILTER (WHERE kind = 'ambiguous_passage') AS ambiguous
        FROM due LEFT JOIN event ON event.shop_id = :shop_id AND event.site_id = due.site_id
            AND event.kind IN ('passage', 'ambiguous_passage')
            -- wide enough for the hour that a clock shows twice; the next line is exact
            AND event.occurred_at >= due.local AT TIME ZONE :zone - interval '1 hour'
            AND event.occurred_at < due.local AT TIME ZONE :zone + interval '3 hours'
            AND date_trunc('hour', event.occurred_at AT TIME ZONE :zone) = due.local
        GROUP BY due.site_id, due.local
    ), kept AS (
        SELECT min(to_date(substring(inhrelid::regclass::text FROM '[0-9]{4}_[0-9]{2}$'),
                           'YYYY_MM'))::timestamp AT TIME ZONE 'UTC' AS since
        FROM pg_inherits WHERE inhparent = 'event'::regclass
    )
    INSERT INTO footfall_hour (shop_id, site_id, starts_at, date, hour, entries, exits, ambiguous)
    SELECT :shop_id, counted.site_id, local AT TIME ZONE :zone, local::date,
        extract(hour FROM local), greatest(counted.entries, old.entries),
        greatest(counted.exits, old.exits), greatest(counted.ambiguous, old.ambiguous)
    FROM counted
    -- the events of a month that was dropped are counted for ever: a late one takes nothing away
    LEFT JOIN footfall_hour AS old ON old.shop_id = :shop_id AND old.site_id = counted.site_id
        AND old.starts_at = local AT TIME ZONE :zone AND old.starts_at < (SELECT since FROM kept)
    ON CONFLICT (shop_id, site_id, starts_at) DO UPDATE SET
        entries = excluded.entries, exits = excluded.exits, ambiguous = excluded.ambiguous
""")
_FORGET = text("""
    DELETE FROM footfall_hour AS old WHERE shop_id = :shop_id AND EXISTS (
        SELECT FROM event WHERE shop_id = :shop_id AND site_id = old.site_id
            AND kind IN ('passage', 'ambiguous_passage')
            AND occurred_at >= old.starts_at AND occurred_at < old.starts_at + interval '1 hour'
    )
""")
_NAME_AGAIN = text("""
    UPDATE footfall_hour SET date = (starts_at AT TIME ZONE :zone)::date,
        hour = extract(hour FROM starts_at AT TIME ZONE :zone)
    WHERE shop_id = :shop_id
""")
_QUARTERS = text("""
    SELECT DISTINCT site_id, date_bin('15 minutes', occurred_at, timestamptz 'epoch') AS starts_at
    FROM event WHERE shop_id = :shop_id AND kind IN ('passage', 'ambiguous_passage')
""")


def shops_with_footfall_due(session: Session) -> list[uuid.UUID]:
    """Return the shops of which events came since their last roll-up."""
    return list(session.scalars(select(FootfallDue.shop_id).distinct()))


def roll_up(session: Session, shop_id: uuid.UUID, time_zone: str) -> int:
    """Count the hours of a shop anew of which events came; return how many quarters were due.

    What is due is taken away first and counted by a statement of its own: it sees every event whose
    note was taken away, and a later event leaves a new note.
    """
    due = session.execute(_DUE, {"shop_id": shop_id}).all()
    if due:
        session.execute(_TAKE_DUE, [dict(row._mapping) for row in due])
    _count(session, shop_id, time_zone, due)
    return len(due)


def count_again(session: Session, shop_id: uuid.UUID, time_zone: str) -> None:
    """Count all hours of a shop anew, in another time zone. Hours whose events are gone keep what
    was counted, and begin when they began."""
    values = {"shop_id": shop_id, "zone": time_zone}
    session.execute(_FORGET, values)
    session.execute(_NAME_AGAIN, values)
    _count(session, shop_id, time_zone, session.execute(_QUARTERS, values).all())


def hours(
    session: Session, shop_id: uuid.UUID, first: dt.date, last: dt.date
) -> Sequence[Row[Any]]:
    """Return (date, hour, entries, exits, ambiguous) of all doors, in order."""
    return _hours(session, shop_id, FootfallHour.date.between(first, last))


def hours_on(
    session: Session, shop_id: uuid.UUID, dates: Collection[dt.date]
) -> Sequence[Row[Any]]:
    """Return the same of some days."""
    return _hours(session, shop_id, FootfallHour.date.in_(dates))


def days(session: Session, shop_id: uuid.UUID, first: dt.date, last: dt.date) -> Sequence[Row[Any]]:
    """Return (date, entries, exits, ambiguous) of all doors, in order."""
    return session.execute(
        select(FootfallHour.date, *_sums())
        .where(FootfallHour.shop_id == shop_id, FootfallHour.date.between(first, last))
        .group_by(FootfallHour.date)
        .order_by(FootfallHour.date)
    ).all()


def _count(
    session: Session, shop_id: uuid.UUID, time_zone: str, quarters: Sequence[Row[Any]]
) -> None:
    if quarters:
        values = {
            "site_ids": [row.site_id for row in quarters],
            "starts": [row.starts_at for row in quarters],
        }
        session.execute(_COUNT, {"shop_id": shop_id, "zone": time_zone, **values})


def _hours(
    session: Session, shop_id: uuid.UUID, is_wanted: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    return session.execute(
        select(FootfallHour.date, FootfallHour.hour, *_sums())
        .where(FootfallHour.shop_id == shop_id, is_wanted)
        .group_by(FootfallHour.date, FootfallHour.hour)
        .order_by(FootfallHour.date, FootfallHour.hour)
    ).all()


def _sums() -> list[Any]:
    counted = (FootfallHour.entries, FootfallHour.exits, FootfallHour.ambiguous)
    return [func.sum(column).label(column.name) for column in counted]
