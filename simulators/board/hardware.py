"""The host's side of the simulated modules: pins, I2C, RTC, watchdog and Wi-Fi.

A request is `<cBHIQ` (operation, two small arguments, a number, the microseconds since the board's
start) and, where it says so, as many bytes as the number. The answer is a status byte (0, or an
errno), a 16-bit length and as many bytes. Interrupts go the other way, on a channel of their own:
pin and level, two bytes. The board's side is `modules/_board.py`.
"""

import errno
import functools
import operator
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from simulators.board.clock import Clock
from simulators.board.vl53l0x import VL53L0X
from simulators.board.vl53l1x import VL53L1X, Nack

REQUEST = struct.Struct("<cBHIQ")
_RISING = 1
_FALLING = 2

# machine.reset_cause() of the ESP32
POWER_ON, HARD, WATCHDOG, DEEP_SLEEP, SOFT = 1, 2, 3, 4, 5

SCL_PIN = 22
DNS_PORT, MDNS_PORT = 53, 5353
_CLOCKS_TO_FREE = 9

_WIFI_JOIN_S = 0.3
_RTC_MEMORY_BYTES = 2048


class BusStuck(Exception):
    """A device holds the data line of the I2C bus down."""


class ResetRequested(Exception):
    """The firmware called machine.reset()."""


@dataclass
class Wifi:
    """The access point, as the board finds it."""

    is_up: bool = True
    rssi: int = -58
    joined_at: float | None = None


