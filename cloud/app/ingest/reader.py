"""A paho client that reads from its socket in large pieces.

paho asks the system for one or two bytes at a time and waits anew for every message. Reading ahead
takes that time away; what is read is paho's own business as before.
"""

import logging
import time
from collections.abc import Iterable

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes

log = logging.getLogger(__name__)

READ_BYTES = 65_536
RETRY_AFTER_S = 1.0
_PUBACK = PacketTypes.PUBACK << 4
# command and length of a PUBACK
_PUBACK_HEAD = bytes([_PUBACK, 2])


class ReadingAhead(Client):
    """A client that keeps what arrived with the bytes that paho asked for."""

    _ahead = b""
    _position = 0
    _read_from: object = None

    def loop_forever(
        self, timeout: float = 1.0, retry_first_connection: bool = False
    ) -> MQTTErrorCode:
        """Run the connection until it is ended. Nothing that arrives may end it before: the session
        brings it again."""
        while True:
            try:
                return super().loop_forever(timeout, retry_first_connection)
            except Exception:
                log.exception("the connection to the broker failed")
                # else the same packet would be handled again, and nothing behind it ever
                self._sock_close()
                time.sleep(RETRY_AFTER_S)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handle every message that has arrived."""
        result = super().loop_read(max_packets)
        while result == MQTTErrorCode.MQTT_ERR_SUCCESS and self._position < len(self._ahead):
            result = super().loop_read(max_packets)
        return result

    def acknowledge(self, message_ids: Iterable[int]) -> None:
        """Acknowledge messages of QoS 1 in one write."""
        packets = b"".join(_PUBACK_HEAD + id_.to_bytes(2, "big") for id_ in message_ids)
        self._packet_queue(_PUBACK, packets, 0, 1)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._read_from is not self._sock:
            # what was read from another connection is no part of this one
            self._read_from, self._ahead, self._position = self._sock, b"", 0
        if self._position >= len(self._ahead):
            self._ahead, self._position = super()._sock_recv(READ_BYTES), 0
        piece = self._ahead[self._position : self._position + bufsize]
        self._position += len(piece)
        return piece
