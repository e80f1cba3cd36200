"""What doors and till told in the weeks behind: conversion, and the promise of the hours."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.app.domain.past_weeks import KeptDay, SoldDay, monday, past_weeks
from cloud.app.services.shops import shop_by_id
from cloud.app.services.timeline import door_changes, kept_hours, promised
from cloud.app.store import day_queries, footfall
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
    doors = door_changes(session, shop, first, last)
    over = [span for span in promised(session, shop, first, last) if span[1] <= now]
    zone = ZoneInfo(shop.time_zone)
    return [
        KeptDay(found.promised[0].astimezone(zone).date(), found)
        for found in kept_hours(shop, over, doors, now)
        if found.is_known
    ]
