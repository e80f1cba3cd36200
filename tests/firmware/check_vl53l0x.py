"""The driver of the cheaper sensor, and the pair that stands for two zones."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import json
import os
import time
import unittest

from people import PeopleCounter
from vl53l0x import OUT_OF_BOUNDS, VL53L0X, Pair
from vl53l1x import VALID, SensorError

from simulators.board import vl53l0x as model
from simulators.board.vl53l1x import FROZEN, NACK, SIGNAL_WEAK, STALE, STUCK, Reading

simulated.begin()

_FLOOR, _HEAD = 2000, 500
_FOLDER = "/tmp/shopbell-check-pair"


class Bus:
    """An I2C bus; a NACK is the ESP32's ENODEV, a stuck one its ETIMEDOUT."""

    def __init__(self, *sensors):
        self.sensors = sensors

    def readfrom_mem_into(self, address, register, buffer):
        (sensor,) = self._answering(address)  # two at one address would garble each other
        buffer[:] = sensor.read(address, register, len(buffer), time.ticks_us())

    def writeto_mem(self, address, register, data):
        for sensor in self._answering(address):
            sensor.write(address, register, data, time.ticks_us())

    def recover(self):
        for sensor in self.sensors:
            sensor.release()

    def _answering(self, address):
        if any(sensor.holds_bus for sensor in self.sensors):
            raise OSError(116)
        answering = [sensor for sensor in self.sensors if sensor.answers(address)]
        if not answering:
            raise OSError(19)
        return answering


class Shutdown:
    def __init__(self, sensor):
        self.sensor = sensor

    def value(self, level):
        self.sensor.set_power(bool(level), time.ticks_us())


class PairTest(unittest.TestCase):
    def setUp(self):
        self.models = [model.VL53L0X(lambda mm=mm: Reading(mm)) for mm in (2000, 700)]
        bus = Bus(*self.models)
        drivers = [
            VL53L0X(bus, 0x30 + index, Shutdown(sensor), bus.recover)
            for index, sensor in enumerate(self.models)
        ]
        self.pair = Pair(drivers[0], drivers[1], street_centre=167)
        asyncio.run(self.pair.start())

    def _read(self, centre):
        asyncio.run(self.pair.read(centre))
        return self.pair.status, self.pair.distance_mm

    def test_each_zone_is_the_sensor_that_looks_there(self):
        self.assertEqual((VALID, 2000), self._read(167))
        self.assertEqual((VALID, 700), self._read(231))

    def test_five_good_spads_with_an_aperture_are_enabled_as_the_factory_says(self):
        for sensor in self.models:
            self.assertEqual(b"\x00\x50\x15\x00\x00\x00", sensor.reference_spads)

    def test_the_tuning_ends_on_the_first_page_with_its_signal_limit(self):
        for sensor in self.models:
            self.assertEqual(0, sensor._registers[0xFF])
            self.assertEqual((0x00, 0x20), tuple(sensor._registers[0x44:0x46]))

    def test_no_target_is_no_distance(self):
        self.models[0].look = lambda: Reading(0, status=SIGNAL_WEAK)
        self.assertEqual(OUT_OF_BOUNDS, self._read(167)[0])

    def test_data_that_never_gets_ready_is_an_error_within_the_deadline(self):
        self.models[0].fault = STALE
        started = time.ticks_ms()
        with self.assertRaises(SensorError):
            self._read(167)
        self.assertTrue(time.ticks_diff(time.ticks_ms(), started) < 400)

    def test_a_start_recovers_from_a_freeze_and_gives_the_addresses_again(self):
        self._read(167)
        self.models[0].fault = FROZEN
        self.models[0].look = lambda: Reading(1111)
        self.assertEqual((VALID, 2000), self._read(167))
        asyncio.run(self.pair.start())
        self.assertEqual((VALID, 1111), self._read(167))
        self.assertTrue(self.models[0].answers(0x30) and self.models[1].answers(0x31))

    def test_nine_clocks_free_a_stuck_bus(self):
        self.models[1].fault = STUCK
        with self.assertRaises(OSError):
            self._read(167)
        self.pair.recover()
        self.assertEqual((VALID, 2000), self._read(167))

    def test_a_sensor_that_does_not_answer_is_an_error_at_once_and_the_other_one_goes_on(self):
        self.models[0].fault = NACK
        with self.assertRaises(OSError):
            self._read(167)
        self.assertEqual((VALID, 700), self._read(231))

    def test_a_sensor_that_a_dip_in_the_supply_has_reset_is_found_again_by_a_start(self):
        self.models[1].set_power(False, time.ticks_us())
        self.models[1].set_power(True, time.ticks_us())
        with self.assertRaises(OSError):
            self._read(231)  # it is back at the address that both have at first
        asyncio.run(self.pair.start())
        self.assertEqual((VALID, 2000), self._read(167))
        self.assertEqual((VALID, 700), self._read(231))

    def test_each_shot_in_a_row_is_a_new_reading(self):
        first = self.models[0].shots

        async def shoot():
            for _ in range(20):
                await self.pair.read(167)

        asyncio.run(shoot())
        self.assertEqual(20, self.models[0].shots - first)

    def test_a_sensor_without_its_calibrations_gives_no_distance(self):
        sensor = model.VL53L0X(lambda: Reading(1000))
        driver = VL53L0X(Bus(sensor), 0x30, Shutdown(sensor))

        async def nothing(step, start):
            pass

        driver._calibrate = nothing

        async def measure():
            await driver.start()
            await driver.read()

        asyncio.run(measure())
        self.assertEqual(OUT_OF_BOUNDS, driver.status)

    def test_another_chip_is_refused_by_name(self):
        sensor = model.VL53L0X(lambda: Reading(1))
        driver = VL53L0X(Bus(sensor), 0x30, _Keeping(sensor))
        with self.assertRaises(SensorError):
            asyncio.run(driver.start())


