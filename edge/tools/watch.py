"""A device's messages as they pass the broker."""

import queue
from collections.abc import Iterator

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from wire import topics


def messages_of(
    device: str,
    host: str,
    port: int,
    credential: tuple[str | None, str | None] = (None, None),
    ca: str | None = None,
    count: int = 0,
) -> Iterator[str]:
    """Yield "channel payload" of each message; end after `count` when it is not 0."""
    arrived: queue.Queue[str] = queue.Queue()

    def on_connect(client: mqtt.Client, *_: object) -> None:
        for channel in topics.UP + topics.DOWN:
            client.subscribe(topics.topic(device, channel), qos=1)

    def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        _, channel = topics.parse(message.topic)
        arrived.put(f"{channel:8}{message.payload.decode(errors='replace')}")

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if credential[0]:
        client.username_pw_set(*credential)
    if ca:
        client.tls_set(ca)
    client.on_connect, client.on_message = on_connect, on_message
    client.connect(host, port)
    client.loop_start()
    try:
        seen = 0
        while not count or seen < count:
            yield arrived.get()
            seen += 1
    finally:
        client.disconnect()
        client.loop_stop()
