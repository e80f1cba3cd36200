"""The reed contact at the door: an interrupt latches each edge, a pause debounces them."""

import asyncio
import time
from array import array

from clock import Lapse
from machine import Pin
from micropython import const

_SETTLE_MS = const(30)  # a reed bounces for a few milliseconds
_EDGES = const(64)  # latched while the loop is busy, with a TLS handshake for instance
_CHATTER_CHANGES = const(60)  # nobody opens and closes a door that often
_CHATTER_MS = const(10000)  # within this time
_STUCK_PASSAGES = const(10)  # nobody walks through a closed door, and a sensor errs less often


class Door:
    """Reports each change with the time of its first edge.

    The contact pulls the pin to ground while the door is closed, so a cut wire reads as open. Edges
    are latched from the constructor on: an opening that is over before anybody looks is not lost. A
    contact that chatters, or that says "closed" while people walk through, is reported once as
    faulty; a chattering one is reported again when it has been quiet.
    """

    def __init__(self, pin, report):
        self._report = report
        self._ticks = array("i", bytearray(4 * _EDGES))
        self._levels = bytearray(_EDGES)
        self._count = 0  # latched edges
        self._lost = False
        self._edge = asyncio.ThreadSafeFlag()
        self._level = None  # the latest, which may be bouncing
        self._level_ticks = 0
        self._first_ticks = None  # of the edges that have not settled
        self._changes = 0
        self._window_ticks = time.ticks_ms()
        self._changed_ticks = self._window_ticks
        self.still = Lapse()  # since the last change
        self.is_open = None
        self.fault = None  # or "chattering" or "stuck"
        self._faulty = Lapse()
        self._passages = 0  # since the last change
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self._pin.irq(self._on_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    async def run(self, beat):
        self._report_boot()
        while True:
            beat()
            self._work_off()
            self._end_chatter()
            pause_ms = _SETTLE_MS if self._first_ticks is not None else 1000
            try:
                await asyncio.wait_for_ms(self._edge.wait(), pause_ms)
            except asyncio.TimeoutError:
                pass

    def passed(self):
        """Somebody has walked through."""
        self._passages += 1
        if self.is_open is False and self.fault is None and self._passages >= _STUCK_PASSAGES:
            self._begin_fault("stuck")

    def _on_edge(self, pin):
        if self._count < _EDGES:
            self._ticks[self._count] = time.ticks_ms()
            self._levels[self._count] = pin.value()
            self._count += 1
        else:
            self._lost = True
        self._edge.set()

    def _report_boot(self):
        # the state at boot is news: nobody knows what we missed
        level = 1 - self._levels[0] if self._count else self._pin.value()
        self._level = level
        self._level_ticks = time.ticks_add(time.ticks_ms(), -_SETTLE_MS)
        self._change(level, time.ticks_ms())

    def _work_off(self):
        """Go through the latched edges: a level that lasted is a change, a shorter one bounces."""
        index = 0
        while index < self._count:
            self._settle(self._ticks[index])
            self._follow(self._levels[index], self._ticks[index])
            index += 1
        self._count = 0  # an interrupt runs between two bytecodes, at worst an edge is late
        now = time.ticks_ms()
        if self._lost:
            self._lost = False
            self._follow(self._pin.value(), now)
        self._settle(now)

    def _follow(self, level, ticks):
        if self._first_ticks is None:
            self._first_ticks = ticks
        if level != self._level:
            self._level = level
            self._level_ticks = ticks

    def _settle(self, ticks):
        if self._first_ticks is None or time.ticks_diff(ticks, self._level_ticks) < _SETTLE_MS:
            return
        first, self._first_ticks = self._first_ticks, None
        if (self._level == 1) != self.is_open:
            # of a contact that has chattered for long, the first edge tells nothing
            self._change(self._level, self._level_ticks if self.fault else first)

    def _change(self, level, ticks):
        self.is_open = level == 1
        self._changed_ticks = ticks
        self.still.restart(ticks)
        self._passages = 0
        self._changes += 1
        if self.fault == "stuck":
            self._end_fault()
        if self._changes > _CHATTER_CHANGES and self.fault is None:
            self._begin_fault("chattering")
        if self.fault is None:
            self._report("door", ticks, {"open": level})

    def _begin_fault(self, fault):
        self.fault = fault
        now = time.ticks_ms()
        self._faulty.restart(now)
        self._report("contact_faulty", now, {"fault": fault})

    def _end_fault(self):
        self.fault = None
        self._report("contact_cleared", time.ticks_ms(), {"duration_ms": self._faulty.ms()})

    def _end_chatter(self):
        now = time.ticks_ms()
        if time.ticks_diff(now, self._window_ticks) < _CHATTER_MS:
            return
        self.still.ms()  # looked at in time, before the ticks wrap
        self._faulty.ms()
        if self._first_ticks is not None:  # so fast that it never settles, or just moved
            unsettled_ms = time.ticks_diff(now, self._first_ticks)
            if unsettled_ms >= _CHATTER_MS and self.fault is None:
                self._begin_fault("chattering")
        elif self.fault == "chattering" and self._changes <= 1:
            self._end_fault()
            self._report("door", self._changed_ticks, {"open": int(self.is_open)})
        self._window_ticks = now
        self._changes = 0