class CountingTest(unittest.TestCase):
    """A pair counts as the two zones of a VL53L1X do."""

    def setUp(self):
        if _FOLDER.split("/")[-1] not in os.listdir("/tmp"):
            os.mkdir(_FOLDER)
        with open(_FOLDER + "/idle-0.json", "w") as file:
            json.dump([_FLOOR, _FLOOR], file)
        self.models = [model.VL53L0X(lambda at=at: self._look(at)) for at in (0, 500)]
        self.bus = Bus(*self.models)
        drivers = [
            VL53L0X(self.bus, 0x30 + index, Shutdown(sensor), self.bus.recover)
            for index, sensor in enumerate(self.models)
        ]
        self.pair = Pair(drivers[0], drivers[1], street_centre=167)
        self.events = []
        self.walks_at = None

    def tearDown(self):
        os.remove(_FOLDER + "/idle-0.json")

    def _look(self, after_ms):
        since_ms = time.ticks_diff(time.ticks_ms(), self.walks_at) if self.walks_at else -1
        noise_mm = time.ticks_us() % 7
        return Reading((_HEAD if after_ms <= since_ms < after_ms + 900 else _FLOOR) + noise_mm)

    def _walk(self, invert=False, trouble=None):
        def report(kind, ticks, fields):
            self.events.append((kind, fields.get("direction")))

        async def play():
            counter = PeopleCounter(0, self.pair, report, _FOLDER, invert)
            task = asyncio.create_task(counter.run(lambda: None))
            while counter.pairs < 2:
                await asyncio.sleep_ms(10)
            if trouble is not None:
                trouble()
                pairs = counter.pairs
                while counter.pairs < pairs + 3:
                    await asyncio.sleep_ms(10)
            self.walks_at = time.ticks_ms()
            while not self.events and time.ticks_diff(time.ticks_ms(), self.walks_at) < 5000:
                await asyncio.sleep_ms(10)
            task.cancel()

        asyncio.run(play())

    def test_the_street_sensor_first_is_in(self):
        self._walk()
        self.assertEqual([("passage", "in")], self.events)

    def test_mounted_the_other_way_round_it_is_out(self):
        self._walk(invert=True)
        self.assertEqual([("passage", "out")], self.events)

    def test_counting_goes_on_after_one_of_both_was_reset(self):
        def dip():
            self.models[1].set_power(False, time.ticks_us())
            self.models[1].set_power(True, time.ticks_us())

        self._walk(trouble=dip)
        self.assertEqual([("passage", "in")], self.events)

    def test_counting_goes_on_after_the_bus_was_stuck(self):
        def stick():
            self.models[0].fault = STUCK

        self._walk(trouble=stick)
        self.assertEqual([("passage", "in")], self.events)


class _Keeping:
    """A shutdown pin of a chip that is not a VL53L0X."""

    def __init__(self, sensor):
        self.sensor = sensor

    def value(self, level):
        self.sensor.set_power(bool(level), time.ticks_us())
        self.sensor._registers[0xC0] = 0xAA


unittest.main()
