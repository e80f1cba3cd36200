"""The wiring of the firmware: one asyncio task per duty, brought together here and nowhere else."""

import asyncio
import sys
import time

import button
import files
import health
import machine
from clock import Clock, ClockError, Lapse
from door import Door
from link import Link
from machine import Pin
from micropython import const
from people import PeopleCounter
from pir import Pir, Presence
from rtclog import RtcLog
from watchdog import Watchdog

FIRMWARE = "0.1.0"

_OUTBOX = const("/outbox")
_BOOT = const("/boot")
_CALIBRATION = const("")  # the root of the flash
_LOOK_MS = const(500)
_FLASH_MS = const(150)
_WALK_TEST = const("/walk-test")  # written by either set-up
_WALK_TEST_MS = const(3600000)
_LASTED_MS = const(60000)  # a start that lives this long was a good one
_SAFE_MS = const(600000)
_TRIAL_MS = const(300000)  # to get online with a new firmware, before the old one returns
_CLOCK_RETRY_MS = const(5000)
_CLOCK_SYNC_MS = const(6 * 3600 * 1000)


class Board:
    """The parts of one board. `run` returns only when a duty has failed."""

    def __init__(self, settings, is_trial=False, is_safe=False):
        self._settings = settings
        self._is_trial = is_trial
        self._is_safe = is_safe
        self._failure = None
        self._stall_ms = 0
        self._has_lasted = False
        import parts  # here: their memory is given back below
        import recovery
        import trust

        self.clock = Clock()
        self.clock.set_floor(settings["boot_start"])
        boot = recovery.next_boot(_BOOT, settings["boot_start"], _OUTBOX)
        self.outbox = recovery.open_outbox(_OUTBOX, boot, RtcLog(machine.RTC()))
        pins = settings["pins"]
        self.counters = []
        self._led = None
        if not is_safe:
            self._led = Pin(pins["led"], Pin.OUT)
            self.door = Door(pins["door"], self.report)
            self.pir = Pir(pins["pir"], self.report)
            presence = Presence(self.door, self.pir)
            for index, sensor in enumerate(parts.sensors(settings["sensor"], pins)):
                options = _CALIBRATION, settings["invert"], presence
                self.counters.append(PeopleCounter(index, sensor, self.report, *options))
        self._shows_passages = files.remove(_WALK_TEST)
        self._replies = []  # of the last commands, each of which may come again
        self._home = parts.home(settings, FIRMWARE)
        self.link = Link(
            settings,
            self.outbox,
            self.clock,
            self._status,
            self._execute,
            trust.context(settings["mqtt"]["ca"]),
            self._home,
        )
        self.watchdog = Watchdog()
        for name in ("parts", "recovery", "trust", "wire.topics"):
            del sys.modules[name]
        del sys.modules["wire"].topics

    def report(self, kind, ticks, fields):
        """Put an event that happened at `ticks` into the outbox and tell the link."""
        uptime_ms = self.clock.uptime_ms(ticks)
        self.outbox.append(kind, uptime_ms, self.clock.unix_ms(uptime_ms), fields)
        if self._home is not None:
            self._home.take(kind, fields)
        self.link.wake()
        if kind == "passage":
            self.door.passed()
            if self._shows_passages and uptime_ms < _WALK_TEST_MS:
                asyncio.create_task(self._blink(1 if fields["direction"] == "in" else 2))

    async def run(self):
        asyncio.get_event_loop().set_exception_handler(self._on_task_died)
        duty = self.watchdog.duty
        if not self._is_safe:
            asyncio.create_task(self.door.run(duty("door", 15000)))
            asyncio.create_task(self.pir.run(duty("pir", 15000)))
        for index, counter in enumerate(self.counters):
            asyncio.create_task(counter.run(duty("people counter %d" % index, 15000)))
        asyncio.create_task(self.link.run(duty("link", 60000)))
        asyncio.create_task(self._keep_time(duty("clock", 30000)))
        pin = self._settings["pins"]["button"]
        asyncio.create_task(button.watch(pin, self.reset, duty("button", 15000)))
        asyncio.create_task(self.watchdog.run())
        beat = duty("outbox", 15000)
        while self._failure is None:
            beat()
            uptime_ms = self.clock.uptime_ms()
            is_quiet = not any(counter.is_busy for counter in self.counters)
            if self.outbox.is_due(uptime_ms, is_quiet):
                self.outbox.write()
            if self._judge(uptime_ms):
                return
            await self._look_later()
        sys.print_exception(self._failure)

    def _execute(self, command):
        from commands import Commands  # here: a command is rare, and its code forgotten again

        del sys.modules["commands"]
        blink = self._blink if self._led is not None else None
        board = self._settings, blink, self.counters, self.link, self.reset
        return Commands(self._replies, *board).execute(command)

    def reset(self):
        """Restart on purpose, with everything in flash."""
        self.outbox.flush()
        _forget_bad_starts()
        machine.reset()

    async def _blink(self, count):
        """Flash: once for in and twice for out after a set-up, or for whoever asks which it is."""
        for _ in range(count):
            self._led.value(1)
            await asyncio.sleep_ms(_FLASH_MS)
            self._led.value(0)
            await asyncio.sleep_ms(_FLASH_MS)

    def _judge(self, uptime_ms):
        """Confirm a firmware on trial, forget bad starts; return True when a restart is due."""
        if uptime_ms >= _LASTED_MS and not self._is_safe and not self._has_lasted:
            self._has_lasted = True
            _forget_bad_starts()
        if self._is_trial and self.link.is_online:
            import slots  # here: a trial is rare

            slots.confirm()
            self._is_trial = False
            print("update: confirmed", FIRMWARE)
        if self._is_safe and uptime_ms >= _SAFE_MS:
            _forget_bad_starts()  # the next start is an ordinary one
            return True
        return self._is_trial and uptime_ms >= _TRIAL_MS

    async def _look_later(self):
        """Wait, and remember the longest time that something kept all duties waiting."""
        ticks = time.ticks_ms()
        await asyncio.sleep_ms(_LOOK_MS)
        stall_ms = time.ticks_diff(time.ticks_ms(), ticks) - _LOOK_MS
        self._stall_ms = max(self._stall_ms, stall_ms)

    def _status(self):
        message = health.report(FIRMWARE, self.outbox.boot, self.clock, self.outbox, self.link.rssi)
        message["safe_mode"] = int(self._is_safe)
        message["stall_ms"] = self._stall_ms  # the longest one since the last message
        self._stall_ms = 0
        message["sensors"] = sensors = []
        for counter in self.counters:
            sensors.append({"pairs": counter.pairs, "longest_gap_ms": counter.longest_gap_ms})
            counter.longest_gap_ms = 0
        message["oldest_boot"] = self.outbox.oldest_boot
        gone = self.outbox.gone
        if gone:
            message["gone"] = gone
        return message

    async def _keep_time(self, beat):
        server = self._settings["ntp"]
        wait_ms = 0
        asked = Lapse()
        while True:
            beat()
            if asked.ms() >= wait_ms and self.link.has_wifi:
                asked.restart(time.ticks_ms())
                try:
                    await self.clock.sync(server["host"], server["port"])
                    wait_ms = _CLOCK_SYNC_MS
                except ClockError as error:
                    print("clock: not set,", error)
                    wait_ms = _CLOCK_RETRY_MS
            await asyncio.sleep_ms(100)

    def _on_task_died(self, _, context):
        self._failure = context["exception"]


def start(settings, is_trial=False, is_safe=False):
    """Run the board until it fails, then restart it; Ctrl-C ends in the REPL."""
    board = Board(settings, is_trial, is_safe)
    print("shopbell", FIRMWARE, "device", settings["device"], "boot", board.outbox.boot)
    try:
        asyncio.run(board.run())
    except KeyboardInterrupt:  # somebody is at the console
        board.outbox.flush()
        raise
    board.outbox.flush()
    machine.reset()


def _forget_bad_starts():
    import safemode  # here: once in a start

    del sys.modules["safemode"]
    safemode.lasted()
