"""`socket`, whose names are resolved by the simulated network; the sockets are the host's."""

import sys
import time

import _board

_path = sys.path[:]
sys.path.clear()  # so that the builtin module is found, and not this file
from socket import *  # noqa: E402, F403
from socket import getaddrinfo as _getaddrinfo  # noqa: E402

sys.path.extend(_path)


def getaddrinfo(host, port, *rest):
    """Return the addresses of a name; like the ESP32, keep everything waiting meanwhile."""
    name = host.encode()
    delay_ms, _, address = str(_board.ask("l", 0, 0, len(name), name), "ascii").partition(" ")
    time.sleep_ms(int(delay_ms))
    return _getaddrinfo(address, port, *rest)
