"""The driver against the register model of the sensor, with the faults seen in the field."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import time
import unittest

from vl53l1x import VALID, VL53L1X, SensorError

from simulators.board import vl53l1x as model

simulated.begin()


class Bus:
    """An I2C bus; a NACK is the ESP32's ENODEV, a stuck one its ETIMEDOUT."""

    def __init__(self, *sensors):
        self.sensors = sensors

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        (sensor,) = self._answering(address)  # two at one address would garble each other
        buffer[:] = sensor.read(address, register, len(buffer), time.ticks_us())

    def writeto_mem(self, address, register, data, addrsize=8):
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


class LeanBus:
    """A bus with one sensor that allocates nothing itself."""

    def __init__(self, sensor):
        self.sensor = sensor

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        buffer[:] = self.sensor.read(address, register, len(buffer), time.ticks_us())


class Scene:
    """What the sensor looks at: a distance for each half of its array."""

    def __init__(self):
        self.halves = [model.Reading(2400), model.Reading(700)]

    def look(self, first_column, last_column):
        assert last_column - first_column == 7
        return self.halves[0 if last_column < 8 else 1]


class Shutdown:
    """The XSHUT pin."""

    def __init__(self, sensor):
        self.sensor = sensor

    def value(self, level):
        self.sensor.set_power(bool(level), time.ticks_us())


def _started(budget_ms=20):
    scene = Scene()
    scene.look_at_all = scene.look
    sensor = model.VL53L1X(lambda first, last: model.Reading(2400))
    driver = VL53L1X(Bus(sensor), xshut=Shutdown(sensor))
    asyncio.run(driver.start(budget_ms=budget_ms))
    driver.set_zone_size(8, 16)
    sensor.look = scene.look
    return driver, sensor, scene


class DriverTest(unittest.TestCase):
    def test_each_zone_gives_its_own_distance(self):
        driver, _, _ = _started()
        asyncio.run(driver.read(167))
        self.assertEqual((VALID, 2400), (driver.status, driver.distance_mm))
        asyncio.run(driver.read(231))
        self.assertEqual((VALID, 700), (driver.status, driver.distance_mm))

    def test_the_model_takes_the_time_that_the_driver_has_budgeted(self):
        for budget_ms in (20, 28, 33, 50):
            _, sensor, _ = _started(budget_ms)
            self.assertTrue(abs(sensor.shot_us() - budget_ms * 1000) < 0.04 * budget_ms * 1000)

    def test_the_default_budget_allows_fifteen_pairs_of_zones_a_second(self):
        sensor = model.VL53L1X(lambda first, last: model.Reading(2400))
        asyncio.run(VL53L1X(Bus(sensor)).start())
        self.assertTrue(2 * sensor.shot_us() < 1_000_000 // 15)

    def test_a_bad_status_is_passed_on(self):
        driver, _, scene = _started()
        for status in (4, 5, 6, 7):
            scene.halves[0] = model.Reading(300, status=status)
            asyncio.run(driver.read(167))
            self.assertEqual(status, driver.status)

    def test_reading_allocates_next_to_nothing(self):
        import gc

        driver, sensor, _ = _started()
        reading = model.Reading(900)
        sensor.look = lambda first, last: reading
        gc.collect()
        driver._write(0x007F, 167)
        driver._i2c = LeanBus(sensor)
        before = gc.mem_alloc()
        for _ in range(20):
            driver._read_byte(0x0031)
        self.assertTrue((gc.mem_alloc() - before) // 20 < 400)  # the model's own bytes

    def test_another_chip_is_refused_by_name(self):
        sensor = model.VL53L1X(lambda first, last: model.Reading(1))
        driver = VL53L1X(Bus(sensor))
        sensor._put_word(0x010F, 0xEEAA)
        write = sensor.write
        sensor.write = lambda address, register, data, now: (
            register and write(address, register, data, now)
        )
        with self.assertRaises(SensorError):
            asyncio.run(driver.start())

    def test_a_sensor_that_does_not_answer_is_an_error_at_once(self):
        driver, sensor, _ = _started()
        sensor.fault = model.NACK
        with self.assertRaises(OSError):
            asyncio.run(driver.read(167))

    def test_data_that_never_gets_ready_is_an_error_within_the_deadline(self):
        driver, sensor, _ = _started()
        sensor.fault = model.STALE
        started = time.ticks_ms()
        with self.assertRaises(SensorError):
            asyncio.run(driver.read(167))
        self.assertTrue(time.ticks_diff(time.ticks_ms(), started) < 300)

    def test_a_start_after_a_freeze_recovers_by_the_shutdown_pin(self):
        driver, sensor, _ = _started()
        sensor.fault = model.FROZEN
        sensor.look = lambda first, last: model.Reading(1111)
        asyncio.run(driver.read(167))
        self.assertNotEqual(1111, driver.distance_mm)
        asyncio.run(driver.start(budget_ms=20))
        asyncio.run(driver.read(167))
        self.assertEqual(1111, driver.distance_mm)

    def test_two_sensors_share_a_bus_at_addresses_of_their_own(self):
        sensors = [model.VL53L1X(lambda first, last, mm=mm: model.Reading(mm)) for mm in (700, 900)]
        bus = Bus(*sensors)
        drivers = [VL53L1X(bus, 0x30 + i, Shutdown(s)) for i, s in enumerate(sensors)]

        async def both():
            await asyncio.gather(*(driver.start(budget_ms=20) for driver in drivers))
            for driver in drivers:
                await driver.read(167)

        asyncio.run(both())
        self.assertEqual([700, 900], [driver.distance_mm for driver in drivers])

    def test_a_sensor_that_was_shut_down_gets_its_address_again(self):
        sensor = model.VL53L1X(lambda first, last: model.Reading(800))
        driver = VL53L1X(Bus(sensor), 0x31, Shutdown(sensor))
        for _ in range(2):
            asyncio.run(driver.start(budget_ms=20))
            asyncio.run(driver.read(167))
            self.assertTrue(sensor.answers(0x31))

    def test_without_a_shutdown_pin_a_sensor_is_found_where_the_last_run_left_it(self):
        sensor = model.VL53L1X(lambda first, last: model.Reading(800))
        asyncio.run(VL53L1X(Bus(sensor), 0x31).start(budget_ms=20))
        asyncio.run(VL53L1X(Bus(sensor), 0x31).start(budget_ms=20))
        self.assertTrue(sensor.answers(0x31))

    def test_a_stuck_bus_is_an_error_and_nine_clocks_free_it(self):
        sensor = model.VL53L1X(lambda first, last: model.Reading(800))
        bus = Bus(sensor)
        driver = VL53L1X(bus, recover_bus=bus.recover)
        asyncio.run(driver.start(budget_ms=20))
        sensor.fault = model.STUCK
        with self.assertRaises(OSError):
            asyncio.run(driver.read(167))
        driver.recover()
        asyncio.run(driver.read(167))
        self.assertEqual(800, driver.distance_mm)


unittest.main()
