"""Driver of the VL53L0X, and of a pair of them in place of the two zones of a VL53L1X.

The cheaper sensor has no zones, so one of the pair looks to the street and the other into the shop.
Register names are those of ST's API (UM2039).
"""

import asyncio
import time

from micropython import const
from vl53l1x import ADDRESS, VALID, SensorError, waking

OUT_OF_BOUNDS = const(5)  # as the VL53L1X has it: no distance

_SYSRANGE_START = const(0x00)
_SEQUENCE_CONFIG = const(0x01)
_INTERRUPT_CONFIG = const(0x0A)
_INTERRUPT_CLEAR = const(0x0B)
_INTERRUPT_STATUS = const(0x13)
_RANGE_STATUS = const(0x14)
_GPIO_HV_MUX = const(0x84)
_I2C_MODE = const(0x88)
_EXTSUP_HV = const(0x89)
_DEVICE_ADDRESS = const(0x8A)
_STOP_VARIABLE = const(0x91)
_PAGE = const(0xFF)
_NVM_CONTROL = const(0x83)  # on the hidden pages
_NVM_SPADS = const(0x92)
_SPADS_REQUESTED = const(0x4E)  # and the start offset follows
_SPADS = const(0xB0)  # a bit for each of 48
_SPADS_START = const(0xB6)
_MODEL_ID = const(0xC0)

_EXPECTED_MODEL = const(0xEE)
_RANGE_VALID = const(11)  # DeviceRangeStatus "range complete"
_NO_TARGET_MM = const(8190)
_ALL_STEPS = const(0xE8)  # DSS, pre-range and final range
_SHOT_MS = const(30)  # polling begins, of the default budget of 33 ms
_DEADLINE_MS = const(100)
_FIRST_APERTURE_SPAD = const(12)

# ST's DefaultTuningSettings (vl53l0x_tuning.h): register and value in turn, with changes of page.
# Among them the weakest signal, 0.25 megacounts a second (0x44).
_TUNING = (
    b"\xff\x01\x00\x00\xff\x00\x09\x00\x10\x00\x11\x00\x24\x01\x25\xff\x75\x00"
    b"\xff\x01\x4e\x2c\x48\x00\x30\x20\xff\x00\x30\x09\x54\x00\x31\x04\x32\x03"
    b"\x40\x83\x46\x25\x60\x00\x27\x00\x50\x06\x51\x00\x52\x96\x56\x08\x57\x30"
    b"\x61\x00\x62\x00\x64\x00\x65\x00\x66\xa0\xff\x01\x22\x32\x47\x14\x49\xff"
    b"\x4a\x00\xff\x00\x7a\x0a\x7b\x00\x78\x21\xff\x01\x23\x34\x42\x00\x44\xff"
    b"\x45\x26\x46\x05\x40\x40\x0e\x06\x20\x1a\x43\x40\xff\x00\x34\x03\x35\x44"
    b"\xff\x01\x31\x04\x4b\x09\x4c\x05\x4d\x04\xff\x00\x44\x00\x45\x20\x47\x08"
    b"\x48\x28\x67\x00\x70\x04\x71\x01\x72\xfe\x76\x00\x77\x00\xff\x01\x0d\x01"
    b"\xff\x00\x80\x01\x01\xf8\xff\x01\x8e\x01\x00\x01\xff\x00\x80\x00"
)


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
        self._read_stop_variable()
        await self._enable_spads()
        for at in range(0, len(_TUNING), 2):
            self._write(_TUNING[at], _TUNING[at + 1])
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
        await self._wait_for(_INTERRUPT_STATUS, 0x07, "data")
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

    def _read_stop_variable(self):
        self._write(_EXTSUP_HV, self._read(_EXTSUP_HV) | 0x01)  # pulled up to 2.8 V
        self._write(_I2C_MODE, 0x00)
        self._open_page()
        self._stop_variable = self._read(_STOP_VARIABLE)
        self._close_page()

    async def _enable_spads(self):
        """Use the reference SPADs that the factory has found good (set_reference_spads)."""
        count, is_aperture = await self._spads_of_factory()
        self._write(_PAGE, 0x01)
        self._write(_SPADS_REQUESTED + 1, 0x00)
        self._write(_SPADS_REQUESTED, 0x2C)
        self._write(_PAGE, 0x00)
        self._write(_SPADS_START, 0xB4)
        spads = bytearray(6)
        self._i2c.readfrom_mem_into(self._address, _SPADS, spads)
        keep(spads, count, _FIRST_APERTURE_SPAD if is_aperture else 0)
        self._i2c.writeto_mem(self._address, _SPADS, spads)

    async def _spads_of_factory(self):
        """Return from its memory how many, and whether of those with an aperture."""
        self._open_page()
        self._write(_PAGE, 0x06)
        self._write(_NVM_CONTROL, self._read(_NVM_CONTROL) | 0x04)
        self._write(_PAGE, 0x07)
        self._write(0x81, 0x01)
        self._write(0x80, 0x01)
        self._write(0x94, 0x6B)
        self._write(_NVM_CONTROL, 0x00)
        await self._wait_for(_NVM_CONTROL, 0xFF, "memory")
        self._write(_NVM_CONTROL, 0x01)
        found = self._read(_NVM_SPADS)
        self._write(0x81, 0x00)
        self._write(_PAGE, 0x06)
        self._write(_NVM_CONTROL, self._read(_NVM_CONTROL) & ~0x04 & 0xFF)
        self._write(_PAGE, 0x01)
        self._close_page()
        return found & 0x7F, found >> 7

    def _configure(self):
        self._write(_INTERRUPT_CONFIG, 0x04)  # a new sample is ready
        self._write(_GPIO_HV_MUX, self._read(_GPIO_HV_MUX) & ~0x10 & 0xFF)
        self._write(_INTERRUPT_CLEAR, 0x01)

    async def _calibrate(self, step, start):
        self._write(_SEQUENCE_CONFIG, step)
        self._write(_SYSRANGE_START, start)
        await self._wait_for(_INTERRUPT_STATUS, 0x07, "data")
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

    async def _wait_for(self, register, mask, what):
        deadline = time.ticks_add(time.ticks_ms(), _DEADLINE_MS)
        while not self._read(register) & mask:
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                raise SensorError("%s: expected to be ready in time, it is not" % what)
            await asyncio.sleep_ms(1)

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte)
        return self._byte[0]

    def _write(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte)


def keep(spads, count, first):
    """Leave only so many of the bits that are set, from the first one on that may be used."""
    kept = 0
    for spad in range(8 * len(spads)):
        bit = 1 << spad % 8
        if spad < first or kept == count:
            spads[spad // 8] &= ~bit & 0xFF
        elif spads[spad // 8] & bit:
            kept += 1


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