@dataclass
class Hardware:
    """The chip and what is soldered to it."""

    interrupt: Callable[[int, int], None]
    clock: Clock = field(default_factory=Clock)
    levels: dict[int, int] = field(default_factory=dict)
    edges: dict[int, int] = field(default_factory=dict)
    sensors: dict[int, VL53L1X | VL53L0X] = field(default_factory=dict)  # by XSHUT pin
    wifi: Wifi = field(default_factory=Wifi)
    ports: dict[int, int] = field(default_factory=dict)  # where the network's servers listen here
    reset_cause: int = POWER_ON
    rtc_offset_s: int = 0
    rtc_memory: bytes = b""
    watchdog_s: float | None = None
    fed_s: float = 0.0
    heard_s: float = 0.0  # the machine's: a board that hangs has no time of its own
    has_booted: bool = False
    clocks: int = 0
    driven: int = 0  # edges from outside
    _switched_on: dict[int, list[float]] = field(default_factory=dict)

    def lose_power(self) -> None:
        """Forget what only a powered chip remembers."""
        self.rtc_memory = b""
        self.reset_cause = POWER_ON
        self.rtc_offset_s = -int(time.time())  # the clock starts again at 2000-01-01
        for sensor in self.sensors.values():
            sensor.set_power(False, self.clock.now_us())
            sensor.set_power(True, self.clock.now_us())
        self.restart()

    def restart(self) -> None:
        """Forget what a reset forgets."""
        self.clock.let_go()
        self.has_booted = False
        self.edges.clear()
        self._switched_on.clear()
        self.watchdog_s = None
        self.wifi.joined_at = None

    @property
    def watchdog_bites(self) -> bool:
        """Whether the watchdog has not been fed in time."""
        if self.watchdog_s is None:
            return False
        hungry_s = self.clock.now_s() - self.fed_s
        return max(hungry_s, time.monotonic() - self.heard_s) > self.watchdog_s

    def drive(self, pin: int, level: int) -> None:
        """Set the level of an input from outside, with the interrupt it causes."""
        before = self.levels.get(pin, 0)
        self.levels[pin] = level
        self.driven += level != before
        edge = _RISING if level else _FALLING
        if level != before and self.edges.get(pin, 0) & edge:
            self.interrupt(pin, level)

    def flashes(self, pin: int) -> list[float]:
        """Return when the board has switched an output on, since its last reset."""
        return self._switched_on.get(pin, [])

    def answer(self, request: bytes, payload: bytes) -> bytes:
        """Carry out one request of the board."""
        operation, small, medium, number, board_us = REQUEST.unpack(request)
        self.clock.follow(board_us)
        self.heard_s = time.monotonic()
        try:
            content = self._OPERATIONS[operation](self, small, medium, number, payload)
        except Nack:
            return struct.pack("<BH", errno.ENODEV, 0)
        except BusStuck:
            return struct.pack("<BH", errno.ETIMEDOUT, 0)
        return struct.pack("<BH", 0, len(content)) + content

    @staticmethod
    def payload_size(request: bytes) -> int:
        """Return how many bytes follow a request."""
        operation, _, _, number, _ = REQUEST.unpack(request)
        return int(number) if operation in (b"w", b"M") else 0

    def _boot(self, _: int, __: int, ___: int, ____: bytes) -> bytes:
        self.has_booted = True
        return b""

    def _repeat(self, _: int, __: int, number: int, ___: bytes) -> bytes:
        return struct.pack("<II", number, number)

    def _read_i2c(self, address: int, register: int, size: int, _: bytes) -> bytes:
        answers = [
            s.read(address, register, size, self.clock.now_us()) for s in self._on_bus(address)
        ]
        # who talks at the same time pulls the line low
        return bytes(
            functools.reduce(operator.and_, column) for column in zip(*answers, strict=True)
        )

    def _write_i2c(self, address: int, register: int, _: int, data: bytes) -> bytes:
        for sensor in self._on_bus(address):
            sensor.write(address, register, data, self.clock.now_us())
        return b""

    def _on_bus(self, address: int) -> list[VL53L1X | VL53L0X]:
        if any(sensor.holds_bus for sensor in self.sensors.values()):
            raise BusStuck
        sensors = [sensor for sensor in self.sensors.values() if sensor.answers(address)]
        if not sensors:
            raise Nack(f"0x{address:02x}")
        return sensors

    def _get_pin(self, pin: int, _: int, __: int, ___: bytes) -> bytes:
        return bytes([self.levels.get(pin, 0)])

    def _set_pin(self, pin: int, level: int, _: int, __: bytes) -> bytes:
        if pin == SCL_PIN and level and not self.levels.get(pin, 0):
            self._clock()
        if level and not self.levels.get(pin, 0):
            self._switched_on.setdefault(pin, []).append(self.clock.now_s())
        self.levels[pin] = level
        if pin in self.sensors:
            self.sensors[pin].set_power(bool(level), self.clock.now_us())
        return b""

    def _clock(self) -> None:
        """Count the clocks of a bus recovery; the ninth frees the data line."""
        self.clocks += 1
        if self.clocks % _CLOCKS_TO_FREE == 0:
            for sensor in self.sensors.values():
                sensor.release()

    def _set_interrupt(self, pin: int, edges: int, _: int, __: bytes) -> bytes:
        self.edges[pin] = edges
        return b""

    def _watchdog(self, feed: int, _: int, timeout_ms: int, __: bytes) -> bytes:
        self.fed_s = self.clock.now_s()
        if not feed:
            self.watchdog_s = timeout_ms / 1000
        return b""

    def _reset(self, _: int, __: int, ___: int, ____: bytes) -> bytes:
        raise ResetRequested

    def _get_reset_cause(self, _: int, __: int, ___: int, ____: bytes) -> bytes:
        return bytes([self.reset_cause])

    def _get_rtc(self, _: int, __: int, ___: int, ____: bytes) -> bytes:
        return struct.pack("<q", self.rtc_offset_s)

    def _set_rtc(self, _: int, __: int, epoch_2000_s: int, ____: bytes) -> bytes:
        self.rtc_offset_s = epoch_2000_s - int(time.time())
        return b""

    def _read_rtc_memory(self, _: int, __: int, ___: int, ____: bytes) -> bytes:
        return self.rtc_memory

    def _write_rtc_memory(self, _: int, __: int, ___: int, data: bytes) -> bytes:
        self.rtc_memory = data[:_RTC_MEMORY_BYTES]
        return b""

    def _join_wifi(self, connect: int, _: int, __: int, ___: bytes) -> bytes:
        self.wifi.joined_at = self.clock.now_s() + _WIFI_JOIN_S if connect else None
        return b""

    def _get_wifi(self, _: int, __: int, ___: int, ____: bytes) -> bytes:
        joined_at = self.wifi.joined_at
        is_joined = self.wifi.is_up and joined_at is not None and self.clock.now_s() >= joined_at
        is_trying = joined_at is not None  # once asked, the driver goes on by itself
        return struct.pack("<BBbB", is_joined, self.wifi.is_up, self.wifi.rssi, is_trying)

    def _get_port(self, _: int, port: int, __: int, ___: bytes) -> bytes:
        return struct.pack("<H", self.ports[port])

    _OPERATIONS: ClassVar = {
        b"b": _boot,
        b"=": _repeat,
        b"r": _read_i2c,
        b"w": _write_i2c,
        b"g": _get_pin,
        b"s": _set_pin,
        b"i": _set_interrupt,
        b"d": _watchdog,
        b"x": _reset,
        b"c": _get_reset_cause,
        b"t": _get_rtc,
        b"T": _set_rtc,
        b"m": _read_rtc_memory,
        b"M": _write_rtc_memory,
        b"j": _join_wifi,
        b"n": _get_wifi,
        b"l": _get_port,
    }
