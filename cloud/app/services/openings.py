"""What a shop says of its opening beside its doors: its hours, and the owner's word."""

import datetime as dt
import functools
import re
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # its stub forgets the errors
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Invalid, NotFound
from cloud.app.domain.openness import Override
from cloud.app.services.hours import checked_hours
from cloud.app.store.openings import OpeningException, OpeningOverride
from cloud.app.store.shops import Shop

OVERRIDE_MAX = dt.timedelta(days=31)
# longer holidays than this are told by the days themselves
CHANGE_WITHIN = dt.timedelta(days=14)
A_DAY = dt.timedelta(days=1)
# what is open for longer after midnight is no evening
NIGHT = dt.timedelta(hours=12)
SHUT = (None, "off", "closed")
# off, or spans of times such as 09:00-12:30,14:00-18:00
DAY_HOURS = re.compile(r"off|closed|[\d:, +-]+")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Span = tuple[dt.datetime, dt.datetime]


def say(
    session: Session,
    shop_id: uuid.UUID,
    *,
    is_open: bool,
    until: dt.datetime,
    message: str | None,
    person_id: uuid.UUID,
    now: dt.datetime,
) -> OpeningOverride:
    """Let the owner's word hold until it ends by itself; it replaces the one before."""
    if not now < until <= now + OVERRIDE_MAX:
        raise Invalid("until", f"a time within {OVERRIDE_MAX.days} days", until.isoformat())
    unsay(session, shop_id, now=now)
    override = OpeningOverride(
        shop_id=shop_id,
        id=uuid.uuid4(),
        is_open=is_open,
        message=message,
        starts_at=now,
        ends_at=until,
        person_id=person_id,
    )
    session.add(override)
    session.flush()
    return override


def unsay(session: Session, shop_id: uuid.UUID, *, now: dt.datetime) -> None:
    """End the owner's word before its time; nothing happens when there is none."""
    session.execute(
        update(OpeningOverride)
        .where(OpeningOverride.shop_id == shop_id, OpeningOverride.ends_at > now)
        .values(ends_at=now)
    )
    ring(session, shop_id)


def current_override(session: Session, shop_id: uuid.UUID, now: dt.datetime) -> Override | None:
    """Return the owner's word that holds now."""
    found = session.scalar(
        select(OpeningOverride)
        .where(OpeningOverride.shop_id == shop_id)
        .where(OpeningOverride.starts_at <= now, OpeningOverride.ends_at > now)
        .order_by(OpeningOverride.starts_at.desc())
        .limit(1)
    )
    if found is None:
        return None
    return Override(found.is_open, found.starts_at, found.ends_at, found.message)


def set_exception(
    session: Session,
    shop_id: uuid.UUID,
    *,
    date: dt.date,
    hours: str | None,
    note: str | None,
    now: dt.datetime,
) -> OpeningException:
    """Give a day hours of its own, such as 10:00-13:00; None is closed all day. Raises Invalid."""
    if date < (first := yesterday(now)):  # the wrong year, around New Year
        raise Invalid("date", f"a day from {first} on", str(date))
    if hours is not None and not _are_hours_of(date, hours):
        raise Invalid("hours", "hours such as 10:00-13:00", repr(hours))
    values = {"hours": hours, "note": note}
    # one statement: of two that are sent at the same moment, the later one holds
    exception = session.scalars(
        insert(OpeningException)
        .values(shop_id=shop_id, date=date, **values)
        .on_conflict_do_update(index_elements=["shop_id", "date"], set_=values)
        .returning(OpeningException),
        execution_options={"populate_existing": True},
    ).one()
    ring(session, shop_id)
    return exception


def yesterday(now: dt.datetime) -> dt.date:
    """Return the earliest day whose hours may still be set: somewhere it is not over yet."""
    return now.date() - dt.timedelta(days=1)


def remove_exception(session: Session, shop_id: uuid.UUID, date: dt.date) -> None:
    """Let a day have the usual hours again. Raises NotFound."""
    exception = session.get(OpeningException, (shop_id, date))
    if exception is None:
        raise NotFound("there are no other hours on this day")
    session.delete(exception)
    session.flush()
    ring(session, shop_id)


def exceptions(session: Session, shop_id: uuid.UUID, first: dt.date) -> Sequence[OpeningException]:
    """Return the days with hours of their own from `first` on, in order."""
    return session.scalars(
        select(OpeningException)
        .where(OpeningException.shop_id == shop_id, OpeningException.date >= first)
        .order_by(OpeningException.date)
    ).all()


