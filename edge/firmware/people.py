"""The duty of one people counter: sample both zones, count, and look after the sensor."""

import asyncio
import json
import os
import time

from counting import Counter
from micropython import const
from vl53l1x import VALID, SensorError

_ZONE_CENTRES = (167, 231)  # of the left and the right half, as ST's people counter has them
_ZONE_COLUMNS = const(8)
_ZONE_ROWS = const(16)
_CALIBRATION_READINGS = const(15)
_FROZEN_READINGS = const(40)  # light never is that constant: signal, ambient and range equal
_BLOCKED_AFTER_MS = const(5000)
_COVERED_MM = const(150)
_RETRY_MS = const(500)


class PeopleCounter:
    """Counts with one sensor and reports passages, blockages and calibrations."""

    def __init__(self, index, sensor, report, folder, invert=False):
        self._index = index
        self._sensor = sensor
        self._report = report
        self._path = "%s/idle-%d.json" % (folder, index)
        self._centres = tuple(reversed(_ZONE_CENTRES)) if invert else _ZONE_CENTRES
        self._counter = None
        self._good_ticks = time.ticks_ms()
        self._blocked_ticks = None
        self._same = 0
        self._last = (0, 0, 0)
        self.recalibrate_requested = False

    async def run(self, beat):
        while True:
            beat()
            try:
                await self._sensor.start()
                self._sensor.set_zone_size(_ZONE_COLUMNS, _ZONE_ROWS)
                await self._prepare(beat)
                await self._count(beat)
            except (OSError, SensorError) as error:
                self._notice_trouble(error)
                await asyncio.sleep_ms(_RETRY_MS)

    async def _prepare(self, beat):
        if self._counter is None:
            idle_mm = _load_idle(self._path)
            self._counter = Counter(idle_mm or await self._calibrate(beat))

    async def _count(self, beat):
        while True:
            beat()
            for zone in (0, 1):
                await self._sensor.read(self._centres[zone])
                self._check_health()
                distance_mm = self._sensor.distance_mm if self._sensor.status == VALID else None
                outcome = self._counter.add(time.ticks_ms(), zone, distance_mm)
                if outcome is not None:
                    self._report_passage(*outcome)
            if self.recalibrate_requested and not self._counter.is_busy:
                self.recalibrate_requested = False
                self._counter.set_idle(await self._calibrate(beat))

    def _report_passage(self, what, value):
        now = time.ticks_ms()
        if what == "ambiguous":
            fields = {"sensor": self._index, "duration_ms": value}
            self._report("ambiguous_passage", now, fields)
        else:
            fields = {"sensor": self._index, "direction": what, "confidence": value}
            self._report("passage", now, fields)

    async def _calibrate(self, beat):
        """Measure the distance of both zones to the floor and keep it in flash."""
        idle_mm = [0, 0]
        for zone in (0, 1):
            readings = []
            deadline = time.ticks_add(time.ticks_ms(), _BLOCKED_AFTER_MS)
            while len(readings) < _CALIBRATION_READINGS:
                beat()
                await self._sensor.read(self._centres[zone])
                if self._sensor.status == VALID:
                    readings.append(self._sensor.distance_mm)
                elif time.ticks_diff(deadline, time.ticks_ms()) < 0:
                    raise SensorError("floor: expected valid distances, got too few")
            idle_mm[zone] = sorted(readings)[_CALIBRATION_READINGS // 2]
        _save_idle(self._path, idle_mm)
        fields = {"sensor": self._index, "idle_mm": idle_mm}
        self._report("calibrated", time.ticks_ms(), fields)
        return idle_mm

    def _check_health(self):
        """Raise SensorError for a frozen sensor; report one that is covered or uncovered."""
        sensor = self._sensor
        reading = (sensor.distance_mm, sensor.signal, sensor.ambient)
        self._same = self._same + 1 if reading == self._last else 0
        self._last = reading
        if self._same >= _FROZEN_READINGS:
            self._same = 0
            raise SensorError("reading: expected noise, got the same %d times" % _FROZEN_READINGS)
        if sensor.status == VALID and sensor.distance_mm < _COVERED_MM:
            self._notice_trouble(None)
        else:
            self._notice_good()

    def _notice_good(self):
        self._good_ticks = time.ticks_ms()
        if self._blocked_ticks is not None:
            duration_ms = time.ticks_diff(self._good_ticks, self._blocked_ticks)
            self._blocked_ticks = None
            fields = {"sensor": self._index, "duration_ms": duration_ms}
            self._report("sensor_cleared", self._good_ticks, fields)

    def _notice_trouble(self, error):
        silent_ms = time.ticks_diff(time.ticks_ms(), self._good_ticks)
        if self._blocked_ticks is None and silent_ms >= _BLOCKED_AFTER_MS:
            print("sensor %d: blocked" % self._index, error or "something covers it")
            self._blocked_ticks = self._good_ticks
            self._report("sensor_blocked", self._blocked_ticks, {"sensor": self._index})


def _load_idle(path):
    try:
        with open(path) as file:
            zones = json.load(file)
    except (OSError, ValueError):
        return None
    return zones if type(zones) is list and len(zones) == 2 else None


def _save_idle(path, idle_mm):
    with open(path + ".new", "w") as file:
        json.dump(idle_mm, file)
    os.rename(path + ".new", path)
