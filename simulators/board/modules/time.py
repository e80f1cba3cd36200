"""`time` of the ESP32: whole seconds since 2000 by an RTC that a power cut sets back, and ticks.

The ticks wrap as there, after 2**30; those in milliseconds do so soon after the start.
"""

import struct
import sys

import _board
import _clock

_path = sys.path[:]
sys.path.clear()  # so that the builtin module is found, and not this file
from time import *  # noqa: E402, F403
from time import gmtime as _gmtime  # noqa: E402
from time import mktime as _mktime  # noqa: E402
from time import time as _time  # noqa: E402

sys.path.extend(_path)

_EPOCH_2000_S = 946684800
_TICKS = 1 << 30
_BEFORE_WRAP_MS = 20_000


def ticks_ms():
    """Return a number of milliseconds that wraps."""
    return (_clock.now_us() // 1000 - _BEFORE_WRAP_MS) % _TICKS


def ticks_us():
    """Return a number of microseconds that wraps."""
    return _clock.now_us() % _TICKS


def ticks_add(ticks, delta):
    """Return the ticks so much later."""
    return (ticks + delta) % _TICKS


def ticks_diff(later, earlier):
    """Return the signed difference, which is right while it is less than half of the range."""
    return (later - earlier + _TICKS // 2) % _TICKS - _TICKS // 2


def sleep(seconds):
    """Wait."""
    sleep_ms(int(seconds * 1000))


def sleep_ms(milliseconds):
    """Wait; nothing else runs meanwhile."""
    _clock.sleep_ms(milliseconds)


def time():
    """Return the seconds since 2000 that the RTC shows."""
    return int(_time()) + struct.unpack("<q", _board.ask("t"))[0]


def time_ns():
    """Return the nanoseconds since 2000 that the RTC shows."""
    return time() * 1_000_000_000


def gmtime(seconds=None):
    """Return the calendar of a number of seconds since 2000."""
    return _gmtime((time() if seconds is None else seconds) + _EPOCH_2000_S)[:8]


localtime = gmtime


def mktime(calendar):
    """Return the seconds since 2000 of a calendar."""
    return int(_mktime(tuple(calendar[:8]) + (0,))) - _EPOCH_2000_S