def promised_hours(shop: Shop, days: Sequence[OpeningException]) -> str | None:
    """Return the shop's hours with the days that have others, as one OSM string.

    A rule for a date is one for its 24 hours, but an owner means the evening that begins then: it
    keeps the end of the evening before, and takes its own from the day after.
    """
    if not days:
        return shop.opening_hours
    usual = shop.opening_hours or "off"
    said = {day.date: _rule(day.date, day.hours) for day in days}
    rules = []
    for day in days:
        before, after = day.date - A_DAY, day.date + A_DAY
        night = _night(shop, said.get(before, usual), before)
        own = [] if day.hours in SHUT else [str(day.hours)]
        rules.append(_rule(day.date, ",".join(night + own)))
        nights = _night(shop, said[day.date], day.date), _night(shop, usual, day.date)
        if after not in said and any(nights):
            rules.append(_rule(after, ",".join(nights[0] + _times(shop, usual, after))))
    return "; ".join([usual, *rules])


def says_open(hours: str | None, time_zone: str, country: str, now: dt.datetime) -> bool | None:
    """Tell whether OSM opening hours mean open at `now`; None when they do not say."""
    parsed = parse(hours, time_zone, country) if hours else None
    if parsed is None:
        return None
    state, _ = parsed.state(now.astimezone(ZoneInfo(time_zone)))
    return {State.OPEN: True, State.CLOSED: False}.get(state)


def open_spans(
    hours: str | None, time_zone: str, country: str, begin: dt.datetime, end: dt.datetime
) -> list[Span]:
    """Return when OSM opening hours mean open between two times."""
    parsed = parse(hours, time_zone, country) if hours else None
    if parsed is None:
        return []
    zone = ZoneInfo(time_zone)
    intervals = parsed.intervals(begin.astimezone(zone), end.astimezone(zone))
    return [(start, stop) for start, stop, state, _ in intervals if state == State.OPEN]


def next_change(
    hours: str | None, time_zone: str, country: str, now: dt.datetime
) -> tuple[bool, dt.datetime] | None:
    """Return whether OSM opening hours open or close next, and when; None when they do neither
    within `CHANGE_WITHIN`."""
    end = now + CHANGE_WITHIN
    for start, stop in open_spans(hours, time_zone, country, now, end):
        if start > now:
            return True, start
        return (False, stop) if stop < end else None
    return None


@functools.lru_cache(maxsize=1000)
def parse(hours: str, time_zone: str, country: str) -> OpeningHours | None:
    """Return OSM opening hours as an object; None when they cannot be read."""
    # not every country's calendar of public holidays is known
    for calendar in (country, None):
        try:
            return OpeningHours(hours, timezone=ZoneInfo(time_zone), country=calendar)
        except UnknownCountryError:
            continue
        except ParserError:
            return None
    return None


def ring(session: Session, shop_id: uuid.UUID) -> None:
    """Tell whoever listens to look at all of the shop again, when this commits."""
    session.execute(text("SELECT pg_notify('shop', :shop_id)"), {"shop_id": str(shop_id)})


def _are_hours_of(date: dt.date, text: str) -> bool:
    # a rule for other days, such as "Mo 10:00-12:00", could be read and would leave this one closed
    if DAY_HOURS.fullmatch(text) is None:
        return False
    try:
        checked_hours(_rule(date, text))
    except Invalid:
        return False
    return True


def _night(shop: Shop, hours: str, date: dt.date) -> list[str]:
    """Return the time after midnight to which a day's last evening runs, if it does."""
    midnight = dt.datetime.combine(date + A_DAY, dt.time(), ZoneInfo(shop.time_zone))
    stops = [stop for _, stop in _begun_on(shop, hours, date) if stop > midnight]
    return [f"00:00-{stop:%H:%M}" for stop in stops if stop <= midnight + NIGHT]


def _times(shop: Shop, hours: str, date: dt.date) -> list[str]:
    return [f"{start:%H:%M}-{stop:%H:%M}" for start, stop in _begun_on(shop, hours, date)]


def _begun_on(shop: Shop, hours: str, date: dt.date) -> list[Span]:
    begin = dt.datetime.combine(date - A_DAY, dt.time(), ZoneInfo(shop.time_zone))
    spans = open_spans(hours, shop.time_zone, shop.country, begin, begin + 3 * A_DAY)
    return [span for span in spans if span[0].date() == date]


def _rule(date: dt.date, hours: str | None) -> str:
    return f"{date.year} {MONTHS[date.month - 1]} {date.day:02} {hours or 'off'}"
