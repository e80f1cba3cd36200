"""Register model of the VL53L0X, as far as a driver depends on it; CPython and MicroPython.

It has one view and no zones, another register map (8-bit indices), and its own address register.
What a driver gets wrong with this chip is its hidden page (0xFF), the stop variable on it that each
start needs, the factory's reference SPADs, the two calibrations before the first range, and an
interrupt that nobody cleared.
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
_SEQUENCE_CONFIG = 0x01
_INTERRUPT_CONFIG = 0x0A
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
_STOP_VALUE = 0x3C
_NVM_CONTROL = 0x83
_NVM_SPADS = 0x92
_SPADS = 0xB0
# five with an aperture (bit 7); of the 48 the first and every other one is good
_FACTORY_SPADS = 0x85
_GOOD_SPADS = bytes([0x55] * 6)
_NEW_SAMPLE = 0x04
# what SEQUENCE_CONFIG is set to, by the step that it lets run
_VHV, _PHASE, _RANGE = 0x01, 0x02, 0xE8


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
        return bytes(self._page()[register : register + size])

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
        self._hidden = bytearray(256)
        self._hidden[_STOP_VARIABLE] = _STOP_VALUE
        self._registers[_SPADS : _SPADS + len(_GOOD_SPADS)] = _GOOD_SPADS
        self._calibrated: set[int] = set()
        self._step = 0
        self._address = ADDRESS
        self._booted_us = now_us + _BOOT_US
        self._due_us: int | None = None

    def _page(self) -> bytearray:
        return self._hidden if self._registers[_PAGE] else self._registers

    def _store(self, register: int, value: int, now_us: int) -> None:
        if register == _PAGE:
            self._registers[_PAGE] = value
            return
        self._page()[register] = value
        if self._registers[_PAGE]:
            self._read_memory(register, value)
            return
        if register == _DEVICE_ADDRESS:
            self._address = value & 0x7F
        elif register == _INTERRUPT_CLEAR and value & 1:
            self._registers[_INTERRUPT_STATUS] = 0
        elif register == _SYSRANGE_START and value & 1:
            self._start(now_us)

    def _read_memory(self, register: int, value: int) -> None:
        if register == _NVM_CONTROL and value == 0:
            self._hidden[_NVM_CONTROL] = 0x10
            self._hidden[_NVM_SPADS] = _FACTORY_SPADS

    @property
    def reference_spads(self) -> bytes:
        """Those that the driver has enabled, a bit each."""
        return bytes(self._registers[_SPADS : _SPADS + len(_GOOD_SPADS)])

    def _start(self, now_us: int) -> None:
        self._step = self._registers[_SEQUENCE_CONFIG]
        if self._step in (_VHV, _PHASE):
            self._due_us = now_us + _CALIBRATION_US
        elif self._hidden[_STOP_VARIABLE] == _STOP_VALUE:
            self._due_us = now_us + _SHOT_US
            self._hidden[_STOP_VARIABLE] = 0  # each start needs it anew

    def _advance(self, now_us: int) -> None:
        if self._due_us is None or now_us < self._due_us or self.fault == STALE:
            return
        self._due_us = None
        if self._step in (_VHV, _PHASE):
            self._calibrated.add(self._step)
        elif self.fault != FROZEN:
            self._measure()
        if self._registers[_INTERRUPT_CONFIG] == _NEW_SAMPLE:
            self._registers[_INTERRUPT_STATUS] = _NEW_SAMPLE

    def _measure(self) -> None:
        self.shots += 1
        reading = self.look()
        # without its calibrations it measures, but nothing that is true
        is_valid = reading.status == VALID and self._calibrated == {_VHV, _PHASE}
        self._registers[_RESULT] = (_COMPLETE if is_valid else 4) << 3
        self._put_word(_RESULT + 6, reading.signal)
        self._put_word(_RESULT + 8, reading.ambient)
        self._put_word(_RESULT + 10, reading.distance_mm if is_valid else _NO_TARGET_MM)

    def _put_word(self, register: int, value: int) -> None:
        self._registers[register] = value >> 8 & 0xFF
        self._registers[register + 1] = value & 0xFF
