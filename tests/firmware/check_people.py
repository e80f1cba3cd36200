"""The people counter with a sensor that the test plays: calibration, drift, blockages."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import os
import random
import unittest

import people
from calibration import Calibration, measured
from vl53l0x import OUT_OF_BOUNDS
from vl53l1x import VALID, SensorError

from simulators.board.vl53l1x import SIGMA_HIGH, SIGNAL_WEAK, WRAPPED

simulated.begin()

_PATH = "/tmp/shopbell-check-people"
_FLOOR, _HEAD = 2400, 700
_PACE_MS = 33


class Sensor:
    """Answers at the chip's pace; `see(zone)` gives status and distance, until `ends_after` reads.

    A dead one fails at once, at each start and at each reading.
    """

    def __init__(self):
        self.starts = 0
        self.recovered = 0
        self.reads = 0
        self.ends_after = 400
        self.see = lambda zone: (VALID, _FLOOR)
        self.status, self.distance_mm, self.signal, self.ambient = 0, 0, 0, 0
        self.dies_at_ms = self.lives_at_ms = 0

    async def start(self):
        self.starts += 1
        self._answer()

    def recover(self):
        self.recovered += 1

    def set_zone_size(self, columns, rows):
        pass

    async def read(self, centre):
        await asyncio.sleep_ms(_PACE_MS)
        self._answer()
        self.reads += 1
        if self.reads > self.ends_after:
            raise _Over
        self.signal = self.reads
        self.status, self.distance_mm = self.see(0 if centre == 167 else 1)

    def _answer(self):
        if self.dies_at_ms <= simulated.Time.elapsed_ms < self.lives_at_ms:
            raise SensorError("model: expected an answer")


class _Over(Exception):
    pass


class Presence:
    def __init__(self, quiet_from_ms=0):
        self.quiet_from_ms = quiet_from_ms

    def is_quiet(self):
        return simulated.Time.elapsed_ms >= self.quiet_from_ms


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
        simulated.Time.elapsed_ms = 0
        self.events = []
        self.times_ms = []
        self.sensor = Sensor()

    def tearDown(self):
        _clear()

    def _counter(self, presence=None):
        return people.PeopleCounter(0, self.sensor, self._report, _PATH, presence=presence)

    def _report(self, kind, ticks, fields):
        self.events.append((kind, fields))
        ago_ms = simulated.Time.ticks_diff(simulated.Time.ticks_ms(), ticks)
        self.times_ms.append(simulated.Time.elapsed_ms - ago_ms)

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

    def test_no_floor_is_measured_before_nobody_is_there(self):
        _run(self._counter(Presence(quiet_from_ms=20_000)))
        self.assertEqual(["calibrated"], self._kinds())
        self.assertTrue(20_000 < self.times_ms[0] < 22_000)

    def test_a_door_that_is_never_quiet_is_not_waited_for_for_ever(self):
        _run(self._counter(Presence(quiet_from_ms=10**9)))
        self.assertEqual(["calibrated"], self._kinds())
        self.assertTrue(60_000 < self.times_ms[0] < 62_000)

    def test_a_floor_is_measured_anew_on_request_as_soon_as_nobody_is_there(self):
        presence = Presence()
        _run(self._counter(presence))
        self.sensor.see = lambda zone: (VALID, _FLOOR + 100)
        self.sensor.reads, presence.quiet_from_ms = 0, simulated.Time.elapsed_ms + 5_000
        counter = self._counter(presence)
        counter.recalibrate_requested = True
        _run(counter)
        self.assertEqual(["calibrated", "calibrated"], self._kinds())
        self.assertTrue(self.times_ms[1] > presence.quiet_from_ms)
        self.assertEqual([2500, 2500], Calibration(_PATH + "/idle-0.json").idle_mm)

    def test_a_floor_that_somebody_stands_on_leaves_the_old_one(self):
        counter = self._counter()
        _run(counter)
        self.sensor.reads, self.sensor.ends_after = 0, 100
        self.sensor.see = lambda zone: (VALID, _FLOOR - (500 * (self.sensor.reads // 9 % 2)))
        counter.recalibrate_requested = True
        _run(counter)
        self.assertEqual(["calibrated"], self._kinds())
        self.assertFalse(counter.recalibrate_requested)
        self.assertEqual([2400, 2400], Calibration(_PATH + "/idle-0.json").idle_mm)

    def test_a_reading_that_is_weak_noisy_wrapped_or_nothing_is_no_distance(self):
        for status, distance in (
            (SIGNAL_WEAK, _HEAD),
            (OUT_OF_BOUNDS, _HEAD),
            (SIGMA_HIGH, _HEAD),
            (WRAPPED, _HEAD),
            (VALID, 0),
        ):
            self.events, self.sensor.reads = [], 0
            bad = status, distance
            self.sensor.see = lambda zone, bad=bad: self._somebody(zone, bad)
            counter = self._counter()
            _run(counter)
            self.assertEqual([], [kind for kind in self._kinds() if "passage" in kind], bad)
        self.sensor.reads = 0
        self.sensor.see = lambda zone: self._somebody(zone, (VALID, _HEAD))
        _run(self._counter())
        self.assertEqual("passage", self._kinds()[-1])

    def test_a_wrapped_phase_that_looks_like_0_mm_is_no_cover(self):
        self.sensor.see = lambda zone: (VALID, 0 if self.sensor.reads > 100 else _FLOOR)
        _run(self._counter())
        self.assertEqual(["calibrated"], self._kinds())

    def _somebody(self, zone, reading):
        """Return a reading in the place of who walks in after 100 readings, else the floor."""
        first = 100 if zone == 0 else 110
        return reading if first <= self.sensor.reads < first + 20 else (VALID, _FLOOR)

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
        self.sensor.dies_at_ms, self.sensor.lives_at_ms = 5_000, 65_000
        _run(self._counter())
        self.assertEqual(["calibrated", "sensor_blocked", "sensor_cleared"], self._kinds())
        self.assertTrue(abs(self.times_ms[1] - 5_000) < 100)
        self.assertTrue(abs(self.events[2][1]["duration_ms"] - 60_000) < 1_000)
        self.assertTrue(self.sensor.starts > 100)

    def test_a_sensor_that_is_away_for_a_moment_is_no_news(self):
        self.sensor.dies_at_ms, self.sensor.lives_at_ms = 5_000, 8_000
        _run(self._counter())
        self.assertEqual(["calibrated"], self._kinds())

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

    def test_a_floor_that_drifts_is_followed_only_while_nobody_is_there(self):
        self.sensor.ends_after = 3_000
        warmer_from = 100
        self.sensor.see = lambda zone: (
            VALID,
            _FLOOR + (30 if self.sensor.reads > warmer_from else 0),
        )
        counter = self._counter(Presence())
        _run(counter)
        self.assertTrue(2410 <= counter._calibration.idle_mm[0] <= 2430)

        _clear()
        self.sensor.reads = 0
        presence = Presence(simulated.Time.elapsed_ms)
        counter = self._counter(presence)
        presence.is_quiet = lambda: self.sensor.reads < warmer_from  # then somebody moves about
        _run(counter)
        self.assertEqual([2400, 2400], counter._calibration.idle_mm)

    def test_a_floor_under_somebody_is_not_followed(self):
        counter = self._counter(Presence())
        _run(counter)
        counter._counter.is_busy = True
        for _ in range(500):
            simulated.Time.advance(_PACE_MS)
            self.sensor.signal += 1
            counter._look_after(0, _FLOOR + 30)
        self.assertEqual([2400, 2400], counter._calibration.idle_mm)

    def test_a_covered_sensor_is_blocked_for_as_long_as_it_is_covered(self):
        covered = range(100, 700)
        self.sensor.ends_after = 800
        self.sensor.see = lambda zone: (VALID, 40 if self.sensor.reads in covered else _FLOOR)
        _run(self._counter())
        self.assertEqual(["calibrated", "sensor_blocked", "sensor_cleared"], self._kinds())
        self.assertTrue(abs(self.times_ms[1] - 100 * _PACE_MS) < 200)
        self.assertTrue(abs(self.events[2][1]["duration_ms"] - 600 * _PACE_MS) < 200)

    def test_a_hand_before_the_sensor_is_no_news(self):
        self.sensor.see = lambda zone: (VALID, 40 if 100 <= self.sensor.reads < 200 else _FLOOR)
        _run(self._counter())
        self.assertEqual(["calibrated"], self._kinds())


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
