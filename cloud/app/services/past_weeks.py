"""What doors and till told in the weeks behind: conversion, and the promise of the hours."""

import datetime as dt
import uuid
from collections import defaultdict
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.app.domain.kept_hours import DoorChange, kept, opening_sessions
from cloud.app.domain.past_weeks import KeptDay, SoldDay, monday, past_weeks
from cloud.app.services.shops import shop_by_id
from cloud.app.services.timeline import day_of, promised
from cloud.app.store import day_queries, footfall, timeline_queries
from cloud.app.store.shops import Shop

# a quarter of a year: what was before says little of how the shop is run now
WEEKS = 13


def weeks_behind(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> list[dict[str, object]]:
    """Return the weeks, the current and unfinished one last."""
    shop = shop_by_id(session, shop_id)
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    mondays = [monday(today) - dt.timedelta(weeks=back) for back in reversed(range(WEEKS))]
    found = past_weeks(
        mondays,
        _sold(session, shop, mondays[0], today),
        _kept(session, shop, mondays[0], today, now),
    )
    return [
        {**vars(week), "conversion": week.conversion, "is_partial": week.week == mondays[-1]}
        for week in found
    ]


def _sold(session: Session, shop: Shop, first: dt.date, last: dt.date) -> list[SoldDay]:
    rows = footfall.days(session, shop.id, first, last)
    entries: dict[dt.date, int] = {row.date: row.entries for row in rows if row.entries}
    if not entries:
        return []
    zone = ZoneInfo(shop.time_zone)
    sold = day_queries.takings_by_day(session, shop.id, zone, list(entries), dt.time.max)
    return [SoldDay(row.date, entries[row.date], row.purchases) for row in sold if row.purchases]


def _kept(
    session: Session, shop: Shop, first: dt.date, last: dt.date, now: dt.datetime
) -> list[KeptDay]:
    zone = ZoneInfo(shop.time_zone)
    begin, end = day_of(shop, first)[0], day_of(shop, last)[1]
    doors = [
        DoorChange(row.occurred_at, row.is_open, row.site_id)
        for row in timeline_queries.doors(session, shop.id, begin, end)
    ]
    if not doors:
        return []
    # each day by itself: a door that fell silent while it stood open does not hold the shop open
    by_day: dict[dt.date, list[DoorChange]] = defaultdict(list)
    for door in doors:
        by_day[door.at.astimezone(zone).date()].append(door)
    first_heard = doors[0].at
    days = []
    for span in promised(session, shop, begin, end):
        date = span[0].astimezone(zone).date()
        # a door that was not heard of all day, or was not there yet, has broken no promise
        if date in by_day and first_heard <= span[0] and span[1] <= now:
            sessions = opening_sessions(by_day[date], min(now, day_of(shop, date)[1]))
            days += [KeptDay(date, found) for found in kept([span], sessions, now)]
    return days
