"""A day of a shop as its owner looks back on it: door, people, sensors, promised and kept hours."""

import datetime as dt
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.app.domain.kept_hours import (
    DoorChange,
    Kept,
    during,
    kept,
    opening_sessions,
    standing,
    was_heard,
)
from cloud.app.services import openings
from cloud.app.services.commands import shown
from cloud.app.services.corrections import corrections
from cloud.app.services.openings import A_DAY, Span
from cloud.app.services.shops import shop_by_id
from cloud.app.store import timeline_queries
from cloud.app.store.device_commands import commands_between
from cloud.app.store.shops import Event, Shop

# the last guests of an evening leave, and the door is locked
LATE_NIGHT = dt.timedelta(hours=6)

Moment = dict[str, object]


def timeline(
    session: Session, shop_id: uuid.UUID, date: dt.date, now: dt.datetime
) -> dict[str, object]:
    """Return everything that is known of a day of the shop's own time."""
    shop = shop_by_id(session, shop_id)
    begin, end = day_of(shop, date)
    events = timeline_queries.moments(session, shop_id, begin, end)
    hours = promised(session, shop, date, date)
    changes = door_changes(session, shop, date, date)
    until = _watched_until(shop, date, hours)
    sessions = opening_sessions(during(changes, begin, until), min(now, until))
    return {
        "date": date,
        "moments": sorted(
            [
                *map(_moment, events),
                *_words(session, shop_id, begin, end),
                *_asked(session, shop_id, begin, end, now),
            ],
            key=_when,
        ),
        "people": [row._asdict() for row in timeline_queries.people(session, shop_id, begin, end)],
        "sessions": [
            {"opened_at": opened, "closed_at": closed}
            for opened, closed in sessions
            if opened < end
        ],
        "hours": [_shown(found) for found in kept_hours(shop, hours, changes, now)],
    }


def promised_and_kept(
    session: Session, shop: Shop, date: dt.date, now: dt.datetime
) -> list[dict[str, object]]:
    """Return the promised hours of a day, and of the evening before while it lasts: what became of
    those that have begun, then the others."""
    begin, _ = day_of(shop, date)
    around = promised(session, shop, date - A_DAY, date)
    hours = [span for span in around if span[0] >= begin or span[1] > max(begin, now)]
    changes = door_changes(session, shop, date - A_DAY, date)
    begun = [_shown(found) for found in kept_hours(shop, hours, changes, now)]
    ahead = [_shown(Kept(span, None, None, 0, 0)) for span in hours if span[0] > now]
    return [*begun, *ahead]


def day_of(shop: Shop, date: dt.date) -> Span:
    """Return when a day of the shop's own time begins and ends."""
    zone = ZoneInfo(shop.time_zone)
    begin = dt.datetime.combine(date, dt.time(), zone)
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), zone)
    return begin.astimezone(dt.UTC), end.astimezone(dt.UTC)


def promised(session: Session, shop: Shop, first: dt.date, last: dt.date) -> list[Span]:
    """Return when the shop's hours, and those of single days, promise that it is open.

    An evening belongs to the day on which it begins; what is open for longer than a day is cut at
    each midnight.
    """
    days = openings.exceptions(session, shop.id, first - A_DAY)
    hours = openings.promised_hours(shop, days)
    begin, end = day_of(shop, first - A_DAY)[0], day_of(shop, last + A_DAY)[1]
    spans = openings.open_spans(hours, shop.time_zone, shop.country, begin, end)
    parts = [part for span in spans for part in _by_days(shop, span)]
    return [part for part in parts if first <= _date(shop, part[0]) <= last]


def door_changes(
    session: Session, shop: Shop, first: dt.date, last: dt.date
) -> Sequence[DoorChange]:
    """Return how the doors moved on some days and in the night after them, and how each moved
    before and next, in order."""
    begin, end = day_of(shop, first)[0], day_of(shop, last + A_DAY)[1]
    return [
        DoorChange(row.occurred_at, row.is_open, row.site_id, (row.device_id, row.boot))
        for row in timeline_queries.doors_around(session, shop.id, begin, end)
    ]


