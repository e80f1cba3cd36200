"""What is most wrong with a sensor, and what to do."""

import datetime as dt
from dataclasses import replace

import pytest

from cloud.app.domain.device_health import ADVICE, Condition, Sensor, doors_disagree, health

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
WELL = Sensor(is_online=True, seen_at=NOW)


def minutes_ago(minutes: float) -> dt.datetime:
    return NOW - dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("sensor", "condition", "advice"),
    [
        (WELL, "online", None),
        (replace(WELL, seen_at=None), "new", "Never heard of"),
        (replace(WELL, is_online=False), "offline", "Offline: check its power"),
        (replace(WELL, seen_at=minutes_ago(2)), "late", "Late"),
        (replace(WELL, outbox_depth=51), "late", "Late"),
        (replace(WELL, seen_at=minutes_ago(7)), "silent", "Silent for 7 minutes: unplug it"),
        (replace(WELL, blocked_since=minutes_ago(3)), "blocked", "Blocked"),
        (replace(WELL, blocked_since=minutes_ago(1)), "online", None),
        (replace(WELL, contact_fault="chattering"), "contact", "Door contact: it flutters"),
        (replace(WELL, contact_fault="stuck"), "contact", "Door contact: it says closed"),
        (replace(WELL, drift_mm=-180), "drifting", "Drifting: it sees the other side 18 cm"),
        (replace(WELL, entries=50, exits=20), "disagreeing", "Disagreeing: many more people came"),
        (
            replace(WELL, clock="wrong"),
            "misdated",
            "Its clock is wrong: what it sees is dated when",
        ),
        (replace(WELL, clock="unset"), "misdated", "Its clock is not set"),
        (replace(WELL, rejected=1), "unreadable", "1 message of the last day could not be used"),
        (replace(WELL, rejected=7), "unreadable", "7 messages of the last day"),
        (replace(WELL, refused=3), "trespassing", "Refused 3 times in the last day: it tried"),
        (replace(WELL, refused=1, seen_at=None), "trespassing", "Refused once"),
        (replace(WELL, entries=20, exits=50), "disagreeing", "Disagreeing: many more people left"),
    ],
)
def test_a_condition_says_what_to_do(
    sensor: Sensor, condition: Condition, advice: str | None
) -> None:
    found = health(sensor, NOW)
    assert found.condition == condition
    assert (found.advice is None) == (advice is None)
    assert (found.advice or "").startswith(advice or "")


def test_every_code_for_other_languages_is_said_by_a_condition() -> None:
    both_doors = replace(WELL, is_only_door=False)
    troubled = [
        replace(WELL, seen_at=None),
        replace(WELL, is_online=False),
        replace(WELL, seen_at=minutes_ago(7)),
        replace(WELL, outbox_depth=51),
        replace(WELL, blocked_since=minutes_ago(3)),
        replace(WELL, contact_fault="chattering"),
        replace(WELL, contact_fault="stuck"),
        replace(WELL, drift_mm=-180),
        replace(WELL, entries=50, exits=20),
        replace(WELL, entries=20, exits=50),
        replace(both_doors, entries=50, exits=20),
        replace(both_doors, entries=20, exits=50),
        replace(WELL, clock="unset"),
        replace(WELL, clock="wrong"),
        replace(WELL, rejected=7),
        replace(WELL, refused=3),
    ]
    said = [health(sensor, NOW).said for sensor in troubled]
    assert tuple(one.code for one in said if one) == ADVICE
    values = {one.code: one.values for one in said if one and one.values}
    assert values == {
        "silent": {"minutes": 7},
        "drifting": {"distance_cm": 18},
        "unusable": {"messages": 7},
        "refused": {"times": 3},
    }


def test_silence_is_spoken_of_before_what_the_sensor_saw() -> None:
    sensor = replace(WELL, seen_at=minutes_ago(9), blocked_since=minutes_ago(30), drift_mm=500)
    assert health(sensor, NOW).condition == "silent"


def test_few_people_say_nothing_about_disagreement() -> None:
    assert not doors_disagree(30, 5)
    assert not doors_disagree(52, 48)
    assert doors_disagree(70, 30)
