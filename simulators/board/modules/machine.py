"""`machine` of the ESP32, as far as the firmware uses it; the hardware is on the host."""

import asyncio
import time

import _board
from umachine import Signal, idle  # noqa: F401  (part of the module)

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5


def reset():
    """Reset the chip: the host ends this process and starts the next one."""
    _board.ask("x")


def reset_cause():
    """Return why the chip started."""
    return _board.ask("c")[0]


def unique_id():
    """Return the chip's MAC address."""
    return b"\x24\x0a\xc4\x00\x00\x01"


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
    PULL_DOWN = 1
    IRQ_RISING = 1
    IRQ_FALLING = 2

    _handlers = {}
    _delivery = None

    def __init__(self, id, mode=-1, pull=-1, value=None):
        self._id = id
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return _board.ask("g", self._id)[0]
        _board.request("s", self._id, 1 if level else 0)
        return None

    def __call__(self, level=None):
        return self.value(level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def irq(self, handler=None, trigger=3):
        Pin._handlers[self._id] = handler, self
        if Pin._delivery is None:
            Pin._delivery = asyncio.create_task(_deliver_interrupts())
        _board.request("i", self._id, trigger if handler else 0)


async def _deliver_interrupts():
    # the chip interrupts between two bytecodes, this does between two tasks
    stream = asyncio.StreamReader(_board.interrupts())
    while True:
        pin, _ = await stream.readexactly(2)
        handler, source = Pin._handlers.get(pin, (None, None))
        if handler is not None:
            handler(source)


class I2C:
    def __init__(self, id=-1, scl=None, sda=None, freq=400000, timeout=50000):
        pass

    def readfrom_mem_into(self, address, register, buffer, addrsize=8):
        _board.request("r", address, register, len(buffer))
        _board.read_into(buffer)

    def readfrom_mem(self, address, register, size, addrsize=8):
        return _board.ask("r", address, register, size)

    def writeto_mem(self, address, register, data, addrsize=8):
        _board.request("w", address, register, len(data), data)

    def scan(self):
        return [address for address in range(0x08, 0x78) if self._answers(address)]

    def _answers(self, address):
        try:
            _board.request("w", address, 0, 0, b"")
        except OSError:
            return False
        return True


SoftI2C = I2C


class RTC:
    def datetime(self, calendar=None):
        if calendar is None:
            year, month, day, hour, minute, second, weekday, _ = time.gmtime()
            return year, month, day, weekday, hour, minute, second, 0
        year, month, day, _, hour, minute, second, _ = calendar
        _board.request("T", 0, 0, time.mktime((year, month, day, hour, minute, second, 0, 0)))
        return None

    def memory(self, data=None):
        if data is None:
            return _board.ask("m")
        _board.request("M", 0, 0, len(data), data)
        return None


class WDT:
    """Like the ESP32's task watchdog, it cannot be stopped, but a new one may give more time."""

    def __init__(self, id=0, timeout=5000):
        _board.request("d", 0, 0, timeout)

    def feed(self):
        _board.request("d", 1)
