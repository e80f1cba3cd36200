"""Register model of the VL53L1X on a simulated I2C bus; runs on CPython and on MicroPython.

It models what a driver can get wrong: boot time, the shot's duration from the timing registers,
data-ready and its polarity, zones, range status, and the faults seen in the field (`fault`). Time
is passed in.
"""

try:
    from collections.abc import Callable
except ImportError:  # MicroPython ignores the annotations
    pass

ADDRESS = 0x29
# RESULT__RANGE_STATUS bits 4..0, as the chip writes them
VALID = 9
SIGNAL_WEAK = 4
SIGMA_HIGH = 6
WRAPPED = 7

# What `fault` can be: no answer; data never ready; the last reading for ever; a stuck bus.
NACK = "nack"
STALE = "stale"
FROZEN = "frozen"
STUCK = "stuck"  # holds SDA down: nobody on the bus answers until nine clocks or a shutdown

_SOFT_RESET = 0x0000
_DEVICE_ADDRESS = 0x0001
_OSC_FREQUENCY = 0x0006
_GPIO_HV_MUX = 0x0030
_GPIO_STATUS = 0x0031
_INTERRUPT_CONFIG = 0x0046
_TIMEOUT_A = 0x005E
_VCSEL_A = 0x0060
_TIMEOUT_B = 0x0061
_VCSEL_B = 0x0063
_ROI_CENTRE = 0x007F
_ROI_SIZE = 0x0080
_INTERRUPT_CLEAR = 0x0086
_MODE_START = 0x0087
_RESULT = 0x0089
_SYSTEM_STATUS = 0x00E5
_MODEL_ID = 0x010F
_REGISTERS = 0x0200

_BOOT_US = 1200
_GUARD_US = 4528
_FIRST_SHOT_US = 75_000  # on top, for the very first one after boot
_NEW_SAMPLE = 0x20
_OSC = 0xB000  # 11 MHz in 4.12 fixed point


class Nack(Exception):
    """Nobody answered on the bus."""


class Reading:
    """What the sensor sees in a zone: status 9 is a valid distance."""

    def __init__(self, distance_mm: int, status: int = VALID, signal: int = 800, ambient: int = 10):
        self.distance_mm = distance_mm
        self.status = status
        self.signal = signal
        self.ambient = ambient


