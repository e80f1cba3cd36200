"""The reed contact at the door: an interrupt latches each change, a pause debounces it."""

import asyncio
import time

from machine import Pin
from micropython import const

_SETTLE_MS = const(30)  # a reed bounces for a few milliseconds


class Door:
    """Reports each change with the time of its first edge.

    The contact pulls the pin to ground while the door is closed, so a cut wire reads as open.
    """

    def __init__(self, pin_number, report):
        self._report = report
        self._pin = Pin(pin_number, Pin.IN, Pin.PULL_UP)
        self._edge = asyncio.ThreadSafeFlag()
        self._first_edge_ticks = None
        self._last_edge_ticks = 0
        self.is_open = None

    async def run(self, beat):
        self._pin.irq(self._on_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)
        self._settled(time.ticks_ms())  # the state at boot is news: nobody knows what we missed
        while True:
            beat()
            try:
                await asyncio.wait_for_ms(self._edge.wait(), 5000)
            except asyncio.TimeoutError:
                continue
            await self._wait_until_quiet()

    def _on_edge(self, _pin):
        self._last_edge_ticks = time.ticks_ms()
        if self._first_edge_ticks is None:
            self._first_edge_ticks = self._last_edge_ticks
        self._edge.set()

    async def _wait_until_quiet(self):
        while time.ticks_diff(time.ticks_ms(), self._last_edge_ticks) < _SETTLE_MS:
            await asyncio.sleep_ms(_SETTLE_MS)
        first = self._first_edge_ticks
        self._first_edge_ticks = None
        if first is not None:
            self._settled(first)

    def _settled(self, ticks):
        is_open = self._pin.value() == 1
        if is_open != self.is_open:
            self.is_open = is_open
            self._report("door", ticks, {"open": int(is_open)})
