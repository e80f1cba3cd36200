"""The way from the simulated modules to the host, over two inherited file descriptors.

The protocol is described in `simulators/board/hardware.py`.
"""

import os
import struct

_requests = open(int(os.getenv("BOARD_REQUESTS_FD")), "r+b")
_header = bytearray(8)
_status = bytearray(3)


def request(operation, small=0, medium=0, number=0, payload=None):
    """Ask the host and return how many bytes of answer follow; raise the OSError it says."""
    struct.pack_into("<BBHI", _header, 0, ord(operation), small, medium, number)
    _requests.write(_header)
    if payload is not None:
        _requests.write(payload)
    _requests.readinto(_status)
    if _status[0]:
        raise OSError(_status[0])
    return _status[1] | _status[2] << 8


def ask(operation, small=0, medium=0, number=0, payload=None):
    """Ask the host and return its answer."""
    size = request(operation, small, medium, number, payload)
    return _requests.read(size) if size else b""


def read_into(buffer):
    """Read the answer to `request`."""
    _requests.readinto(buffer)


def interrupts():
    """Return the stream on which pin and level of each interrupt arrive."""
    return open(int(os.getenv("BOARD_INTERRUPTS_FD")), "rb")
