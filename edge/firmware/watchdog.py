"""The watchdog is fed only while every duty shows signs of life."""

import asyncio
import time

from machine import WDT
from micropython import const

_TIMEOUT_MS = const(30000)
_LOOK_EVERY_MS = const(2000)


class Watchdog:
    """Gives each duty its `beat` function and watches that all of them are called."""

    def __init__(self):
        self._beats = {}

    def duty(self, name, silence_ms):
        """Return the function a duty calls at least every `silence_ms`."""
        self._beats[name] = [time.ticks_ms(), silence_ms]

        def beat():
            self._beats[name][0] = time.ticks_ms()

        return beat

    def late(self):
        """Return the name of a duty that has been silent for too long, or None."""
        now = time.ticks_ms()
        for name, (ticks, silence_ms) in self._beats.items():
            if time.ticks_diff(now, ticks) > silence_ms:
                return name
        return None

    async def run(self):
        wdt = WDT(timeout=_TIMEOUT_MS)
        while self.late() is None:
            wdt.feed()
            await asyncio.sleep_ms(_LOOK_EVERY_MS)
        print("watchdog: no sign of life from", self.late())
        # not fed any more: the board resets
