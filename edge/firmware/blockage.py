"""When a sensor sees nothing useful: reported once when it begins, once when it is over."""

import time

from clock import Lapse
from micropython import const

_AFTER_MS = const(5000)


class Blockage:
    """Told of every good and every bad moment of one sensor."""

    def __init__(self, index, report):
        self._index = index
        self._report = report
        self._since_good = Lapse()
        self.is_reported = False

    def good(self):
        """Note that the sensor sees what it should."""
        now = time.ticks_ms()
        if self.is_reported:
            self.is_reported = False
            fields = {"sensor": self._index, "duration_ms": self._since_good.ms()}
            self._report("sensor_cleared", now, fields)
        self._since_good.restart(now)

    def bad(self, why, after_ms=_AFTER_MS):
        """Note that it does not, and report it when that lasts."""
        bad_ms = self._since_good.ms()
        if bad_ms >= after_ms and not self.is_reported:
            self.is_reported = True
            print("sensor %d: blocked," % self._index, why)
            since = time.ticks_add(time.ticks_ms(), -bad_ms)
            self._report("sensor_blocked", since, {"sensor": self._index})
