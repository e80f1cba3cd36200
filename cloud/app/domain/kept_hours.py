"""Promised against kept: when the hours said open, and when the door was."""

import datetime as dt
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[dt.datetime, dt.datetime]

# A door that closes for less is a customer or a delivery, not the end of the day.
PAUSE = dt.timedelta(minutes=10)
# nobody is called late for less
TOLERANCE = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class DoorChange:
    """The contact of a site's door opened or closed."""

    at: dt.datetime
    is_open: bool
    site_id: uuid.UUID | None = None
    # the start of the board that told, to know that it was awake between two changes
    boot: tuple[str, int] | None = None


@dataclass(frozen=True)
class Kept:
    """One promised span, and what became of it; the minutes are 0 where it was kept, and where it
    is not known whether it was."""

    promised: Span
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    minutes_late: int
    minutes_early: int
    is_known: bool = True

    @property
    def was_open(self) -> bool:
        """Tell whether the door was open at all."""
        return self.opened_at is not None


def opening_sessions(changes: Iterable[DoorChange], now: dt.datetime) -> list[Span]:
    """Return when any door was open, in order; one that is still open ends now."""
    sessions: list[Span] = []
    opened_at: dt.datetime | None = None
    open_sites: set[uuid.UUID | None] = set()
    for change in sorted(changes, key=lambda change: change.at):
        if change.is_open:
            open_sites.add(change.site_id)
            opened_at = opened_at or change.at
            continue
        open_sites.discard(change.site_id)
        if not open_sites and opened_at is not None:
            sessions.append((opened_at, change.at))
            opened_at = None
    if opened_at is not None:
        sessions.append((opened_at, now))
    return _joined(sessions)


def during(changes: Sequence[DoorChange], begin: dt.datetime, end: dt.datetime) -> list[DoorChange]:
    """Return the changes between two times, of changes in order."""
    first, last = (bisect_left(changes, at, key=lambda change: change.at) for at in (begin, end))
    return list(changes[first:last])


def standing(changes: Iterable[DoorChange], at: dt.datetime) -> list[DoorChange]:
    """Return how each door stood at a time, as far as changes in order tell."""
    last = {change.site_id: change.is_open for change in changes if change.at < at}
    return [DoorChange(at, is_open, site_id) for site_id, is_open in last.items()]


def was_heard(changes: Sequence[DoorChange], begin: dt.datetime, end: dt.datetime) -> bool:
    """Tell whether a door spoke between two times, or did not move while its board was awake."""
    if during(changes, begin, end):
        return True
    before = {change.boot for change in changes if change.at < begin}
    after = {change.boot for change in changes if change.at >= end}
    return bool((before & after) - {None})


def kept(promised: Sequence[Span], sessions: Sequence[Span], now: dt.datetime) -> list[Kept]:
    """Compare each promised span that has begun with the sessions that touch it."""
    return [_kept(span, sessions, now) for span in promised if span[0] <= now]


def _kept(span: Span, sessions: Sequence[Span], now: dt.datetime) -> Kept:
    begin, end = span
    # the last moment that can be judged
    until = min(end, now)
    touching = [s for s in sessions if s[0] < end and s[1] > begin]
    if not touching:
        return Kept(span, None, None, _minutes(until - begin), 0)
    opened_at, closed_at = touching[0][0], touching[-1][1]
    late = _minutes(opened_at - begin)
    # what is still open has not closed, and what may still open has not closed early
    early = _minutes(end - closed_at) if end <= now else 0
    return Kept(span, opened_at, None if closed_at >= now else closed_at, late, early)


def _minutes(duration: dt.timedelta) -> int:
    return int(duration.total_seconds() // 60) if duration > TOLERANCE else 0


def _joined(sessions: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for begin, end in sessions:
        if joined and begin - joined[-1][1] < PAUSE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined
