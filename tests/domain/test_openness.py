"""Open or closed, and who says so."""

import datetime as dt
import uuid

import pytest

from cloud.app.domain.openness import (
    STALE_AFTER,
    Door,
    Openness,
    Override,
    is_fresh,
    last_closed,
    openness,
)

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
NINE = NOW - dt.timedelta(hours=3)
TEN = NOW - dt.timedelta(hours=2)


def test_a_fresh_door_beats_the_hours() -> None:
    assert openness([Door(True, NINE, True)], False) == Openness(True, NINE, "door")
    assert openness([Door(False, NINE, True)], True) == Openness(False, NINE, "door")


def test_one_open_door_is_enough() -> None:
    doors = [Door(False, TEN, True), Door(True, NINE, True)]
    assert openness(doors, False) == Openness(True, NINE, "door")


def test_closed_since_the_last_door_closed() -> None:
    doors = [Door(False, NINE, True), Door(False, TEN, True)]
    assert openness(doors, True) == Openness(False, TEN, "door")


def test_a_stale_sensor_falls_back_to_the_hours() -> None:
    assert openness([Door(True, NINE, False)], False) == Openness(False, None, "hours")


def test_closed_is_not_claimed_while_one_door_is_silent() -> None:
    doors = [Door(False, NINE, True), Door(True, NINE, False)]
    assert openness(doors, True) == Openness(True, None, "hours")


def test_without_doors_and_hours_nothing_is_claimed() -> None:
    assert openness([], None) == Openness(None, None, "unknown")


def test_a_device_is_fresh_while_it_is_online_and_was_heard_lately() -> None:
    assert is_fresh(True, NOW - STALE_AFTER, NOW)
    assert not is_fresh(True, NOW - STALE_AFTER - dt.timedelta(seconds=1), NOW)
    assert not is_fresh(False, NOW, NOW)
    assert not is_fresh(True, None, NOW)


def test_the_owner_s_word_beats_door_and_hours() -> None:
    word = Override(False, TEN, NOW, "back in 15 minutes")
    found = openness([Door(True, NINE, True)], True, word)
    assert found == Openness(False, TEN, "override", NOW, "back in 15 minutes")


FRONT, BACK = uuid.UUID(int=1), uuid.UUID(int=2)


def moves(text: str) -> list[tuple[uuid.UUID, dt.datetime, bool]]:
    """Read moves such as "08:00 front opens": the hour may go beyond a day."""
    midnight = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    words = [move.split() for move in text.split(", ")]
    return [
        (
            FRONT if door == "front" else BACK,
            midnight + dt.timedelta(hours=int(time[:2]), minutes=int(time[3:])),
            verb == "opens",
        )
        for time, door, verb in words
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:00 front opens, 18:00 front closes, 32:00 front opens", "18:00"),
        ("18:00 front closes, 18:05 front closes, 18:16 front opens", "18:00"),
        ("18:00 front closes, 32:00 front opens, 40:00 front closes", "18:00"),
        ("08:00 front opens, 12:00 front closes, 12:14 front opens", None),
        ("08:00 front opens, 12:00 back closes, 14:00 back opens", None),
        (
            "08:00 front opens, 09:00 back opens, 12:00 front closes, 18:00 back closes, "
            "32:00 front opens",
            "18:00",
        ),
        ("08:00 front opens", None),
        ("18:00 front closes", None),
    ],
)
def test_a_shop_was_closed_when_no_door_was_open_for_long(text: str, expected: str | None) -> None:
    found = last_closed(moves(text), dt.timedelta(minutes=15))
    assert (found and f"{found:%H:%M}") == expected
