"""Register model of the VL53L0X, as far as a driver depends on it; CPython and MicroPython.

It has one view and no zones, another register map (8-bit indices), and its own address register.
`fault` is as in the VL53L1X's model. Time is passed in.
"""

from simulators.board.vl53l1x import (
    ADDRESS,
    FROZEN,
    NACK,
    STALE,
    STUCK,
    VALID,
    Nack,
    Reading,
)

try:
    from collections.abc import Callable
except ImportError:  # MicroPython ignores the annotations
    pass

_SYSRANGE_START = 0x00
_INTERRUPT_CLEAR = 0x0B
_INTERRUPT_STATUS = 0x13
_RESULT = 0x14
_DEVICE_ADDRESS = 0x8A
_STOP_VARIABLE = 0x91
_PAGE = 0xFF
_MODEL_ID = 0xC0
_SHOT_US = 33_000
_CALIBRATION_US = 5_000
_BOOT_US = 1200
_COMPLETE = 11
_NO_TARGET_MM = 8190


class VL53L0X:
    """One sensor. `look()` says what it sees."""

    def __init__(self, look: "Callable[[], Reading]") -> None:
        self.look = look
        self.fault: str | None = None
        self.is_powered = True
        self.shots = 0
        self._reset(0)

    def set_power(self, on: bool, now_us: int) -> None:
        """Drive XSHUT; a sensor that was off has forgotten everything, its address too."""
        if on and not self.is_powered:
            self.release()
            self.fault = None if self.fault == FROZEN else self.fault
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
        self._acknowledge(address, now_us)
        return bytes(self._registers[register : register + size])

    def write(self, address: int, register: int, data: bytes, now_us: int) -> None:
        """Take a write; raise Nack when the sensor would not acknowledge."""
        self._acknowledge(address, now_us)
        for offset in range(len(data)):
            self._store(register + offset, data[offset], now_us)

    def _acknowledge(self, address: int, now_us: int) -> None:
        if not self.answers(address) or now_us < self._booted_us:
            raise Nack("0x%02x" % address)
        self._advance(now_us)

    def _reset(self, now_us: int) -> None:
        self._registers = bytearray(256)
        self._registers[_MODEL_ID] = 0xEE
        self._registers[_STOP_VARIABLE] = 0x3C
        self._address = ADDRESS
        self._booted_us = now_us + _BOOT_US
        self._due_us: int | None = None

    def _store(self, register: int, value: int, now_us: int) -> None:
        if register == _SYSRANGE_START and self._registers[_PAGE]:
            return  # another register, on the hidden page
        self._registers[register] = value
        if register == _DEVICE_ADDRESS:
            self._address = value & 0x7F
        elif register == _INTERRUPT_CLEAR and value & 1:
            self._registers[_INTERRUPT_STATUS] = 0
        elif register == _SYSRANGE_START and value & 1:
            duration_us = _CALIBRATION_US if self._registers[1] in (1, 2) else _SHOT_US
            self._due_us = now_us + duration_us

    def _advance(self, now_us: int) -> None:
        if self._due_us is None or now_us < self._due_us or self.fault == STALE:
            return
        self._due_us = None
        self._registers[_INTERRUPT_STATUS] = 0x04
        if self.fault != FROZEN:
            self._measure()

    def _measure(self) -> None:
        self.shots += 1
        reading = self.look()
        is_valid = reading.status == VALID
        self._registers[_RESULT] = (_COMPLETE if is_valid else 4) << 3
        self._put_word(_RESULT + 6, reading.signal)
        self._put_word(_RESULT + 8, reading.ambient)
        self._put_word(_RESULT + 10, reading.distance_mm if is_valid else _NO_TARGET_MM)

    def _put_word(self, register: int, value: int) -> None:
        self._registers[register] = value >> 8 & 0xFF
        self._registers[register + 1] = value & 0xFF
