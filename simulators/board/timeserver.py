"""A time server (SNTP) on loopback that tells the time of a world."""

import struct
from collections.abc import Callable

from simulators.board.datagrams import DatagramServer

_NTP_TO_UNIX_S = 2208988800


class TimeServer(DatagramServer):
    """Answers with what `unix_s` tells."""

    def __init__(self, unix_s: Callable[[], float]) -> None:
        self._unix_s = unix_s
        super().__init__()

    def answer(self, question: bytes) -> bytes:
        """Tell the time, as a server of stratum 2."""
        unix_s = self._unix_s()
        seconds = int(unix_s)
        fraction = int((unix_s - seconds) * (1 << 32))
        stamp = struct.pack(">II", (seconds + _NTP_TO_UNIX_S) & 0xFFFFFFFF, fraction)
        # leap, version 3, server; stratum 2; poll; precision; root delay, dispersion and id
        head = struct.pack(">BBbb12x", 0x1C, 2, 6, -20)
        return head + stamp + question[40:48] + stamp + stamp
