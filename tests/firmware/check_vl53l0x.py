"""The driver of the cheaper sensor, and the pair that stands for two zones."""

import asyncio
import time
import unittest

from vl53l0x import VL53L0X, Pair
from vl53l1x import OUT_OF_BOUNDS, VALID, SensorError

from simulators.board import vl53l0x as model
from simulators.board.vl53l1x import FROZEN, SIGNAL_WEAK, STALE, STUCK, Reading


class Bus:
    """An I2C bus; a NACK is the ESP32's ENODEV, a stuck one its ETIMEDOUT."""

    def __init__(self, *sensors):
        self.sensors = sensors

    def readfrom_mem_into(self, address, register, buffer):
        (sensor,) = self._answering(address)
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

    def test_another_chip_is_refused_by_name(self):
        sensor = model.VL53L0X(lambda: Reading(1))
        driver = VL53L0X(Bus(sensor), 0x30, _Keeping(sensor))
        with self.assertRaises(SensorError):
            asyncio.run(driver.start())


class _Keeping:
    """A shutdown pin of a chip that is not a VL53L0X."""

    def __init__(self, sensor):
        self.sensor = sensor

    def value(self, level):
        self.sensor.set_power(bool(level), time.ticks_us())
        self.sensor._registers[0xC0] = 0xAA


unittest.main()
