"""Uptime and Unix time, and the only module that knows that the ESP32 counts from the year 2000."""

import asyncio
import os
import struct
import time

import machine
from micropython import const
from resolver import ask, resolve

_NTP_TO_UNIX_S = const(2208988800)
_SYNC_DEADLINE_MS = const(3000)
_EPOCH_2000_S = const(946684800)
_SECONDS = const(">II")  # and their fraction


class ClockError(Exception):
    """The time server did not give a usable answer."""


class Lapse:
    """The milliseconds since a moment.

    ticks_ms() wraps after 12 days on the ESP32, and a difference is good for half of that: whoever
    waits for longer has to look more often.
    """

    def __init__(self):
        self.restart(time.ticks_ms())

    def restart(self, ticks):
        """Begin anew, at a value of time.ticks_ms()."""
        self._ticks = ticks
        self._ms = 0

    def ms(self):
        now = time.ticks_ms()
        self._ms += time.ticks_diff(now, self._ticks)
        self._ticks = now
        return self._ms


class Clock:
    """Milliseconds since boot that do not wrap, and the Unix time once a server has told it."""

    def __init__(self):
        self._last_ticks = time.ticks_ms()
        self._uptime_ms = 0
        self._boot_unix_ms = None

    @property
    def is_set(self):
        return self._boot_unix_ms is not None

    def uptime_ms(self, ticks=None):
        """Return the milliseconds since boot, now or at an earlier value of time.ticks_ms().

        ticks_ms() wraps after 12 days on the ESP32: something must call this more often than that.
        """
        now = time.ticks_ms()
        self._uptime_ms += time.ticks_diff(now, self._last_ticks)
        self._last_ticks = now
        if ticks is None:
            return self._uptime_ms
        return max(0, self._uptime_ms - time.ticks_diff(now, ticks))

    def unix_ms(self, uptime_ms):
        """Return the Unix time in milliseconds at an uptime, or None while it is not known."""
        if self._boot_unix_ms is None:
            return None
        return self._boot_unix_ms + uptime_ms

    def set_unix_ms(self, unix_ms):
        """Take over the time of day, here and in the RTC, by which TLS judges certificates."""
        self._boot_unix_ms = unix_ms - self.uptime_ms()
        _set_rtc(unix_ms // 1000)

    def set_floor(self, unix_s):
        """Let the RTC not lie before a moment that is known to have passed.

        With the year 2000 no certificate is valid: TLS would need a time server for ever.
        """
        if not self.is_set and time.time() + _epoch_s() < unix_s:
            _set_rtc(unix_s)

    async def sync(self, host, port=123):
        """Ask a time server (SNTP) and set the clock; raise ClockError."""
        try:
            unix_ms = await asyncio.wait_for_ms(_ask(host, port), _SYNC_DEADLINE_MS)
        except asyncio.TimeoutError:
            raise ClockError("time server: expected an answer within 3 s, got none")
        except OSError as error:
            raise ClockError("time server: %s" % error)
        self.set_unix_ms(unix_ms)


def _epoch_s():
    return _EPOCH_2000_S if time.gmtime(0)[0] == 2000 else 0


def _set_rtc(unix_s):
    year, month, day, hour, minute, second, weekday = time.gmtime(unix_s - _epoch_s())[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


async def _ask(host, port):
    address = await resolve(host)
    question = b"\x1b" + bytes(39) + os.urandom(8)  # version 3, client; a transmit time
    sent = time.ticks_ms()
    answer = await ask(address, port, question)
    return _unix_ms(answer, question, time.ticks_diff(time.ticks_ms(), sent) // 2)


def _unix_ms(answer, question, travelled_ms):
    # the server returns our transmit time as its originate time: a stranger cannot guess it
    if len(answer) < 48 or answer[0] & 7 != 4 or not 1 <= answer[1] <= 15:
        raise ClockError("time server: expected a synchronised server's answer, got another")
    if answer[24:32] != question[40:]:
        raise ClockError("time server: expected an answer to our question, got another")
    seconds, fraction = struct.unpack(_SECONDS, answer[40:48])
    if seconds < 0x80000000:  # the 32 bits start again in 2036
        seconds += 1 << 32
    return (seconds - _NTP_TO_UNIX_S) * 1000 + (fraction * 1000 >> 32) + travelled_ms
