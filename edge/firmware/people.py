"""The duty of one people counter: sample both zones, count, and look after the sensor."""

import asyncio
import os
import time

from calibration import Calibration, measured
from clock import Lapse
from counting import Counter
from micropython import const
from vl53l1x import VALID, SensorError

STREET_CENTRE = const(167)  # of the left and the right half, as ST's people counter has them
_ZONE_CENTRES = const((STREET_CENTRE, 231))
_ZONE_COLUMNS = const(8)
_ZONE_ROWS = const(16)
_CALIBRATION_READINGS = const(15)
_CALIBRATION_MS = const(5000)
_QUIET_WAIT_MS = const(60000)  # how long a first calibration waits for nobody to be there
_FROZEN_READINGS = const(40)  # light never is that constant: signal, ambient and range equal
_COVERED_MM = const(150)
_STANDS_MS = const(600000)  # who stands there for that long is a display stand
_FREE_BEFORE_FOLLOWING_MS = const(3000)
_RETRY_MS = const(500)
_BLOCKED_MS = const(5000)
_TRACE = const("trace")  # the file that asks for one


class PeopleCounter:
    """Counts with one sensor and reports passages, blockages and calibrations.

    presence (`is_quiet()`) says when nobody is there; without it the idle distance is not followed.
    """

    def __init__(self, index, sensor, report, folder, invert=False, presence=None):
        self._index = index
        self._sensor = sensor
        self._report = report
        self._presence = presence
        self._centres = tuple(reversed(_ZONE_CENTRES)) if invert else _ZONE_CENTRES
        self._calibration = Calibration("%s/idle-%d.json" % (folder, index))
        self._blockage = Blockage(index, report)
        self._counter = None
        self._trace = _trace(index, folder)
        self._busy = Lapse()  # for how long somebody is there, or nobody
        self._free = Lapse()
        self._read_ticks = time.ticks_ms()
        self._same = 0
        self._last = [0, 0, 0]
        self.recalibrate_requested = False
        self.pairs = 0  # of zones read since boot
        self.longest_gap_ms = 0  # between two readings; whoever reports it sets it to 0

    @property
    def is_busy(self):
        """Whether somebody is below the sensor."""
        return self._counter is not None and self._counter.is_busy

    async def run(self, beat):
        while True:
            beat()
            try:
                await self._sensor.start()
                self._sensor.set_zone_size(_ZONE_COLUMNS, _ZONE_ROWS)
                await self._prepare(beat)
                await self._count(beat)
            except (OSError, SensorError) as error:
                self._blockage.bad(error)
                self._sensor.recover()
                await asyncio.sleep_ms(_RETRY_MS)

    async def _prepare(self, beat):
        if self._calibration.idle_mm is None:
            until = time.ticks_add(time.ticks_ms(), _QUIET_WAIT_MS)
            while not self._is_quiet() and time.ticks_diff(until, time.ticks_ms()) > 0:
                beat()
                await asyncio.sleep_ms(_RETRY_MS)
            await self._calibrate(beat)
        if self._counter is None:
            self._counter = Counter(self._calibration.idle_mm)
            self._set_idle()
        self._read_ticks = time.ticks_ms()

    async def _count(self, beat):
        while True:
            beat()
            for zone in (0, 1):
                await self._read(zone)
                distance_mm = self._distance_mm()
                now = time.ticks_ms()
                if self._trace is not None:
                    self._trace.reading(now, zone, distance_mm)
                outcome = self._counter.add(now, zone, distance_mm)
                if outcome is not None:
                    self._report_passage(*outcome)
                self._look_after(zone, distance_mm)
            self.pairs += 1
            if self.recalibrate_requested and not self._counter.is_busy:
                await self._recalibrate(beat)

    async def _read(self, zone):
        await self._sensor.read(self._centres[zone])
        now = time.ticks_ms()
        gap_ms = time.ticks_diff(now, self._read_ticks)
        self._read_ticks = now
        if gap_ms > self.longest_gap_ms:
            self.longest_gap_ms = gap_ms

    def _distance_mm(self):
        # 0 mm is what a wrapped phase can look like
        sensor = self._sensor
        return sensor.distance_mm if sensor.status == VALID and sensor.distance_mm else None

    def _report_passage(self, what, value):
        now = time.ticks_ms()
        if what == "ambiguous":
            fields = {"sensor": self._index, "duration_ms": value}
            self._report("ambiguous_passage", now, fields)
        else:
            fields = {"sensor": self._index, "direction": what, "confidence": value}
            self._report("passage", now, fields)

    def _look_after(self, zone, distance_mm):
        """Notice a frozen or covered sensor; follow the floor while nobody is there."""
        self._check_alive()
        now = time.ticks_ms()
        if not self._counter.is_busy:
            self._busy.restart(now)
        else:
            self._free.restart(now)
        if distance_mm is not None and distance_mm < _COVERED_MM:
            self._blockage.bad("something covers it")
        elif self._busy.ms() > _STANDS_MS:
            self._blockage.bad("something stands below it")
        else:
            self._blockage.good()
            if distance_mm is not None and self._is_free_for_long() and self._is_quiet():
                if self._calibration.follow(zone, distance_mm):
                    self._set_idle()

    def _is_free_for_long(self):
        return self._presence is not None and self._free.ms() > _FREE_BEFORE_FOLLOWING_MS

    def _is_quiet(self):
        return self._presence is None or self._presence.is_quiet()

    def _check_alive(self):
        sensor, last = self._sensor, self._last
        same = (
            sensor.distance_mm == last[0] and sensor.signal == last[1] and sensor.ambient == last[2]
        )
        self._same = self._same + 1 if same else 0
        last[0], last[1], last[2] = sensor.distance_mm, sensor.signal, sensor.ambient
        if self._same >= _FROZEN_READINGS:
            self._same = 0
            raise SensorError("reading: expected noise, got the same %d times" % _FROZEN_READINGS)

    async def _recalibrate(self, beat):
        if not self._is_quiet():
            return  # as soon as nobody is there
        self.recalibrate_requested = False
        try:
            await self._calibrate(beat)
            self._set_idle()
        except SensorError as error:  # somebody came, or it is no floor: the old one stays
            print("sensor %d: not calibrated," % self._index, error)

    def _set_idle(self):
        self._counter.set_idle(self._calibration.idle_mm)
        if self._trace is not None:
            self._trace.idle(self._calibration.idle_mm)

    async def _calibrate(self, beat):
        """Measure the distance of both zones to the floor and keep it in flash."""
        zones = ([], [])
        until = time.ticks_add(time.ticks_ms(), _CALIBRATION_MS)
        while len(zones[1]) < _CALIBRATION_READINGS:
            beat()
            for zone in (0, 1):
                await self._read(zone)
                distance_mm = self._distance_mm()
                if distance_mm is not None and len(zones[zone]) < _CALIBRATION_READINGS:
                    zones[zone].append(distance_mm)
            if time.ticks_diff(until, time.ticks_ms()) < 0:
                raise SensorError("floor: expected valid distances, got too few")
        idle_mm = measured(zones) if len(zones[0]) >= _CALIBRATION_READINGS else None
        if idle_mm is None:
            raise SensorError("floor: expected a free one 1.2 to 4 m below, got something else")
        self._calibration.take(idle_mm)
        fields = {"sensor": self._index, "idle_mm": idle_mm}
        self._report("calibrated", time.ticks_ms(), fields)


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

    def bad(self, what):
        """Note that it does not, and report it when that lasts."""
        bad_ms = self._since_good.ms()
        if bad_ms >= _BLOCKED_MS and not self.is_reported:
            self.is_reported = True
            print("sensor %d: blocked," % self._index, what)
            since = time.ticks_add(time.ticks_ms(), -bad_ms)
            self._report("sensor_blocked", since, {"sensor": self._index})


def _trace(index, folder):
    """Return the trace that somebody has asked for, or None."""
    if _TRACE not in os.listdir(folder or "/"):
        return None
    from trace import Trace  # here: it is rarely needed

    return Trace(index)
