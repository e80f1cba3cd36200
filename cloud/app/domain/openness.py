"""Is the shop open: what its doors say while their sensors live, else what its hours say."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Source = Literal["override", "door", "hours", "unknown"]

# A device reports every half minute. Ten reports missing, and what it said is history.
STALE_AFTER = dt.timedelta(minutes=5)
# No evening is so long: the contact is stuck, or its magnet has fallen off.
LEFT_OPEN_AFTER = dt.timedelta(days=1)


@dataclass(frozen=True)
class Door:
    """What a site's contact said last, and whether its device still lives."""

    is_open: bool
    changed_at: dt.datetime | None
    is_fresh: bool


@dataclass(frozen=True)
class Openness:
    """Open or closed, since when, and who says so; an override also says until when, and why."""

    is_open: bool | None
    since: dt.datetime | None
    source: Source
    until: dt.datetime | None = None
    message: str | None = None


def is_fresh(is_online: bool, seen_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Tell whether what a device said last still holds."""
    return is_online and seen_at is not None and now - seen_at <= STALE_AFTER


@dataclass(frozen=True)
class Override:
    """The owner's word, which holds until it ends by itself."""

    is_open: bool
    starts_at: dt.datetime
    ends_at: dt.datetime
    message: str | None = None


def openness(
    doors: Sequence[Door], hours_say_open: bool | None, override: Override | None = None
) -> Openness:
    """Judge by the owner's word, else by the doors: one open door is enough, but closed needs every
    door to say so."""
    if override is not None:
        return Openness(
            override.is_open, override.starts_at, "override", override.ends_at, override.message
        )
    is_open = [door for door in doors if door.is_fresh and door.is_open]
    if is_open:
        return Openness(True, min(_changes(is_open), default=None), "door")
    if doors and all(door.is_fresh for door in doors):
        return Openness(False, max(_changes(doors), default=None), "door")
    if hours_say_open is None:
        return Openness(None, None, "unknown")
    return Openness(hours_say_open, None, "hours")


def doubt_left_open(doors: Sequence[Door], now: dt.datetime) -> list[Door]:
    """Believe no door that stands open for a day: for the time in which the hours say closed."""
    return [
        replace(door, is_fresh=door.is_fresh and not _is_left_open(door, now)) for door in doors
    ]


def last_closed(
    moves: Iterable[tuple[uuid.UUID, dt.datetime, bool]], for_long: dt.timedelta
) -> dt.datetime | None:
    """Return when every door was closed for long the last time before one opened again.

    A move is (site, time, is open), in order. A door that has not moved yet counts as closed.
    """
    is_open: set[uuid.UUID] = set()
    closed_at = found = None
    for site_id, at, opens in moves:
        if not opens:
            is_open.discard(site_id)
            closed_at = closed_at if is_open else closed_at or at
            continue
        if closed_at is not None and at - closed_at >= for_long:
            found = closed_at
        is_open.add(site_id)
        closed_at = None
    return found


def _is_left_open(door: Door, now: dt.datetime) -> bool:
    if not door.is_open or door.changed_at is None:
        return False
    return now - door.changed_at > LEFT_OPEN_AFTER


def _changes(doors: Sequence[Door]) -> list[dt.datetime]:
    return [door.changed_at for door in doors if door.changed_at is not None]
