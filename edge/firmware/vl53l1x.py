"""Driver of the VL53L1X time-of-flight sensor: a distance at a time, from a zone of its array.

Register names are those of ST's ultra lite driver (ULD, UM2510) and of the VL53L1X's API. Ranging
is single shot: the zone is set between two shots, so that a reading belongs to its zone without
doubt.
"""

import asyncio
import time

from micropython import const

ADDRESS = const(0x29)

# The status of a reading, by RESULT__RANGE_STATUS bits 4..0. Only VALID is a distance: a reading
# that is weak, noisy or wrapped around is none.
VALID = const(9)

_SOFT_RESET = const(0x0000)
_DEVICE_ADDRESS = const(0x0001)
_OSC_FREQUENCY = const(0x0006)
_VHV_TIMEOUT_LOOP_BOUND = const(0x0008)
_DEFAULTS_START = const(0x002D)
_GPIO_TIO_HV_STATUS = const(0x0031)
_PHASECAL_TIMEOUT = const(0x004B)
_RANGE_TIMEOUT_A = const(0x005E)
_VCSEL_PERIOD_A = const(0x0060)
_RANGE_TIMEOUT_B = const(0x0061)
_VCSEL_PERIOD_B = const(0x0063)
_VALID_PHASE_HIGH = const(0x0069)
_WOI_SD0 = const(0x0078)
_INITIAL_PHASE_SD0 = const(0x007A)
_ROI_CENTRE = const(0x007F)
_ROI_SIZE = const(0x0080)
_INTERRUPT_CLEAR = const(0x0086)  # and MODE_START follows at 0x0087
_RESULT = const(0x0089)
_SYSTEM_STATUS = const(0x00E5)
_MODEL_ID = const(0x010F)

_EXPECTED_MODEL = const(0xEACC)
_SINGLE_SHOT = const(0x10)

_BOOT_DEADLINE_MS = const(50)
_SPARE_MS = const(40)  # beyond the budget
_FIRST_SHOT_MS = const(300)  # it takes 103 ms and more (sparkfun#37)
_POLL_MS = const(1)

# ULD's default block for 0x2D..0x87. 0x2E and 0x2F: bit 0 set, I2C and GPIO are pulled up to 2.8 V.
_DEFAULTS = const(
    b"\x00\x01\x01\x01\x02\x00\x02\x08\x00\x08\x10\x01\x01\x00\x00\x00"  # 0x2D
    b"\x00\xff\x00\x0f\x00\x00\x00\x00\x00\x20\x0b\x00\x00\x02\x0a\x21"  # 0x3D
    b"\x00\x00\x05\x00\x00\x00\x00\xc8\x00\x00\x38\xff\x01\x00\x08\x00"  # 0x4D
    b"\x00\x01\xcc\x0f\x01\xf1\x0d\x01\x68\x00\x80\x08\xb8\x00\x00\x00"  # 0x5D
    b"\x00\x0f\x89\x00\x00\x00\x00\x00\x00\x00\x01\x0f\x0d\x0e\x0e\x00"  # 0x6D
    b"\x00\x02\xc7\xff\x9b\x00\x00\x00\x01\x00\x00"  # 0x7D
)

# VL53L1_PresetModes: phasecal, vcsel A, vcsel B, valid phase, WOI, initial phase
SHORT = const((0x14, 0x07, 0x05, 0x38, 0x0705, 0x0606))  # to 1.3 m, the best in sunlight
LONG = const((0x0A, 0x0F, 0x0D, 0xB8, 0x0F0D, 0x0E0E))  # to 4 m in the dark

_TIMING_GUARD_US = const(4528)


waking = asyncio.Lock()  # all wake up at ADDRESS, so one at a time


class SensorError(Exception):
    """The sensor does not answer as it should; the text says what was expected and found."""


