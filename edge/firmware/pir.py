"""The PIR motion sensor: windows of motion rather than single pulses, and who may be near."""

import asyncio
import time

from machine import Pin
from micropython import const

_QUIET_MS = const(20000)  # the window ends after this long without a pulse
_STILL_MS = const(5000)  # who has moved the door is still there


class Pir:
    """Reports when motion begins and when it has ended; `is_active` in between."""

    def __init__(self, pin, report):
        self._report = report
        self._pin = Pin(pin, Pin.IN)
        self._edge = asyncio.ThreadSafeFlag()
        self._edge_ticks = 0
        self.is_active = False

    async def run(self, beat):
        self._pin.irq(self._on_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)
        while True:
            beat()
            try:
                await asyncio.wait_for_ms(self._edge.wait(), 1000)
                self._begin()
            except asyncio.TimeoutError:
                self._end_when_quiet()

    def _on_edge(self, _pin):
        self._edge_ticks = time.ticks_ms()
        self._edge.set()

    def _begin(self):
        if not self.is_active and self._pin.value():
            self.is_active = True
            self._report("motion", self._edge_ticks, {"active": 1})

    def _end_when_quiet(self):
        # the output stays high while there is motion, so only a low output counts as quiet
        quiet_ms = time.ticks_diff(time.ticks_ms(), self._edge_ticks)
        if self.is_active and not self._pin.value() and quiet_ms >= _QUIET_MS:
            self.is_active = False
            self._report("motion", time.ticks_ms(), {"active": 0})


class Presence:
    """Whether somebody may be near the door, as contact and motion sensor tell."""

    def __init__(self, door, pir):
        self._door = door
        self._pir = pir

    def is_quiet(self):
        """Tell whether both say that nobody is there."""
        return not self._pir.is_active and self._door.still.ms() >= _STILL_MS
