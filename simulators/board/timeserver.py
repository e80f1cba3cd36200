"""A time server (SNTP) on loopback that tells the time of a world, or is made silent."""

import socket
import struct
import threading
from collections.abc import Callable

_NTP_TO_UNIX_S = 2208988800


class TimeServer:
    """Answers on `port` with what `unix_s` tells, until closed."""

    def __init__(self, unix_s: Callable[[], float]) -> None:
        self._unix_s = unix_s
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, name="time server", daemon=True).start()

    def close(self) -> None:
        """Stop answering for good."""
        # a blocked recvfrom is not woken by close(): send the empty datagram that ends the loop
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))

    def _serve(self) -> None:
        with self._socket as server:
            while True:
                question, sender = server.recvfrom(512)
                if not question:
                    return
                if not self.is_silent:
                    server.sendto(_answer(question, self._unix_s()), sender)


def _answer(question: bytes, unix_s: float) -> bytes:
    seconds = int(unix_s)
    fraction = int((unix_s - seconds) * (1 << 32))
    stamp = struct.pack(">II", (seconds + _NTP_TO_UNIX_S) & 0xFFFFFFFF, fraction)
    # leap, version 3, server; stratum 2; poll; precision; root delay, dispersion and id
    head = struct.pack(">BBbb12x", 0x1C, 2, 6, -20)
    return head + stamp + question[40:48] + stamp + stamp