class VL53L1X:
    """One sensor. After `start()`, `await read(centre)` leaves its result in the attributes."""

    def __init__(self, i2c, address=ADDRESS, xshut=None, recover_bus=None):
        """Keep the sensor shut down until `start()`, so that it leaves ADDRESS to the others.

        address is where it will answer; recover_bus() frees a bus whose data line is held down.
        """
        self._i2c = i2c
        self._own_address = address
        self._address = address
        self._xshut = xshut
        self._recover_bus = recover_bus
        if xshut is not None:
            xshut.value(0)
        self._budget_ms = 0
        # every transfer uses these buffers: reading allocates nothing
        self._byte = bytearray(1)
        self._word = bytearray(2)
        self._start_shot = bytes((0x01, _SINGLE_SHOT))
        self._result = bytearray(17)
        self.status = 0
        self.distance_mm = 0
        self.signal = 0  # kilocounts a second, 9.7 fixed point as the sensor gives it
        self.ambient = 0

    async def start(self, mode=LONG, budget_ms=28):
        """Reset, identify and configure the sensor; raise SensorError or OSError."""
        async with waking:
            await self._power_cycle()
            await self._wait_for(_SYSTEM_STATUS, _BOOT_DEADLINE_MS, "boot")
            self._check_identity()
            self._move()
        self._i2c.writeto_mem(self._address, _DEFAULTS_START, _DEFAULTS, addrsize=16)
        self._set_mode(mode)
        self._set_budget(mode, budget_ms)
        # the very first shot calibrates; later ones start from where it found the temperature
        await self.read(199, _FIRST_SHOT_MS)
        self._write(_VHV_TIMEOUT_LOOP_BOUND, 0x09)
        self._write(0x000B, 0x00)

    def set_zone_size(self, columns, rows):
        """Set the size of the zones in SPADs, 4 to 16 each."""
        self._write(_ROI_SIZE, (rows - 1) << 4 | (columns - 1))

    async def read(self, centre, spare_ms=_SPARE_MS):
        """Measure in the zone around a SPAD; `status` and `distance_mm` have the result."""
        self._write(_ROI_CENTRE, centre)
        self._i2c.writeto_mem(self._address, _INTERRUPT_CLEAR, self._start_shot, addrsize=16)
        await asyncio.sleep_ms(self._budget_ms)
        # data is ready when the pin has the level of the active polarity, which is high
        await self._wait_for(_GPIO_TIO_HV_STATUS, spare_ms, "data")
        self._i2c.readfrom_mem_into(self._address, _RESULT, self._result, addrsize=16)
        self._write(_INTERRUPT_CLEAR, 0x01)
        result = self._result
        self.status = result[0] & 0x1F
        self.signal = result[5] << 8 | result[6]
        self.ambient = result[7] << 8 | result[8]
        self.distance_mm = result[13] << 8 | result[14]

    def recover(self):
        """Free the bus, before the next `start()`."""
        if self._recover_bus is not None:
            self._recover_bus()

    async def _power_cycle(self):
        if self._xshut is not None:  # also frees a sensor that a soft reset cannot reach
            self._xshut.value(0)
            await asyncio.sleep_ms(2)
            self._xshut.value(1)
            await asyncio.sleep_ms(2)
            self._address = ADDRESS  # a sensor that was shut down has forgotten its own
        else:
            self._find()
        self._write(_SOFT_RESET, 0x00)
        await asyncio.sleep_ms(1)
        self._find()
        self._write(_SOFT_RESET, 0x01)

    def _find(self):
        """Look where an earlier run may have left the sensor, or else at ADDRESS."""
        self._address = self._own_address
        try:
            self._read_word(_MODEL_ID)
        except OSError:
            self._address = ADDRESS

    def _move(self):
        if self._address != self._own_address:
            self._write(_DEVICE_ADDRESS, self._own_address)
            self._address = self._own_address

    def _check_identity(self):
        model = self._read_word(_MODEL_ID)
        if model != _EXPECTED_MODEL:
            raise SensorError("model: expected 0x%04x, got 0x%04x" % (_EXPECTED_MODEL, model))

    def _set_mode(self, mode):
        phasecal, vcsel_a, vcsel_b, phase_high, woi, initial_phase = mode
        self._write(_PHASECAL_TIMEOUT, phasecal)
        self._write(_VCSEL_PERIOD_A, vcsel_a)
        self._write(_VCSEL_PERIOD_B, vcsel_b)
        self._write(_VALID_PHASE_HIGH, phase_high)
        self._write_word(_WOI_SD0, woi)
        self._write_word(_INITIAL_PHASE_SD0, initial_phase)

    def _set_budget(self, mode, budget_ms):
        """Give each shot its time, half to each of the two ranges (VL53L1_SetTimeouts)."""
        self._budget_ms = budget_ms
        timeout_us = (budget_ms * 1000 - _TIMING_GUARD_US) // 2
        frequency = self._read_word(_OSC_FREQUENCY)  # 4.12 fixed point, MHz
        if not frequency:
            raise SensorError("oscillator: expected a frequency, got 0")
        _, vcsel_a, vcsel_b, _, _, _ = mode
        self._write_word(_RANGE_TIMEOUT_A, _timeout_word(timeout_us, frequency, vcsel_a))
        self._write_word(_RANGE_TIMEOUT_B, _timeout_word(timeout_us, frequency, vcsel_b))

    async def _wait_for(self, register, spare_ms, what):
        """Wait until bit 0 of a register is set."""
        deadline = time.ticks_add(time.ticks_ms(), spare_ms)
        while not self._read_byte(register) & 1:
            if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                raise SensorError("%s: expected to be ready in time, it is not" % what)
            await asyncio.sleep_ms(_POLL_MS)

    def _read_byte(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._byte, addrsize=16)
        return self._byte[0]

    def _read_word(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._word, addrsize=16)
        return self._word[0] << 8 | self._word[1]

    def _write(self, register, value):
        self._byte[0] = value
        self._i2c.writeto_mem(self._address, register, self._byte, addrsize=16)

    def _write_word(self, register, value):
        self._word[0], self._word[1] = value >> 8, value & 0xFF
        self._i2c.writeto_mem(self._address, register, self._word, addrsize=16)


def _timeout_word(timeout_us, frequency, vcsel_period):
    """Encode a timeout as (mantissa - 1, exponent) of macro periods, as the sensor wants it.

    A macro period is 2304 VCSEL periods; one PLL period is 2**30 / frequency in 0.24 microseconds.
    """
    pll_period = (1 << 30) // frequency
    macro_period = (2304 * pll_period >> 6) * ((vcsel_period + 1) << 1) >> 6  # 12 fractional bits
    mantissa = ((timeout_us << 12) + (macro_period >> 1)) // macro_period - 1
    exponent = 0
    while mantissa > 0xFF:
        mantissa >>= 1
        exponent += 1
    return exponent << 8 | mantissa
