"""Footfall against what is usual, and when it is best to come."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cloud.app.domain.typical_week import (
    HourCount,
    HourOfWeek,
    UsualHour,
    quiet_hours,
    typical_week,
)
from cloud.app.services import openings
from cloud.app.services.shops import shop_by_id
from cloud.app.store import footfall
from cloud.app.store.shops import Shop

# long enough for a habit, short enough to follow the season
WEEKS = 8
# how far one looks for the next day on which it is open
DAYS_AHEAD = 7

Span = tuple[dt.datetime, dt.datetime]

# a board that was long without a network tells late: its shop's week is looked at again
KEEP_WEEK = dt.timedelta(minutes=10)
# shop -> (its day, when it was found, its week)
_weeks: dict[uuid.UUID, tuple[dt.date, dt.datetime, Mapping[HourOfWeek, UsualHour]]] = {}
_WEEKS_MAX = 10_000


def usual_week(session: Session, shop: Shop, now: dt.datetime) -> Mapping[HourOfWeek, UsualHour]:
    """Return what was usual in the weeks before today; kept for some minutes, once there is any."""
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    kept = _weeks.get(shop.id)
    if kept is not None and kept[0] == today and now - kept[1] < KEEP_WEEK:
        return kept[2]
    first = today - dt.timedelta(weeks=WEEKS)
    week = typical_week(_counts(session, shop.id, first, today - dt.timedelta(days=1)))
    if len(_weeks) >= _WEEKS_MAX:
        _weeks.clear()
    if week:
        _weeks[shop.id] = (today, now, week)
    return week


def counts_like(session: Session, shop_id: uuid.UUID, date: dt.date) -> list[HourCount]:
    """Return what was counted on a day, and on the same weekday in the weeks before."""
    dates = [date - dt.timedelta(weeks=weeks) for weeks in range(WEEKS + 1)]
    return [_count(row) for row in footfall.hours_on(session, shop_id, dates)]


def day_by_hour(counts: Sequence[HourCount], date: dt.date) -> list[dict[str, Any]]:
    """Return the hours of a day: entries and exits, and what is usual; from `counts_like`."""
    usual = typical_week(count for count in counts if count.date != date)
    of_day = {count.hour: count for count in counts if count.date == date}
    return [
        {
            "hour": hour,
            "entries": of_day[hour].entries if hour in of_day else 0,
            "exits": of_day[hour].exits if hour in of_day else 0,
            "usual_entries": _usual_entries(usual.get((date.weekday(), hour))),
        }
        for hour in range(24)
    ]


def days(
    session: Session, shop_id: uuid.UUID, first: dt.date, last: dt.date
) -> list[dict[str, object]]:
    """Return the days on which somebody was counted."""
    rows = footfall.days(session, shop_id, first, last)
    return [{"date": row.date, "entries": row.entries, "exits": row.exits} for row in rows]


def entries_until(counts: Sequence[HourCount], clock: dt.time) -> dict[dt.date, float]:
    """Return how many came in until a time of the day, for the dates on which anybody did."""
    shares = {clock.hour: clock.minute / 60}
    found: dict[dt.date, float] = {}
    for count in counts:
        share = shares.get(count.hour, 1.0 if count.hour < clock.hour else 0.0)
        found[count.date] = found.get(count.date, 0.0) + share * count.entries
    return found


def typical(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> dict[str, object]:
    """Return the usual hours of the week, and the best hours to come on each day."""
    shop = shop_by_id(session, shop_id)
    week = usual_week(session, shop, now)
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    hours = openings.promised_hours(shop, openings.exceptions(session, shop_id, today))
    return {
        "hours": [
            {
                "weekday": usual.weekday,
                "hour": usual.hour,
                "entries": round(usual.entries, 1),
                "inside": round(usual.inside, 1),
                "days": usual.days,
            }
            for usual in week.values()
        ],
        "best": [
            {"weekday": date.weekday(), "hours": list(best)}
            for date in (today + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD))
            if (best := quiet_hours(week, date.weekday(), _open_hours(shop, hours, date, week)))
        ],
    }


def next_quiet_time(
    shop: Shop, hours: str | None, week: Mapping[HourOfWeek, UsualHour], now: dt.datetime
) -> Span | None:
    """Return when the fewest are usually inside, of what is left of the next open day; `hours` are
    those that the shop promises."""
    zone = ZoneInfo(shop.time_zone)
    local = now.astimezone(zone)
    for date in (local.date() + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD)):
        open_hours = _open_hours(shop, hours, date, week)
        left = [hour for hour in open_hours if date > local.date() or hour >= local.hour]
        if left:
            quiet = quiet_hours(week, date.weekday(), left)
            return _span(date, quiet, zone) if quiet else None
    return None


def _open_hours(
    shop: Shop, hours: str | None, date: dt.date, week: Mapping[HourOfWeek, UsualHour]
) -> Sequence[int]:
    """Return the hours of a day at whose beginning the shop is open; those with history where no
    hours are published."""
    if not hours:
        return [hour for hour in range(24) if (date.weekday(), hour) in week]
    midnight = dt.datetime.combine(date, dt.time(), ZoneInfo(shop.time_zone))
    next_midnight = midnight + dt.timedelta(days=1)
    spans = openings.open_spans(hours, shop.time_zone, shop.country, midnight, next_midnight)
    begins = [midnight.replace(hour=hour) for hour in range(24)]
    return [b.hour for b in begins if any(start <= b < stop for start, stop in spans)]


def _span(date: dt.date, hours: range, zone: ZoneInfo) -> Span:
    begin = dt.datetime.combine(date, dt.time(hours.start), zone)
    return begin, begin + dt.timedelta(hours=len(hours))


def _counts(session: Session, shop_id: uuid.UUID, first: dt.date, last: dt.date) -> list[HourCount]:
    return [_count(row) for row in footfall.hours(session, shop_id, first, last)]


def _count(row: Row[Any]) -> HourCount:
    return HourCount(row.date, row.hour, row.entries, row.exits)


def _usual_entries(usual: UsualHour | None) -> float | None:
    return None if usual is None else round(usual.entries, 1)
