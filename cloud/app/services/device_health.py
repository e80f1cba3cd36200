"""How the devices of a shop do, from what they last said and saw."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from cloud.app.domain.device_health import Health, Sensor, health
from cloud.app.services.mqtt import REFUSED_TOPIC
from cloud.app.store.device_queries import refusals, sights
from cloud.app.store.shops import Device

# how far back a blocked sensor, a calibration or a disagreement is looked for
LOOK_BACK = dt.timedelta(days=3)
REFUSED_WITHIN = dt.timedelta(days=1)


def healths(session: Session, devices: Sequence[Device], now: dt.datetime) -> dict[str, Health]:
    """Return the health of each device, by id. All devices are of one shop."""
    if not devices:
        return {}
    seen = {row.device_id: row for row in sights(session, devices[0].shop_id, now - LOOK_BACK)}
    refused = refusals(session, devices[0].shop_id, REFUSED_TOPIC, now - REFUSED_WITHIN)
    entries = sum(row.entries for row in seen.values())
    exits = sum(row.exits for row in seen.values())
    return {
        device.id: health(
            replace(
                _sensor(device, seen.get(device.id), entries, exits, len(seen) < 2),
                refused=refused.get(device.id, 0),
            ),
            now,
        )
        for device in devices
    }


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
    )
