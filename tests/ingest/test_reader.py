"""The connection to the broker goes on whatever a callback does."""

import queue
import socket
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from cloud.app.ingest import reader
from cloud.app.ingest.reader import ReadingAhead
from tests.waiting import WITHIN_S

CONNACK = b"\x20\x02\x00\x00"


def publish(topic: str, message_id: int) -> bytes:
    """Return a PUBLISH of QoS 1 without a payload."""
    body = b"\x00\x01" + topic.encode() + bytes((0, message_id))
    return bytes((0x32, len(body))) + body


@pytest.fixture
def broker() -> Iterator[socket.socket]:
    """A server that the test answers for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WITHIN_S)
        yield server


def test_an_exception_in_a_callback_ends_neither_the_loop_nor_what_follows(
    broker: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "RETRY_AFTER_S", 0)
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        heard.put(message.topic)
        if message.topic == "a":
            raise ZeroDivisionError

    client = ReadingAhead(CallbackAPIVersion.VERSION2, "worker", clean_session=False)
    client.reconnect_delay_set(min_delay=0, max_delay=0)
    client.on_message = on_message
    client.connect_async("127.0.0.1", broker.getsockname()[1])
    client.loop_start()
    try:
        # the callback raises at the first; the broker has both again for the next connection
        for first, messages in (("a", publish("a", 1) + publish("b", 2)), ("b", publish("b", 2))):
            connection, _ = broker.accept()
            with connection:
                assert connection.recv(1000)
                connection.sendall(CONNACK + messages)
                assert heard.get(timeout=WITHIN_S) == first
    finally:
        client.disconnect()
        client.loop_stop()
    assert heard.empty()
