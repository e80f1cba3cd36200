"""Messages of a device, valid by default; a test names only what matters."""

import datetime as dt
from typing import Any

from cloud.app.ingest.decode import Received
from wire import topics
from wire.messages import encode

BOOT = 1_795_170_000
NOON_MS = round(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp() * 1000)

Event = dict[str, Any]


def door(sequence: int, is_open: int = 1, at: int | None = NOON_MS, up: int = 60_000) -> Event:
    return {"seq": sequence, "up": up, "at": at, "kind": "door", "open": is_open}


def passage(
    sequence: int, direction: str = "in", at: int | None = NOON_MS, up: int = 60_000
) -> Event:
    event = {"seq": sequence, "up": up, "at": at, "kind": "passage", "sensor": 0}
    return {**event, "direction": direction, "confidence": 95}


def batch(*events: object, boot: int = BOOT, oldest: int = 1) -> bytes:
    payload: bytes = encode({"boot": boot, "oldest": oldest, "events": list(events)})
    return payload


def status(state: str = "online", boot: int = BOOT, **changed: object) -> bytes:
    message: Event = {"state": state, "boot": boot}
    if state == "online":
        message |= {"up": 60_000, "at": NOON_MS, "firmware": "0.1.0", "reset": "power_on"}
        message |= {"heap_free": 84_320, "rssi": -61, "outbox_depth": 0, "outbox_dropped": 0}
    payload: bytes = encode(message | changed)
    return payload


def received(payload: bytes, channel: str = "event", device: str = "d-1") -> Received:
    return Received(topics.topic(device, channel), payload)
