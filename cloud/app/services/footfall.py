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
    best_hours,
    typical_week,
)
from cloud.app.services import openings
from cloud.app.services.shops import shop_by_id
from cloud.app.store import footfall
from cloud.app.store.shops import Shop

# long enough for a habit, short enough to follow the season
WEEKS = 8

# what was usual yesterday is usual today: shop -> (its day, its week)
_weeks: dict[uuid.UUID, tuple[dt.date, Mapping[HourOfWeek, UsualHour]]] = {}
_WEEKS_MAX = 10_000


def usual_week(session: Session, shop: Shop, now: dt.datetime) -> Mapping[HourOfWeek, UsualHour]:
    """Return what was usual in the weeks before today, found once a day."""
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    kept = _weeks.get(shop.id)
    if kept is not None and kept[0] == today:
        return kept[1]
    first = today - dt.timedelta(weeks=WEEKS)
    week = typical_week(_counts(session, shop.id, first, today - dt.timedelta(days=1)))
    if len(_weeks) >= _WEEKS_MAX:
        _weeks.clear()
    _weeks[shop.id] = (today, week)
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
            {"weekday": weekday, "hours": best}
            for weekday, open_hours in _open_hours(shop, now, week).items()
            if (best := best_hours(week, weekday, open_hours))
        ],
    }


def _open_hours(
    shop: Shop, now: dt.datetime, week: Mapping[HourOfWeek, UsualHour]
) -> dict[int, Sequence[int]]:
    """Return the hours at whose beginning the shop is open, by weekday, for the next seven days;
    those with history where no hours are published."""
    zone = ZoneInfo(shop.time_zone)
    today = now.astimezone(zone).date()
    found: dict[int, Sequence[int]] = {}
    for date in (today + dt.timedelta(days=ahead) for ahead in range(7)):
        begins = [dt.datetime.combine(date, dt.time(hour), zone) for hour in range(24)]
        found[date.weekday()] = [begin.hour for begin in begins if _is_open(shop, begin, week)]
    return found


def _is_open(shop: Shop, begin: dt.datetime, week: Mapping[HourOfWeek, UsualHour]) -> bool:
    if not shop.opening_hours:
        return (begin.weekday(), begin.hour) in week
    return bool(openings.says_open(shop.opening_hours, shop.time_zone, shop.country, begin))


def _counts(session: Session, shop_id: uuid.UUID, first: dt.date, last: dt.date) -> list[HourCount]:
    return [_count(row) for row in footfall.hours(session, shop_id, first, last)]


def _count(row: Row[Any]) -> HourCount:
    return HourCount(row.date, row.hour, row.entries, row.exits)


def _usual_entries(usual: UsualHour | None) -> float | None:
    return None if usual is None else round(usual.entries, 1)
