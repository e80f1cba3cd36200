"""The way from the simulated modules to the host, over two inherited file descriptors.

The protocol is described in `simulators/board/hardware.py`.
"""

import os
import struct

import _clock

_requests = open(int(os.getenv("BOARD_REQUESTS_FD")), "r+b")
_header = bytearray(16)
_status = bytearray(3)
_is_waiting = [False]


def request(operation, small=0, medium=0, number=0, payload=None):
    """Ask the host and return how many bytes of answer follow; raise the OSError it says."""
    if _is_waiting[0]:
        _skip_answers()
    _is_waiting[0] = True
    struct.pack_into("<BBHIQ", _header, 0, ord(operation), small, medium, number, _clock.now_us())
    # in one piece: Ctrl-C between two would leave the host waiting for the second
    _requests.write(_header if payload is None else _header + bytes(payload))
    _requests.readinto(_status)
    size = _status[1] | _status[2] << 8
    _is_waiting[0] = size > 0
    if _status[0]:
        raise OSError(_status[0])
    return size


def ask(operation, small=0, medium=0, number=0, payload=None):
    """Ask the host and return its answer."""
    size = request(operation, small, medium, number, payload)
    answer = _requests.read(size) if size else b""
    _is_waiting[0] = False
    return answer


def read_into(buffer):
    """Read the answer to `request`."""
    _requests.readinto(buffer)
    _is_waiting[0] = False


def _skip_answers():
    """Ctrl-C came between a question and its answer, which is nobody's now, however late it comes:
    pass over all until the host repeats a number that nobody has said before."""
    said = os.urandom(4)
    number = int.from_bytes(said, "little")
    struct.pack_into("<BBHIQ", _header, 0, ord("="), 0, 0, number, _clock.now_us())
    _requests.write(_header)
    heard = b""
    while heard != said + said:
        heard = (heard + _requests.read(1))[-8:]


def port_on_host(port):
    """Return where the simulated server listens that has this port in a real network."""
    return int.from_bytes(ask("l", 0, port), "little")


def interrupts():
    """Return the stream on which pin and level of each interrupt arrive."""
    return open(int(os.getenv("BOARD_INTERRUPTS_FD")), "rb")
