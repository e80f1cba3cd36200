"""How the devices of a shop do, from what they last said and saw."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cloud.app.domain.dating import is_plausible
from cloud.app.domain.device_health import Clock, Health, Sensor, health
from cloud.app.services.mqtt import REFUSED_TOPIC
from cloud.app.store.device_queries import misuses, sights
from cloud.app.store.shops import Device

# how far back a blocked sensor, a calibration or a disagreement is looked for
LOOK_BACK = dt.timedelta(days=3)
MISUSED_WITHIN = dt.timedelta(days=1)
# a board that has just started asks the time server first
CLOCK_SET_WITHIN_MS = 10 * 60 * 1000


def healths(
    session: Session, devices: Sequence[Device], faulty: Mapping[str, str], now: dt.datetime
) -> dict[str, Health]:
    """Return the health of each device, by id. All devices are of one shop; `faulty` says what is
    wrong with their contacts."""
    if not devices:
        return {}
    seen = {row.device_id: row for row in sights(session, devices[0].shop_id, now - LOOK_BACK)}
    misused = misuses(session, devices[0].shop_id, REFUSED_TOPIC, now - MISUSED_WITHIN)
    entries = sum(row.entries for row in seen.values())
    exits = sum(row.exits for row in seen.values())
    found = {}
    for device in devices:
        sensor = _sensor(device, seen.get(device.id), entries, exits, len(seen) < 2)
        refused, rejected = misused.get(device.id, (0, 0))
        fault = faulty.get(device.id)
        known = replace(sensor, refused=refused, rejected=rejected, contact_fault=fault)
        found[device.id] = health(known, now)
    return found


def _sensor(
    device: Device, seen: Row[Any] | None, entries: int, exits: int, is_only_door: bool
) -> Sensor:
    status: Mapping[str, object] = device.status or {}
    depth = status.get("outbox_depth")
    return Sensor(
        is_online=device.is_online,
        seen_at=device.seen_at,
        outbox_depth=depth if isinstance(depth, int) else 0,
        blocked_since=seen.blocked_since if seen else None,
        drift_mm=seen.drift_mm or 0 if seen else 0,
        # who comes by one door and leaves by another is no disagreement: all doors count together
        entries=entries if seen else 0,
        exits=exits if seen else 0,
        is_only_door=is_only_door,
        clock=_clock(device),
    )


def _clock(device: Device) -> Clock:
    status: Mapping[str, object] = device.status or {}
    at_ms, up_ms = status.get("at"), status.get("up")
    if at_ms is None and isinstance(up_ms, int) and up_ms > CLOCK_SET_WITHIN_MS:
        return "unset"
    if isinstance(at_ms, int) and device.status_at is not None:
        heard_ms = round(device.status_at.timestamp() * 1000)
        return "right" if is_plausible(at_ms, heard_ms) else "wrong"
    return "right"
