"""A publisher that costs next to nothing, so that it does not take the time of what is measured."""

import socket
import struct
import threading

from wire import messages, topics

Packet = bytes

_PUBLISH_QOS_1 = 0x32
_PUBACK = 0x40


def publish_packet(topic: str, payload: bytes, packet_id: int) -> Packet:
    """Return a PUBLISH of QoS 1."""
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", packet_id) + payload
    return bytes([_PUBLISH_QOS_1]) + _length(len(body)) + body


def event_payload(boot: int, first: int, count: int, at_ms: int) -> bytes:
    """Return a batch of passages with the numbers from `first` on."""
    events = [
        {"seq": number, "up": number, "at": at_ms, "kind": "passage", "sensor": 0}
        | {"direction": "in" if number % 2 else "out", "confidence": 95}
        for number in range(first, first + count)
    ]
    payload: bytes = messages.encode({"boot": boot, "oldest": 1, "events": events})
    return payload


class Publisher:
    """A device at the broker that publishes ready-made packets and counts what was acknowledged."""

    def __init__(self, host: str, port: int, device: str, password: str) -> None:
        self.topic: str = topics.topic(device, "event")
        self.acknowledged = 0
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(_connect(device, password))
        answer = self._socket.recv(4)
        if answer[:1] != b"\x20" or answer[3:] != b"\0":
            raise ConnectionError(f"expected the broker to accept {device}, got {answer!r}")
        threading.Thread(target=self._count, daemon=True).start()

    def send(self, packets: bytes) -> None:
        """Send one or several packets."""
        self._socket.sendall(packets)

    def close(self) -> None:
        self._socket.close()

    def _count(self) -> None:
        # only PUBACKs come, of 4 bytes each
        received = 0
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            received += len(data)
            self.acknowledged = received // 4


def _connect(device: str, password: str) -> bytes:
    parts = b"".join(struct.pack("!H", len(t)) + t for t in (device.encode(),) * 2)
    secret = struct.pack("!H", len(password)) + password.encode()
    # a clean session with user name and password, without keepalive
    body = b"\0\4MQTT\4" + bytes([0xC2]) + b"\0\0" + parts + secret
    return b"\x10" + _length(len(body)) + body


def _length(number: int) -> bytes:
    encoded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        encoded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(encoded)
