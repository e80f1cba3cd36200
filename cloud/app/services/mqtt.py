"""A connection to the broker, made the same way by everybody in the cloud who speaks MQTT."""

import socket
from typing import Any, TypeVar

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from cloud.app.settings import Settings

AnyClient = TypeVar("AnyClient", bound=Client)

KEEPALIVE_S = 30
# in front of a topic filter: the workers that subscribe like this share the messages
SHARE = "$share/ingest/"
# where the broker's watch tells the ingest which device was refused what
REFUSED_TOPIC = "shopbell/refused"


def mqtt_client(
    settings: Settings,
    client_id: str,
    *,
    username: str | None,
    password: str | None,
    is_persistent: bool = False,
    acknowledges_itself: bool = False,
    of_class: type[AnyClient],
) -> AnyClient:
    """Return a client that is not connected yet.

    MQTT 3.1.1, because paho reads it much faster than version 5. With `acknowledges_itself` the
    caller acknowledges each message when it is safe.
    """
    client = of_class(
        CallbackAPIVersion.VERSION2,
        client_id,
        clean_session=not is_persistent,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=acknowledges_itself,
    )
    client.on_socket_open = _send_at_once
    if username is not None:
        client.username_pw_set(username, password)
    if settings.mqtt_ca_file is not None:
        client.tls_set(str(settings.mqtt_ca_file))
    return client


def _send_at_once(_client: Client, _data: object, sock: Any) -> None:
    # many small packets follow each other, and none of them should wait for the one before
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
