"""How a sensor does, and what to do about it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from cloud.app.domain.openness import STALE_AFTER
from cloud.app.domain.said import Said, Value

Condition = Literal[
    "new", "online", "late", "silent", "offline", "blocked", "contact", "drifting",
    "disagreeing", "misdated", "unreadable", "trespassing",
]  # fmt: skip

Clock = Literal["right", "wrong", "unset"]

LATE_AFTER = dt.timedelta(seconds=90)
BLOCKED_AFTER = dt.timedelta(minutes=2)
# events that wait on the device although it is connected
BACKLOG = 50
# the distance to the other side of the door, from one calibration to the next
DRIFT_MM = 100
# a door may lose one passage in twenty; fewer people say nothing
DISAGREEMENT = 0.2
PASSAGES_MIN = 40


# what to do, one code a sentence, for clients in other languages
ADVICE = (
    "unheard", "offline", "silent", "late", "blocked", "chattering", "stuck", "drifting",
    "more_in", "more_out", "more_in_all", "more_out_all", "clock_unset", "clock_wrong", "unusable",
    "refused",
)  # fmt: skip

_CONTACT_ADVICE = {
    "chattering": "Door contact: it flutters. Tighten its screws, and see that its magnet passes at"
    " most 1 cm from it.",
    "stuck": "Door contact: it says closed while people walk through. See that its magnet moves"
    " with the door.",
}


@dataclass(frozen=True)
class Sensor:
    """What is known of a device. `entries` and `exits` are of the last days, through its door."""

    is_online: bool
    seen_at: dt.datetime | None
    outbox_depth: int = 0
    blocked_since: dt.datetime | None = None
    contact_fault: str | None = None
    drift_mm: int = 0
    entries: int = 0
    exits: int = 0
    is_only_door: bool = True
    # how often the broker refused it what is not its own, in the last day
    refused: int = 0
    # how much it sent in the last day that could not be used
    rejected: int = 0
    clock: Clock = "right"


@dataclass(frozen=True)
class Health:
    """A condition, and the sentence that says what to do; None when all is well."""

    condition: Condition
    said: Said | None = None

    @property
    def advice(self) -> str | None:
        """What to do, in English."""
        return self.said.text if self.said else None


def health(sensor: Sensor, now: dt.datetime) -> Health:
    """Return what is most wrong with a sensor."""
    return (
        _of_trust(sensor) or _of_link(sensor, now) or _of_sight(sensor, now) or _of_reports(sensor)
    )


def doors_disagree(entries: int, exits: int) -> bool:
    """Tell whether more people came than went, or the other way round, than a sensor may miss."""
    total = entries + exits
    return total >= PASSAGES_MIN and abs(entries - exits) > DISAGREEMENT * total


def worst(conditions: Collection[Condition]) -> Condition | None:
    """Return the condition to speak of first."""
    order: tuple[Condition, ...] = (
        "trespassing", "offline", "silent", "new", "blocked", "contact", "late", "drifting",
        "disagreeing", "misdated", "unreadable", "online",
    )  # fmt: skip
    return next((condition for condition in order if condition in conditions), None)


def _of_trust(sensor: Sensor) -> Health | None:
    if not sensor.refused:
        return None
    times = "once" if sensor.refused == 1 else f"{sensor.refused} times"
    return _told(
        "trespassing",
        "refused",
        f"Refused {times} in the last day: it tried to use the channel of another board."
        " Somebody may have its password: give it a new one, or throw it out.",
        times=sensor.refused,
    )


def _of_link(sensor: Sensor, now: dt.datetime) -> Health | None:
    if sensor.seen_at is None:
        return _told("new", "unheard", "Never heard of: check its power and its Wi-Fi.")
    if not sensor.is_online:
        return _told("offline", "offline", "Offline: check its power and the shop's Wi-Fi.")
    silence = now - sensor.seen_at
    if silence > STALE_AFTER:
        minutes = int(silence.total_seconds() // 60)
        return _told(
            "silent",
            "silent",
            f"Silent for {minutes} minutes: unplug it, wait ten seconds, plug it in again.",
            minutes=minutes,
        )
    if silence > LATE_AFTER or sensor.outbox_depth > BACKLOG:
        return _told(
            "late",
            "late",
            "Late: its reports come slowly. Move it or the Wi-Fi router closer together.",
        )
    return None


def _of_sight(sensor: Sensor, now: dt.datetime) -> Health | None:
    if sensor.blocked_since is not None and now - sensor.blocked_since > BLOCKED_AFTER:
        return _told(
            "blocked",
            "blocked",
            "Blocked: something stands in front of it. Clear the way, then wipe it.",
        )
    if sensor.contact_fault is not None:
        return _told("contact", sensor.contact_fault, _CONTACT_ADVICE[sensor.contact_fault])
    if abs(sensor.drift_mm) > DRIFT_MM:
        distance_cm = abs(sensor.drift_mm) // 10
        return _told(
            "drifting",
            "drifting",
            f"Drifting: it sees the other side {distance_cm} cm from where it was."
            " Check that it sits firmly, wipe it, and calibrate it anew.",
            distance_cm=distance_cm,
        )
    if doors_disagree(sensor.entries, sensor.exits):
        return _of_disagreement(sensor)
    return None


def _of_disagreement(sensor: Sensor) -> Health:
    way, more = "more_out", "left than came in"
    if sensor.entries > sensor.exits:
        way, more = "more_in", "came in than left"
    where = "" if sensor.is_only_door else " through all doors"
    return _told(
        "disagreeing",
        way if sensor.is_only_door else f"{way}_all",
        f"Disagreeing: many more people {more}{where} in the last days. Check that it looks"
        " across the whole door, and that its direction is set right.",
    )


def _of_reports(sensor: Sensor) -> Health:
    if sensor.clock != "right":
        how = "not set" if sensor.clock == "unset" else "wrong"
        return _told(
            "misdated",
            f"clock_{sensor.clock}",
            f"Its clock is {how}: what it sees is dated"
            " when it arrives. Check that the shop's network lets it reach a time server, then"
            " restart it.",
        )
    if sensor.rejected:
        what = "message" if sensor.rejected == 1 else "messages"
        return _told(
            "unreadable",
            "unusable",
            f"{sensor.rejected} {what} of the last day could not be used; what they say is kept."
            " Give it the newest firmware, or set it up anew.",
            messages=sensor.rejected,
        )
    return Health("online")


def _told(condition: Condition, code: str, text: str, **values: Value) -> Health:
    return Health(condition, Said(code, values, text))