def kept_hours(
    shop: Shop, spans: Sequence[Span], changes: Sequence[DoorChange], now: dt.datetime
) -> list[Kept]:
    """Compare what was promised with the doors.

    Each day stands by itself: a door that fell silent while it stood open does not hold the shop
    open for ever, and one that was not heard of, or was not there yet, has broken no promise.
    """
    found = []
    for span in spans:
        begin, _ = day_of(shop, date := _date(shop, span[0]))
        until = _watched_until(shop, date, [span])
        is_there = bool(changes) and changes[0].at <= span[0]
        if not is_there or not was_heard(changes, begin, until):
            found += [Kept(span, None, None, 0, 0, is_known=False)] if span[0] <= now else []
            continue
        seen = during(changes, begin, until)
        if span[0] == begin:  # who is open at midnight need not open then
            seen = standing(changes, begin) + seen
        found += kept([span], opening_sessions(seen, min(now, until)), now)
    return found


def _watched_until(shop: Shop, date: dt.date, spans: Sequence[Span]) -> dt.datetime:
    _, end = day_of(shop, date)
    return max([end, *(stop + LATE_NIGHT for _, stop in spans if stop > end)])


def _by_days(shop: Shop, span: Span) -> list[Span]:
    start, stop = span
    _, midnight = day_of(shop, _date(shop, start))
    if stop <= midnight or stop - start <= A_DAY:
        return [span]
    return [(start, midnight), *_by_days(shop, (midnight, stop))]


def _date(shop: Shop, moment: dt.datetime) -> dt.date:
    return moment.astimezone(ZoneInfo(shop.time_zone)).date()


def _moment(event: Event) -> Moment:
    kind = event.kind
    if kind == "door":
        kind = "door_opened" if event.body["open"] else "door_closed"
    return {
        "at": event.occurred_at,
        "kind": kind,
        "device_id": event.device_id,
        # a time that was guessed must not look like one that was measured
        "is_exact": event.time_source != "received",
        "is_late": event.received_at - event.occurred_at > dt.timedelta(minutes=5),
    }


def _words(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> list[Moment]:
    corrected: list[Moment] = [
        {
            "at": correction.corrected_at,
            "kind": "corrected_at_closing" if correction.source == "closing" else "corrected",
            "counted": correction.counted,
            "inside": correction.inside,
            "margin": correction.margin,
            "text": correction.reason,
        }
        for correction in corrections(session, shop_id, begin, end)
    ]
    said: list[Moment] = [
        {
            # what was said on an earlier day holds from the beginning of this one
            "at": max(override.starts_at, begin),
            "kind": "said_open" if override.is_open else "said_closed",
            "until": override.ends_at,
            "text": override.message,
        }
        for override in timeline_queries.overrides(session, shop_id, begin, end)
    ]
    return [*corrected, *said]


def _asked(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime, now: dt.datetime
) -> list[Moment]:
    commands = [shown(command, now) for command in commands_between(session, shop_id, begin, end)]
    return [
        {
            "at": command["created_at"],
            "kind": "command",
            "device_id": command["device_id"],
            "text": f"{command['name']}: {command['outcome']}",
        }
        for command in commands
    ]


def _shown(found: Kept) -> dict[str, object]:
    return {
        "promised_from": found.promised[0],
        "promised_to": found.promised[1],
        "opened_at": found.opened_at,
        "closed_at": found.closed_at,
        "minutes_late": found.minutes_late,
        "minutes_early": found.minutes_early,
        "is_known": found.is_known,
    }


def _when(moment: Moment) -> dt.datetime:
    at = moment["at"]
    assert isinstance(at, dt.datetime)
    return at
