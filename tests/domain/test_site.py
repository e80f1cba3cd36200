"""A site's live state: moved on by news, never back by what was overtaken."""

import datetime as dt
import itertools
import uuid

from cloud.app.domain.site import Site, SiteEvent

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def at(minute: float) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minute)


def event(
    sequence: int, kind: str, minute: float, device: str = "d-1", boot: int = 1, **body: object
) -> SiteEvent:
    return SiteEvent(device, boot, sequence, kind, at(minute), body)


def passage(sequence: int, direction: str, minute: float) -> SiteEvent:
    return event(sequence, "passage", minute, direction=direction)


def site(*events: SiteEvent) -> Site:
    found = Site(uuid.UUID(int=1), uuid.UUID(int=2))
    for one in events:
        found.apply(one)
    return found


def test_a_door_opens_and_closes() -> None:
    assert site(event(1, "door", 0, open=1)).is_open is True
    closed = site(event(1, "door", 0, open=1), event(2, "door", 5, open=0))
    assert (closed.is_open, closed.door_changed_at) == (False, at(5))


def test_a_repeated_state_keeps_the_time_of_the_change() -> None:
    found = site(event(1, "door", 0, open=1), event(2, "door", 5, open=1))
    assert (found.door_changed_at, found.door_sequence) == (at(0), 2)


def test_an_overtaken_door_event_changes_nothing() -> None:
    found = site(event(7, "door", 5, open=1), event(6, "door", 4, open=0))
    assert (found.is_open, found.door_changed_at) == (True, at(5))


def test_an_older_boot_changes_nothing_even_with_a_higher_number() -> None:
    found = site(event(2, "door", 5, boot=9, open=1), event(50, "door", 6, boot=8, open=0))
    assert found.is_open is True


def test_another_device_at_the_door_is_believed_when_it_speaks_later() -> None:
    old = event(50, "door", 5, open=1)
    assert site(old, event(1, "door", 6, device="d-2", open=0)).is_open is False
    assert site(old, event(1, "door", 4, device="d-2", open=0)).is_open is True


def test_passages_are_counted_in_any_order() -> None:
    events = [
        passage(1, "in", 0),
        passage(2, "in", 1),
        passage(3, "out", 2),
        event(4, "ambiguous_passage", 3),
    ]
    for order in itertools.permutations(events):
        found = site(*order)
        assert (found.entries, found.exits, found.ambiguous) == (2, 1, 1)


def test_passages_before_the_count_was_zeroed_do_not_count() -> None:
    found = site(event(9, "zeroed", 10, count=3), passage(8, "in", 9), passage(10, "in", 11))
    assert found.entries == 1
    assert found.needs_recount is True


def test_an_earlier_zeroing_that_arrives_late_changes_nothing() -> None:
    found = site(event(9, "zeroed", 10, count=3), event(2, "zeroed", 2, count=1))
    assert found.counted_since == at(10)
