"""The wiring of the firmware: one asyncio task per duty, brought together here and nowhere else."""

import asyncio
import sys
import time

import boots
import health
import machine
from clock import Clock, ClockError
from commands import Commands
from door import Door
from link import Link
from machine import I2C, Pin
from micropython import const
from outbox import Outbox, newest_boot
from people import PeopleCounter
from pir import Pir
from vl53l1x import ADDRESS, VL53L1X
from watchdog import Watchdog

FIRMWARE = "0.1.0"

_OUTBOX = "/outbox"
_BOOT = "/boot"
_CALIBRATION = ""  # the root of the flash
_I2C_HZ = const(400000)
_FLUSH_MS = const(1000)  # what a power cut can cost, and how often the flash is written
_CLOCK_RETRY_MS = const(5000)
_CLOCK_SYNC_MS = const(6 * 3600 * 1000)


class Board:
    """The parts of one board. `run` returns only when a duty has failed."""

    def __init__(self, settings):
        self._settings = settings
        self._failure = None
        self.clock = Clock()
        start = max(settings["boot_start"], newest_boot(_OUTBOX) + 1)
        self.outbox = Outbox(_OUTBOX, boots.next_boot(_BOOT, start))
        pins = settings["pins"]
        self.door = Door(pins["door"], self.report)
        self.pir = Pir(pins["pir"], self.report)
        self.counters = _counters(pins, settings["invert"], self.report)
        commands = Commands(Pin(pins["led"], Pin.OUT), self.counters, self.reset)
        self.link = Link(
            settings, self.outbox, self.clock, self._status, commands.execute, _tls(settings)
        )
        self.watchdog = Watchdog()

    def report(self, kind, ticks, fields):
        """Put an event that happened at `ticks` into the outbox and tell the link."""
        uptime_ms = self.clock.uptime_ms(ticks)
        self.outbox.append(kind, uptime_ms, self.clock.unix_ms(uptime_ms), fields)
        self.link.wake()

    async def run(self):
        asyncio.get_event_loop().set_exception_handler(self._on_task_died)
        duty = self.watchdog.duty
        asyncio.create_task(self.door.run(duty("door", 15000)))
        asyncio.create_task(self.pir.run(duty("pir", 15000)))
        for index, counter in enumerate(self.counters):
            asyncio.create_task(counter.run(duty("counter %d" % index, 15000)))
        asyncio.create_task(self.link.run(duty("link", 60000)))
        asyncio.create_task(self._keep_time(duty("clock", 30000)))
        asyncio.create_task(self.watchdog.run())
        beat = duty("outbox", 15000)
        while self._failure is None:
            beat()
            self.outbox.flush()
            await asyncio.sleep_ms(_FLUSH_MS)
        sys.print_exception(self._failure)

    def reset(self):
        """Restart, with everything in flash."""
        self.outbox.flush()
        machine.reset()

    def _status(self):
        return health.report(FIRMWARE, self.outbox.boot, self.clock, self.outbox, self.link.rssi)

    async def _keep_time(self, beat):
        server = self._settings["ntp"]
        wait_ms = 0
        synced_ticks = time.ticks_ms()
        while True:
            beat()
            waited_ms = time.ticks_diff(time.ticks_ms(), synced_ticks)
            if self.link.has_wifi and waited_ms >= wait_ms:
                synced_ticks = time.ticks_ms()
                try:
                    await self.clock.sync(server["host"], server["port"])
                    wait_ms = _CLOCK_SYNC_MS
                except ClockError as error:
                    print("clock:", error)
                    wait_ms = _CLOCK_RETRY_MS
            await asyncio.sleep_ms(100)

    def _on_task_died(self, _loop, context):
        self._failure = context["exception"]


def start(settings):
    """Run the board until it fails, then restart it; Ctrl-C ends in the REPL."""
    board = Board(settings)
    print("shopbell", FIRMWARE, "device", settings["device"], "boot", board.outbox.boot)
    try:
        asyncio.run(board.run())
    except KeyboardInterrupt:  # somebody is at the console
        board.outbox.flush()
        raise
    board.reset()


def _counters(pins, invert, report):
    i2c = I2C(0, sda=Pin(pins["sda"]), scl=Pin(pins["scl"]), freq=_I2C_HZ)
    counters = []
    for index, xshut in enumerate(pins["xshut"]):
        sensor = VL53L1X(i2c, ADDRESS, Pin(xshut, Pin.OUT, value=1))
        counters.append(PeopleCounter(index, sensor, report, _CALIBRATION, invert))
    return counters


def _tls(settings):
    """Return the TLS context that trusts our CA only, or None for a broker without TLS."""
    if settings["mqtt"]["ca"] is None:
        return None
    import ssl  # here: it takes memory that a board without TLS has better uses for

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(settings["mqtt"]["ca"], "rb") as file:
        context.load_verify_locations(cadata=file.read())
    return context
