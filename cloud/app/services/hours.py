"""Opening hours: OSM strings checked, and written out for people."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined] # its stub forgets the errors
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

from cloud.app.domain.errors import Invalid


def checked_hours(text: str) -> str:
    """Return an OSM opening_hours string as it is. Raises Invalid."""
    try:
        OpeningHours(text)
    except ParserError:
        raise Invalid(
            "opening_hours", "OSM opening hours such as Mo-Fr 09:00-18:00", repr(text[:60])
        ) from None
    return text


def week(
    text: str, time_zone: str, country: str, now: dt.datetime
) -> list[tuple[dt.date, list[str]]]:
    """Return the open times of today and the six days after, such as 09:00–18:00."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    spans = _open_spans(text, zone, country, today)
    days = [today + dt.timedelta(days=number) for number in range(7)]
    return [(day, list(_times_on(day, zone, spans))) for day in days]


Span = tuple[dt.datetime, dt.datetime]


def _open_spans(text: str, zone: ZoneInfo, country: str, today: dt.date) -> list[Span]:
    # from yesterday on: what began then and ends at two in the morning belongs to yesterday
    begin = dt.datetime.combine(today, dt.time(), zone) - dt.timedelta(days=1)
    intervals = _parsed(text, zone, country).intervals(begin, begin + dt.timedelta(days=9))
    return [(start, end) for start, end, state, _ in intervals if state == State.OPEN]


def _parsed(text: str, zone: ZoneInfo, country: str) -> OpeningHours:
    try:
        return OpeningHours(text, timezone=zone, country=country)
    except UnknownCountryError:  # not every country's public holidays are known
        return OpeningHours(text, timezone=zone)


def _times_on(day: dt.date, zone: ZoneInfo, spans: list[Span]) -> Iterator[str]:
    midnight = dt.datetime.combine(day, dt.time(), zone)
    next_midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    for start, end in spans:
        if start <= midnight and end >= next_midnight:
            yield "all day"
        elif midnight <= start < next_midnight:
            yield f"{start:%H:%M}–{end:%H:%M}"
