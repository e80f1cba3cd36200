"""Clients that try what they may do at a real broker."""

import queue
import uuid
from types import TracebackType

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cloud.app.jobs.broker import INGEST, BrokerFolder
from tests.waiting import WITHIN_S


class Visitor:
    """One connection; `reason` is what the broker said to it."""

    def __init__(
        self, folder: BrokerFolder, username: str, password: str, client_id: str | None = None
    ) -> None:
        self._said: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._granted: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._messages: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id or username or "anonymous",
            reconnect_on_failure=False,
        )
        if username:
            self._client.username_pw_set(username, password)
        self._client.on_connect = lambda *a: self._said.put(not a[3].is_failure)
        self._client.on_subscribe = lambda *a: self._granted.put(not a[3][0].is_failure)
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = lambda _c, _d, m: self._messages.put((m.topic, m.payload))
        self._client.connect(folder.host, folder.port)
        self._client.loop_start()
        self.is_welcome = self._said.get(timeout=WITHIN_S)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def may_subscribe(self, filter_: str) -> bool:
        self._client.subscribe(filter_, qos=1)
        return self._granted.get(timeout=WITHIN_S)

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WITHIN_S)

    def next_message(self) -> tuple[str, bytes]:
        return self._messages.get(timeout=WITHIN_S)

    def wait_until_ended(self) -> None:
        self._ended.get(timeout=WITHIN_S)

    def _on_disconnect(self, *_details: object) -> None:
        # a client without a name is not even answered
        self._said.put(False)
        self._ended.put(None)


def ingest(folder: BrokerFolder) -> Visitor:
    """The ingest's own credential, under another client id."""
    password = folder.secret_file(INGEST).read_text()
    return Visitor(folder, INGEST, password, f"test-{uuid.uuid4().hex[:8]}")


def is_welcome(folder: BrokerFolder, username: str, password: str) -> bool:
    """Tell whether the broker lets somebody in."""
    with Visitor(folder, username, password) as visitor:
        return visitor.is_welcome
