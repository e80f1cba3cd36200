"""The people counter with a sensor that the test plays: calibration, drift, blockages."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import os
import random
import unittest

import people
from calibration import Calibration, measured
from vl53l1x import VALID, SensorError

from simulators.board.vl53l1x import SIGNAL_WEAK

simulated.begin()

_PATH = "/tmp/shopbell-check-people"
_FLOOR = 2400


class Sensor:
    """Answers at once; `see(zone)` gives status and distance."""

    def __init__(self):
        self.starts = 0
        self.recovered = 0
        self.reads = 0
        self.ends_after = 400
        self.see = lambda zone: (VALID, _FLOOR)
        self.status, self.distance_mm, self.signal, self.ambient = 0, 0, 0, 0
        self.fails = False

    async def start(self):
        self.starts += 1
        if self.fails:
            raise SensorError("model: expected an answer")

    def recover(self):
        self.recovered += 1

    def set_zone_size(self, columns, rows):
        pass

    async def read(self, centre):
        self.reads += 1
        if self.reads > self.ends_after:
            raise _Over
        self.signal = self.reads
        self.status, self.distance_mm = self.see(0 if centre == 167 else 1)
        await asyncio.sleep_ms(0)


class _Over(Exception):
    pass


class Presence:
    def __init__(self, quiet=True):
        self.quiet = quiet

    def is_quiet(self):
        return self.quiet


def _nothing():
    pass


def _run(counter):
    try:
        asyncio.run(counter.run(_nothing))
    except _Over:
        return


class PeopleTest(unittest.TestCase):
    def setUp(self):
        _clear()
        self.events = []
        self.sensor = Sensor()

    def tearDown(self):
        _clear()

    def _counter(self, presence=None):
        return people.PeopleCounter(0, self.sensor, self._report, _PATH, presence=presence)

    def _report(self, kind, ticks, fields):
        self.events.append((kind, fields))

    def _kinds(self):
        return [kind for kind, _ in self.events]

    def test_the_floor_is_measured_once_and_known_after_a_restart(self):
        _run(self._counter())
        self.sensor.reads = 0
        _run(self._counter())
        self.assertEqual([("calibrated", {"sensor": 0, "idle_mm": [2400, 2400]})], self.events)

    def test_no_floor_is_measured_while_something_moves_below(self):
        self.sensor.see = lambda zone: (VALID, 700 + 1000 * (self.sensor.reads // 7 % 2))
        self.sensor.ends_after = 70
        _run(self._counter())
        self.assertEqual([], [kind for kind in self._kinds() if kind == "calibrated"])

    def test_a_weak_reading_is_no_distance(self):
        self.sensor.see = lambda zone: (SIGNAL_WEAK if self.sensor.reads > 60 else VALID, _FLOOR)
        counter = self._counter()
        _run(counter)
        self.assertFalse(counter._counter.is_busy)
        self.assertEqual(["calibrated"], self._kinds())

    def test_a_frozen_sensor_is_started_again(self):
        signal = self.sensor

        def see(zone):
            signal.signal = 5
            return VALID, _FLOOR

        self.sensor.see = see
        self.sensor.ends_after = 300
        _run(self._counter())
        self.assertTrue(self.sensor.starts > 1)
        self.assertTrue(self.sensor.recovered > 0)

    def test_a_dead_sensor_is_blocked_until_it_lives(self):
        counter = self._counter()
        simulated.Time.advance(60_000)
        counter._blockage.bad("no answer")
        counter._blockage.bad("no answer")
        counter._blockage.good()
        self.assertEqual(["sensor_blocked", "sensor_cleared"], self._kinds())
        self.assertTrue(self.events[1][1]["duration_ms"] >= 60_000)

    def test_a_sensor_that_was_covered_for_weeks_says_for_how_long(self):
        blockage = self._counter()._blockage
        for _ in range(20):
            simulated.Time.advance(86_400_000)
            blockage.bad("something covers it")
        blockage.good()
        self.assertEqual(["sensor_blocked", "sensor_cleared"], self._kinds())
        self.assertEqual(20 * 86_400_000, self.events[1][1]["duration_ms"])

    def test_a_display_stand_below_it_blocks_it_for_weeks_and_not_in_between(self):
        counter = self._counter()
        _run(counter)
        counter._counter.is_busy = True
        for _ in range(20):
            simulated.Time.advance(86_400_000)
            self.sensor.signal += 1
            counter._look_after(0, 1000)
        self.assertEqual(["calibrated", "sensor_blocked"], self._kinds())

    def test_the_floor_is_followed_also_after_weeks_without_anybody(self):
        counter = self._counter(Presence())
        _run(counter)
        for _ in range(20):
            simulated.Time.advance(86_400_000)
            counter._look_after(0, _FLOOR)
            self.assertTrue(counter._is_free_for_long())

    def test_a_covered_sensor_is_blocked(self):
        self.sensor.see = lambda zone: (VALID, _FLOOR if self.sensor.reads < 60 else 40)
        counter = self._counter()
        people_bad = counter._blockage.bad
        counter._blockage.bad = lambda why, after_ms=0: people_bad(why, -1)
        _run(counter)
        self.assertTrue("sensor_blocked" in self._kinds())


class CalibrationTest(unittest.TestCase):
    def setUp(self):
        _clear()
        self.calibration = Calibration(_PATH + "/idle-0.json")
        self.calibration.take([2400, 2400])

    def tearDown(self):
        _clear()

    def _drift(self, to_mm, readings=6000):
        draw = random.randrange
        for _ in range(readings):
            for zone in (0, 1):
                self.calibration.follow(zone, to_mm + draw(-40, 41))

    def test_slow_drift_is_followed_and_kept(self):
        random.seed(1)
        self._drift(2440)
        self.assertTrue(abs(self.calibration.idle_mm[0] - 2440) <= 12)
        kept = Calibration(_PATH + "/idle-0.json").idle_mm
        self.assertTrue(abs(kept[0] - 2440) <= 30)

    def test_noise_alone_moves_nothing_far(self):
        random.seed(2)
        self._drift(2400)
        self.assertTrue(abs(self.calibration.idle_mm[0] - 2400) <= 8)

    def test_something_that_stands_there_is_not_drift(self):
        self._drift(1500)
        self.assertEqual([2400, 2400], self.calibration.idle_mm)

    def test_a_torn_file_is_no_calibration(self):
        for content in ("", "[24", "[1, 2, 3]", '["2400", 2400]', "[0, 2400]"):
            with open(_PATH + "/idle-0.json", "w") as file:
                file.write(content)
            self.assertIsNone(Calibration(_PATH + "/idle-0.json").idle_mm)

    def test_zones_that_differ_much_are_no_floor(self):
        self.assertIsNone(measured(([2400] * 15, [1500] * 15)))
        self.assertEqual([2400, 2300], measured(([2400] * 15, [2300] * 15)))


def _clear():
    if _PATH.split("/")[-1] not in os.listdir("/tmp"):
        os.mkdir(_PATH)
    for name in os.listdir(_PATH):
        os.remove(_PATH + "/" + name)


unittest.main()