class VL53L1X:
    """One sensor. `look(first column, last column)` says what it sees through them."""

    def __init__(self, look: "Callable[[int, int], Reading]") -> None:
        self.look = look
        self.fault: str | None = None
        self.is_powered = True
        self.shots = 0
        self._booted_us = 0
        self._reset(0)

    def set_power(self, on: bool, now_us: int) -> None:
        """Drive XSHUT; a sensor that was off has forgotten everything, its address too."""
        if on and not self.is_powered:
            self.fault = None if self.fault in (FROZEN, STUCK) else self.fault
            self._reset(now_us)
        self.is_powered = on

    def release(self) -> None:
        """Let go of the bus after nine clocks."""
        self.fault = None if self.fault == STUCK else self.fault

    @property
    def holds_bus(self) -> bool:
        """Whether it keeps SDA low."""
        return self.is_powered and self.fault == STUCK

    def answers(self, address: int) -> bool:
        """Tell whether the sensor would acknowledge this address."""
        return self.is_powered and self.fault != NACK and address == self._address

    def read(self, address: int, register: int, size: int, now_us: int) -> bytes:
        """Answer a read; raise Nack when the sensor would not acknowledge."""
        self._acknowledge(address)
        self._advance(now_us)
        return bytes(self._registers[register : register + size])

    def write(self, address: int, register: int, data: bytes, now_us: int) -> None:
        """Take a write; raise Nack when the sensor would not acknowledge."""
        self._acknowledge(address)
        self._advance(now_us)
        for offset in range(len(data)):
            self._store(register + offset, data[offset], now_us)

    def _acknowledge(self, address: int) -> None:
        if not self.answers(address):
            raise Nack("0x%02x" % address)

    def _reset(self, now_us: int) -> None:
        self._registers = bytearray(_REGISTERS)
        self._put_word(_MODEL_ID, 0xEACC)
        self._put_word(_OSC_FREQUENCY, _OSC)
        self._registers[_GPIO_HV_MUX] = 0x01
        self._registers[_ROI_CENTRE] = 199
        self._registers[_ROI_SIZE] = 0xFF
        self._address = ADDRESS
        self._booted_us = now_us + _BOOT_US
        self._due_us: int | None = None
        self._is_first = True
        self._is_ready = False
        self._set_ready(False)

    def _store(self, register: int, value: int, now_us: int) -> None:
        self._registers[register] = value
        if register == _SOFT_RESET and value == 0:
            self._reset(now_us)
        elif register == _DEVICE_ADDRESS:
            self._address = value & 0x7F
        elif register == _GPIO_HV_MUX:
            self._set_ready(self._is_ready)
        elif register == _INTERRUPT_CLEAR and value & 1:
            self._set_ready(False)
        elif register == _MODE_START:
            starts = value in (0x10, 0x40)
            first_us = _FIRST_SHOT_US if self._is_first else 0
            self._due_us = now_us + self.shot_us() + first_us if starts else None

    def shot_us(self) -> int:
        """Return how long one shot takes with the timing registers as they are."""
        return (
            _GUARD_US
            + self._timeout_us(_TIMEOUT_A, self._registers[_VCSEL_A])
            + self._timeout_us(_TIMEOUT_B, self._registers[_VCSEL_B])
        )

    def zone(self) -> "tuple[int, int]":
        """Return the first and the last column of the zone, 0 to 15."""
        centre = self._registers[_ROI_CENTRE]
        # the map of the SPADs: columns of 8, the upper half from 128 up, the lower from 127 down
        column = (centre - 128) // 8 if centre >= 128 else (127 - centre) // 8
        width = (self._registers[_ROI_SIZE] & 0x0F) + 1
        first = min(max(0, column - width // 2), 16 - width)
        return first, first + width - 1

    def _timeout_us(self, register: int, vcsel_period: int) -> int:
        exponent, mantissa = self._registers[register], self._registers[register + 1]
        macro_periods = (mantissa << exponent) + 1
        pll_period = (1 << 30) // _OSC
        macro_period = (2304 * pll_period >> 6) * ((vcsel_period + 1) << 1) >> 6
        return macro_periods * macro_period >> 12

    def _advance(self, now_us: int) -> None:
        self._registers[_SYSTEM_STATUS] = 1 if now_us >= self._booted_us else 0
        if self._due_us is None or now_us < self._due_us or self.fault == STALE:
            return
        repeats = self._registers[_MODE_START] == 0x40
        self._due_us = self._due_us + self.shot_us() if repeats else None
        if self.fault != FROZEN:
            self._measure()
        if self._registers[_INTERRUPT_CONFIG] == _NEW_SAMPLE:
            self._set_ready(True)

    def _measure(self) -> None:
        self._is_first = False
        self.shots += 1
        reading = self.look(*self.zone())
        self._registers[_RESULT] = reading.status
        self._registers[_RESULT + 2] = self.shots & 0xFF
        self._put_word(_RESULT + 5, reading.signal)
        self._put_word(_RESULT + 7, reading.ambient)
        self._put_word(_RESULT + 13, reading.distance_mm)

    def _set_ready(self, ready: bool) -> None:
        self._is_ready = ready
        active_low = bool(self._registers[_GPIO_HV_MUX] & 0x10)
        self._registers[_GPIO_STATUS] = 0x02 | (ready != active_low)

    def _put_word(self, register: int, value: int) -> None:
        self._registers[register] = value >> 8 & 0xFF
        self._registers[register + 1] = value & 0xFF
