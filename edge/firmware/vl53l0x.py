"""Driver of the VL53L0X, and of a pair of them in place of the two zones of a VL53L1X.

The cheaper sensor has no zones, so one of the pair looks to the street and the other into the shop.
Register names are those of ST's API (UM2039).
"""

import asyncio
import time

from micropython import const
from vl53l1x import ADDRESS, OUT_OF_BOUNDS, VALID, SensorError, waking

_SYSRANGE_START = const(0x00)
_SEQUENCE_CONFIG = const(0x01)
_INTERRUPT_CONFIG = const(0x0A)
_INTERRUPT_CLEAR = const(0x0B)
_INTERRUPT_STATUS = const(0x13)
_RANGE_STATUS = const(0x14)
_MIN_COUNT_RATE = const(0x44)
_MSRC_CONFIG = const(0x60)
_GPIO_HV_MUX = const(0x84)
_I2C_MODE = const(0x88)
_EXTSUP_HV = const(0x89)
_DEVICE_ADDRESS = const(0x8A)
_STOP_VARIABLE = const(0x91)
_MODEL_ID = const(0xC0)

_EXPECTED_MODEL = const(0xEE)
_RANGE_VALID = const(11)  # DeviceRangeStatus "range complete"
_NO_TARGET_MM = const(8190)
_ALL_STEPS = const(0xE8)  # DSS, pre-range and final range
_SHOT_MS = const(30)  # polling begins, of the default budget of 33 ms
_DEADLINE_MS = const(100)


class VL53L0X:
    """One sensor. After `start()`, `await read()` leaves its result in the attributes."""

    def __init__(self, i2c, address, xshut, recover_bus=None):
        self._i2c = i2c
        self._own_address = address
        self._address = ADDRESS
        self._xshut = xshut
        self._recover_bus = recover_bus
        self._byte = bytearray(1)
        self._result = bytearray(12)
        self._stop_variable = 0
        self.status = 0  # as the VL53L1X has it: only VALID is a distance
        self.distance_mm = 0
        self.signal = 0
        self.ambient = 0
        xshut.value(0)

    async def start(self):
        """Wake, identify and configure the sensor; raise SensorError or OSError."""
        async with waking:
            self._xshut.value(0)
            await asyncio.sleep_ms(2)
            self._xshut.value(1)
            await asyncio.sleep_ms(3)
            self._address = ADDRESS  # a sensor that was shut down has forgotten its own
            model = self._read(_MODEL_ID)
            if model != _EXPECTED_MODEL:
                raise SensorError("model: expected 0x%02x, got 0x%02x" % (_EXPECTED_MODEL, model))
            self._write(_DEVICE_ADDRESS, self._own_address)
            self._address = self._own_address
        self._configure()
        await self._calibrate(0x01, 0x41)  # VL53L0X_perform_vhv_calibration
        await self._calibrate(0x02, 0x01)  # VL53L0X_perform_phase_calibration
        self._write(_SEQUENCE_CONFIG, _ALL_STEPS)

    def shut_down(self):
        """Take the sensor from the bus, until the next `start()`."""
        self._xshut.value(0)

    async def read(self):
        """Measure; `status` and `distance_mm` have the result."""
        self._open_page()
        self._write(_STOP_VARIABLE, self._stop_variable)
        self._close_page()
        self._write(_SYSRANGE_START, 0x01)
        await asyncio.sleep_ms(_SHOT_MS)
        await self._wait_for_data()
        self._i2c.readfrom_mem_into(self._address, _RANGE_STATUS, self._result)
        self._write(_INTERRUPT_CLEAR, 0x01)
        result = self._result
        self.signal = result[6] << 8 | result[7]
        self.ambient = result[8] << 8 | result[9]
        self.distance_mm = result[10] << 8 | result[11]
        is_valid = result[0] >> 3 & 0x0F == _RANGE_VALID and self.distance_mm < _NO_TARGET_MM
        self.status = VALID if is_valid else OUT_OF_BOUNDS

    def recover(self):
        """Free the bus, before the next `start()`."""
        if self._recover_bus is not None:
            self._recover_bus()

    def _configure(self):
        self._write(_EXTSUP_HV, self._read(_EXTSUP_HV) | 0x01)  # pulled up to 2.8 V
        self._write(_I2C_MODE, 0x00)
        self._open_page()
        self._stop_variable = self._read(_STOP_VARIABLE)
        self._close_page()
        self._write(_MSRC_CONFIG, self._read(_MSRC_CONFIG) | 0x12)
        self._write(_MIN_COUNT_RATE, 0)
        self._write(_MIN_COUNT_RATE + 1, 32)  # 0.25 megacounts a second, 9.7 fixed point
        self._write(_INTERRUPT_CONFIG, 0x04)  # a new sample is ready
        self._write(_GPIO_HV_MUX, self._read(_GPIO_HV_MUX) & ~0x10 & 0xFF)
        self._write(_INTERRUPT_CLEAR, 0x01)

    async def _calibrate(self, step, start):
        self._write(_SEQUENCE_CONFIG, step)
        self._write(_SYSRANGE_START, start)
        await self._wait_for_data()
        self._write(_INTERRUPT_CLEAR, 0x01)
        self._write(_SYSRANGE_START, 0x00)

    def _open_page(self):
        self._write(0x80, 0x01)
        self._write(0xFF, 0x01)
        self._write(0x00, 0x00)

    def _close_page(self):
        self._write(0x00, 0x01)
        self._write(0xFF, 0x00)
        self._write(0x80, 0x00)

    async def _wait_for_data(self):
        deadline = time.ticks_add(time.ticks_ms(), _DEADLINE_MS)
        while not self._read(_INTERRUPT_STATUS) & 0x07:
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                raise SensorError("data: expected to be ready in time, it is not")
            await asyncio.sleep_ms(1)

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _write(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)


class Pair:
    """Two VL53L0X that look like one VL53L1X: a zone is a sensor."""

    def __init__(self, street, shop, street_centre):
        self._sensors = street, shop
        self._street_centre = street_centre
        self.status = self.distance_mm = self.signal = self.ambient = 0

    async def start(self):
        # one that a dip in the supply has reset would answer at ADDRESS with the one that wakes
        for sensor in self._sensors:
            sensor.shut_down()
        for sensor in self._sensors:
            await sensor.start()

    def set_zone_size(self, columns, rows):
        """Do nothing: the whole view of a sensor is its zone."""

    async def read(self, centre):
        """Measure with the sensor that looks where the zone around this SPAD would."""
        sensor = self._sensors[0 if centre == self._street_centre else 1]
        await sensor.read()
        self.status, self.distance_mm = sensor.status, sensor.distance_mm
        self.signal, self.ambient = sensor.signal, sensor.ambient

    def recover(self):
        self._sensors[0].recover()
