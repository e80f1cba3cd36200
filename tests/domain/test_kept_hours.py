"""When the hours said open, and when the door was."""

import datetime as dt

from cloud.app.domain.kept_hours import DoorChange, kept, opening_sessions


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 20, hour, minute, tzinfo=dt.UTC)


NIGHT = at(23)
PROMISED = [(at(9), at(13)), (at(14), at(18))]


def test_a_session_runs_from_opening_to_closing() -> None:
    changes = [DoorChange(at(9), True), DoorChange(at(13), False), DoorChange(at(14), True)]
    assert opening_sessions(changes, at(15)) == [(at(9), at(13)), (at(14), at(15))]


def test_a_door_that_closes_for_a_moment_does_not_end_the_session() -> None:
    changes = [
        DoorChange(at(9), True),
        DoorChange(at(10), False),
        DoorChange(at(10, 5), True),
        DoorChange(at(13), False),
    ]
    assert opening_sessions(changes, NIGHT) == [(at(9), at(13))]


def test_minutes_late_and_early_against_each_promise() -> None:
    sessions = [(at(9, 12), at(13, 2)), (at(13, 55), at(17, 40))]
    first, second = kept(PROMISED, sessions, NIGHT)
    assert (first.minutes_late, first.minutes_early) == (12, 0)
    assert (second.minutes_late, second.minutes_early) == (0, 20)


def test_two_minutes_are_forgiven() -> None:
    (found,) = kept(PROMISED[:1], [(at(9, 2), at(12, 58))], NIGHT)
    assert (found.minutes_late, found.minutes_early) == (0, 0)


def test_a_shop_that_did_not_open_is_late_all_the_time() -> None:
    (found,) = kept(PROMISED[:1], [], NIGHT)
    assert (found.was_open, found.minutes_late) == (False, 240)


def test_a_promise_that_still_runs_is_judged_so_far() -> None:
    (found,) = kept(PROMISED, [(at(9), at(11))], at(11))
    assert (found.minutes_late, found.minutes_early, found.closed_at) == (0, 0, None)
