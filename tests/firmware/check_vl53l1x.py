"""The driver against the register model of the sensor, with the faults seen in the field."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import time
import unittest

from vl53l1x import LONG, SHORT, VALID, VL53L1X, SensorError

from simulators.board import vl53l1x as model

simulated.begin()

# what `read` and the waits in it take of a 64-bit heap: not one copy of a result fits beside
_COROUTINES_BYTES = 512


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
    """A bus that allocates nothing itself: what is asked for is there at once, and says 9."""

    def __init__(self):
        self.buffers = None  # of all transfers, when they are to be looked at

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        for index in range(len(buffer)):
            buffer[index] = 9
        self._note(buffer)

    def writeto_mem(self, address, register, data, addrsize=8):
        self._note(data)

    def _note(self, buffer):
        if self.buffers is not None:
            self.buffers.append(buffer)


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


def _started(budget_ms=20, mode=LONG):
    scene = Scene()
    sensor = model.VL53L1X(lambda first, last: model.Reading(2400))
    driver = VL53L1X(Bus(sensor), xshut=Shutdown(sensor))
    asyncio.run(driver.start(mode, budget_ms))
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
        for mode in (LONG, SHORT):
            for budget_ms in (20, 28, 33, 50, 100):
                _, sensor, _ = _started(budget_ms, mode)
                self.assertTrue(abs(sensor.shot_us() - budget_ms * 1000) < 0.04 * budget_ms * 1000)

    def test_the_defaults_of_the_driver_of_its_maker_are_in_the_chip(self):
        _, sensor, _ = _started()
        expected = {
            0x2E: b"\x01\x01",  # pulled up to 2.8 V
            0x30: b"\x01",  # the interrupt is active high
            0x46: b"\x20",  # when a new sample is ready
            0x64: b"\x01\x68\x00\x80",  # sigma of 90 mm, 1 megacount a second
            0x81: b"\x9b",
        }
        for register, content in expected.items():
            self.assertEqual(content, bytes(sensor._registers[register:][: len(content)]))

    def test_a_distance_mode_is_its_pulses_and_phases(self):
        for mode, phasecal, periods, phase, woi, initial in (
            (SHORT, 0x14, (0x07, 0x05), 0x38, b"\x07\x05", b"\x06\x06"),
            (LONG, 0x0A, (0x0F, 0x0D), 0xB8, b"\x0f\x0d", b"\x0e\x0e"),
        ):
            registers = _started(mode=mode)[1]._registers
            self.assertEqual(phasecal, registers[0x4B])
            self.assertEqual(periods, (registers[0x60], registers[0x63]))
            self.assertEqual(phase, registers[0x69])
            self.assertEqual(woi + initial, bytes(registers[0x78:0x7C]))

    def test_a_sensor_that_never_boots_is_an_error_within_the_deadline(self):
        sensor = model.VL53L1X(lambda first, last: model.Reading(1))
        driver = VL53L1X(Bus(sensor), xshut=Shutdown(sensor))
        boot_us, model._BOOT_US = model._BOOT_US, 10**9
        started = time.ticks_ms()
        try:
            with self.assertRaises(SensorError):
                asyncio.run(driver.start())
        finally:
            model._BOOT_US = boot_us
        self.assertTrue(time.ticks_diff(time.ticks_ms(), started) < 100)

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

    def test_every_transfer_of_a_reading_uses_the_same_few_buffers(self):
        driver, _, _ = _started()
        driver._i2c = LeanBus()
        rounds = []
        for _ in range(3):
            driver._i2c.buffers = []
            asyncio.run(driver.read(167))
            rounds.append(driver._i2c.buffers)
        self.assertTrue(len(rounds[0]) > 3)
        for buffers in rounds[1:]:
            self.assertEqual([id(b) for b in rounds[0]], [id(b) for b in buffers])

    def test_a_reading_costs_the_heap_its_coroutines_only(self):
        import gc

        driver, _, _ = _started()
        driver._i2c = LeanBus()
        costs = []

        async def measure(readings):
            gc.collect()
            before = gc.mem_alloc()
            for _ in range(readings):
                await driver.read(167)
            costs.append(gc.mem_alloc() - before)

        gc.disable()
        asyncio.run(measure(1))
        asyncio.run(measure(21))
        gc.enable()
        self.assertTrue(costs[1] - costs[0] <= 20 * _COROUTINES_BYTES)

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
