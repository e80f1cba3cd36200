"""A day of a shop as its owner looks back on it: door, people, sensors, promised and kept hours."""

import datetime as dt
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.app.domain.kept_hours import DoorChange, Kept, kept, opening_sessions
from cloud.app.services import openings
from cloud.app.services.commands import shown
from cloud.app.services.corrections import corrections
from cloud.app.services.shops import shop_by_id
from cloud.app.store import timeline_queries
from cloud.app.store.device_commands import commands_between
from cloud.app.store.shops import Event, Shop

Span = tuple[dt.datetime, dt.datetime]
Moment = dict[str, object]


def timeline(
    session: Session, shop_id: uuid.UUID, date: dt.date, now: dt.datetime
) -> dict[str, object]:
    """Return everything that is known of a day of the shop's own time."""
    shop = shop_by_id(session, shop_id)
    begin, end = day_of(shop, date)
    events = timeline_queries.moments(session, shop_id, begin, end)
    sessions = opening_sessions(_door_changes(events), min(now, end))
    hours = promised(session, shop, begin, end)
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
        "sessions": [{"opened_at": opened, "closed_at": closed} for opened, closed in sessions],
        "hours": [_shown(found) for found in kept(hours, sessions, now)],
    }


def promised_and_kept(
    session: Session, shop: Shop, date: dt.date, now: dt.datetime
) -> list[dict[str, object]]:
    """Return the promised hours of a day: what became of those that have begun, then the others."""
    begin, end = day_of(shop, date)
    doors = timeline_queries.moments(session, shop.id, begin, end, kinds=("door",))
    sessions = opening_sessions(_door_changes(doors), min(now, end))
    hours = promised(session, shop, begin, end)
    begun = [_shown(found) for found in kept(hours, sessions, now)]
    ahead = [_shown(Kept(span, None, None, 0, 0)) for span in hours if span[0] > now]
    return [*begun, *ahead]


def day_of(shop: Shop, date: dt.date) -> Span:
    """Return when a day of the shop's own time begins and ends."""
    zone = ZoneInfo(shop.time_zone)
    begin = dt.datetime.combine(date, dt.time(), zone)
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), zone)
    return begin.astimezone(dt.UTC), end.astimezone(dt.UTC)


def promised(session: Session, shop: Shop, begin: dt.datetime, end: dt.datetime) -> list[Span]:
    """Return when the shop's hours, and those of single days, promise that it is open."""
    days = openings.exceptions(session, shop.id, begin.date() - dt.timedelta(days=1))
    hours = openings.promised_hours(shop, days)
    return openings.open_spans(hours, shop.time_zone, shop.country, begin, end)


def _door_changes(events: Sequence[Event]) -> list[DoorChange]:
    return [
        DoorChange(event.occurred_at, bool(event.body["open"]), event.site_id)
        for event in events
        if event.kind == "door"
    ]


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
            "at": override.starts_at,
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
    }


def _when(moment: Moment) -> dt.datetime:
    at = moment["at"]
    assert isinstance(at, dt.datetime)
    return at
