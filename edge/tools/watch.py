"""A device's messages as they pass the broker."""

import queue
from collections.abc import Iterator

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from wire import topics


def messages_of(
    device: str,
    host: str,
    port: int,
    credential: tuple[str | None, str | None] = (None, None),
    ca: str | None = None,
    count: int = 0,
) -> Iterator[str]:
    """Yield "channel payload" of each message; end after `count` when it is not 0.

    Raise OSError when there is no broker, or it does not let us in.
    """
    arrived: queue.Queue[str | OSError] = queue.Queue()

    def on_connect(
        client: mqtt.Client, _: object, __: object, reason: ReasonCode, ___: object
    ) -> None:
        if reason.is_failure:
            arrived.put(OSError(f"{reason}"))
        for channel in topics.UP + topics.DOWN:
            client.subscribe(topics.topic(device, channel), qos=1)

    def on_subscribe(
        _: mqtt.Client, __: object, ___: int, reasons: list[ReasonCode], ____: object
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            arrived.put(OSError(f"a credential that may not read {device}'s messages"))

    def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        _, channel = topics.parse(message.topic)
        arrived.put(f"{channel:8}{message.payload.decode(errors='replace')}")

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if credential[0]:
        client.username_pw_set(*credential)
    if ca:
        client.tls_set(ca)
    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    client.connect(host, port)
    client.loop_start()
    try:
        seen = 0
        while not count or seen < count:
            text = arrived.get()
            if isinstance(text, OSError):
                raise text
            yield text
            seen += 1
    finally:
        client.disconnect()
        client.loop_stop()
