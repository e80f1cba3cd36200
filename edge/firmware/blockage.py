"""When a sensor sees nothing useful: reported once when it begins, once when it is over."""

import time

from micropython import const

_AFTER_MS = const(5000)


class Blockage:
    """Told of every good and every bad moment of one sensor."""

    def __init__(self, index, report):
        self._index = index
        self._report = report
        self._good_ticks = time.ticks_ms()
        self._since_ticks = None

    @property
    def is_reported(self):
        """Whether the cloud was told that the sensor is blocked."""
        return self._since_ticks is not None

    def good(self):
        """Note that the sensor sees what it should."""
        self._good_ticks = time.ticks_ms()
        if self._since_ticks is not None:
            duration_ms = time.ticks_diff(self._good_ticks, self._since_ticks)
            self._since_ticks = None
            fields = {"sensor": self._index, "duration_ms": duration_ms}
            self._report("sensor_cleared", self._good_ticks, fields)

    def bad(self, why, after_ms=_AFTER_MS):
        """Note that it does not, and report it when that lasts."""
        if self._since_ticks is None:
            if time.ticks_diff(time.ticks_ms(), self._good_ticks) >= after_ms:
                print("sensor %d: blocked," % self._index, why)
                self._since_ticks = self._good_ticks
                self._report("sensor_blocked", self._since_ticks, {"sensor": self._index})
