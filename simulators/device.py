"""A door device played by CPython, for load and for machines without the MicroPython interpreter.

It keeps what the wire demands (numbers without gaps, resending until the cloud has committed), but
no flash: the firmware is tried by the virtual board.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from wire import messages, topics

BATCH = 32
HEARTBEAT_S = 30
RESEND_S = 5.0
TOLD_WITHIN_S = 120.0

Event = dict[str, Any]


@dataclass(frozen=True)
class Credential:
    """Where a device signs in, as the API gave it."""

    host: str
    port: int
    username: str
    password: str


class SimulatedDevice:
    """One device. Its methods are what happens at the door."""

    def __init__(
        self, credential: Credential, *, boot: int | None = None, kept: Sequence[Event] = ()
    ) -> None:
        """`kept` are the events of a boot that began at `boot`, a Unix time in seconds."""
        self._device = credential.username
        self._boot = int(time.time()) if boot is None else boot
        self._started = time.monotonic() - (time.time() - self._boot)
        self._unacknowledged = list(kept)
        self._sequence = len(kept)
        self._lock = threading.Lock()
        self._is_committed = threading.Event()
        self._client = self._make_client(credential)

    def start(self) -> None:
        """Connect, and go on connecting whenever the link is lost."""
        self._client.connect_async(self._credential.host, self._credential.port, keepalive=30)
        self._client.loop_start()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    def close(self) -> None:
        """Leave without a last word, as a board that loses power."""
        self._stopped.set()
        self._client.loop_stop()

    def leave_when_committed(self) -> None:
        """Sign off as soon as the cloud has committed everything. Raises TimeoutError."""
        if not self._is_committed.wait(TOLD_WITHIN_S):
            left = len(self._unacknowledged)
            raise TimeoutError(f"{left} events were not committed within {TOLD_WITHIN_S:.0f} s")
        self._client.disconnect()
        self.close()

    def open_door(self) -> None:
        """Open the door."""
        self._happen("door", open=1)

    def close_door(self) -> None:
        """Close the door."""
        self._happen("door", open=0)

    def walk_in(self) -> None:
        """Let a person in."""
        self._happen("passage", sensor=0, direction="in", confidence=95)

    def walk_out(self) -> None:
        """Let a person out."""
        self._happen("passage", sensor=0, direction="out", confidence=95)

    def _make_client(self, credential: Credential) -> mqtt.Client:
        self._credential = credential
        self._stopped = threading.Event()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=credential.username, clean_session=False
        )
        client.username_pw_set(credential.username, credential.password)
        will = messages.encode({"state": "offline", "boot": self._boot})
        client.will_set(topics.topic(self._device, "status"), will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        return client

    def _happen(self, kind: str, **body: object) -> None:
        with self._lock:
            self._sequence += 1
            self._unacknowledged.append(
                {
                    "seq": self._sequence,
                    "up": self._up_ms(),
                    "at": int(time.time() * 1000),
                    "kind": kind,
                    **body,
                }
            )
        self._send()

    def _send(self) -> None:
        with self._lock:
            events = self._unacknowledged[:BATCH]
        if events:
            batch = {"boot": self._boot, "oldest": events[0]["seq"], "events": events}
            self._client.publish(topics.topic(self._device, "event"), messages.encode(batch), qos=1)

    def _on_connect(self, client: mqtt.Client, *_details: object) -> None:
        client.subscribe([(topics.topic(self._device, channel), 1) for channel in topics.DOWN])
        self._report()
        self._send()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == topics.topic(self._device, "command"):
            self._reply(messages.decode_command(message.payload))
            return
        ack = messages.decode_ack(message.payload)
        with self._lock:
            if ack["boot"] == self._boot:
                self._unacknowledged = [e for e in self._unacknowledged if e["seq"] > ack["seq"]]
            has_more = bool(self._unacknowledged)
        if has_more:
            self._send()
        else:
            self._is_committed.set()

    def _reply(self, command: dict[str, Any]) -> None:
        reply = {"id": command["id"], "ok": 0, "detail": "a simulated board has no hardware"}
        self._client.publish(topics.topic(self._device, "reply"), messages.encode(reply), qos=1)

    def _tick(self) -> None:
        reported = time.monotonic()
        while not self._stopped.wait(RESEND_S):
            self._send()
            if time.monotonic() - reported >= HEARTBEAT_S:
                self._report()
                reported = time.monotonic()

    def _report(self) -> None:
        status = {
            "state": "online",
            "boot": self._boot,
            "up": self._up_ms(),
            "at": int(time.time() * 1000),
            "firmware": "simulated",
            "reset": "power_on",
            "heap_free": 0,
            "rssi": None,
            "outbox_depth": len(self._unacknowledged),
            "outbox_dropped": 0,
            "oldest_boot": self._boot,
        }
        self._client.publish(
            topics.topic(self._device, "status"), messages.encode(status), qos=1, retain=True
        )

    def _up_ms(self) -> int:
        return int((time.monotonic() - self._started) * 1000)
