"""Run the whole firmware through hours of simulated time and print its live heap as JSON.

Runs on MicroPython: `micropython day.py HOURS`, with the environment of `benchmarks.edge_memory`.
Time jumps to whatever the firmware waits for next. The sensor, the access point and the broker are
played here, in the same heap; somebody comes every 20 seconds, for five minutes of each hour the
Wi-Fi is gone, and once the owner asks which board it is. The firmware's own code is the one that is
deployed, compiled by mpy-cross, and starts as on a board: by main.py.
"""

import gc
import os
import sys

import micropython
from vfs import VfsPosix, mount, umount

umount("/")
mount(VfsPosix(os.getenv("BOARD_FLASH")), "/")
sys.path[:] = [".frozen", "/fakes", "/app", "/"]


from simulated import Time, begin  # noqa: E402  (before all that tells the time)

gc.collect()
before = gc.mem_alloc()

import asyncio  # noqa: E402
import asyncio.core  # noqa: E402
import asyncio.event  # noqa: E402
import asyncio.funcs  # noqa: E402
import json  # noqa: E402

gc.collect()
asyncio_bytes = gc.mem_alloc() - before
begin()


_ASKED_MS = 600_000
_COMMAND = b'\x30\x40\x00\x18shopbell/1/front/command{"id":"1","name":"identify","args":{}}'


def wifi_is_up():
    return Time.elapsed_ms % 3_600_000 < 3_300_000


def _number_after(name, packet, at):
    """Return the largest number behind a name, without the memory that parsing would take."""
    largest = matched = 0
    while at < len(packet):
        matched = matched + 1 if packet[at] == name[matched] else 0
        at += 1
        if matched == len(name):
            matched = number = 0
            while 48 <= packet[at] < 58:
                number = 10 * number + packet[at] - 48
                at += 1
            largest = max(largest, number)
    return largest


told = [0, 0]  # the largest sequence number that the cloud has got, and the commands it has sent


class Stream:
    """A connection to a broker that answers at once, and whose cloud commits at once."""

    def __init__(self):
        self.s = self
        self.out_buf = b""  # the socket takes everything at once
        self._answer = bytearray()
        self._arrived = asyncio.Event()

    def close(self):
        self._answer = None
        self._arrived.set()

    async def readexactly(self, size):
        while self._answer is not None and len(self._answer) < size:
            self._arrived.clear()
            await self._arrived.wait()
        if self._answer is None:
            raise EOFError
        part = bytes(self._answer[:size])
        self._answer = self._answer[size:]
        return part

    def write(self, packet):
        if not wifi_is_up():
            raise OSError(104)
        kind = packet[0] & 0xF0
        at = 1
        while packet[at] & 0x80:
            at += 1
        at += 1
        if kind == 0x10:
            self._reply(b"\x20\x02\x00\x00")
        elif kind == 0x80:
            self._reply(b"\x90\x03" + packet[at : at + 2] + b"\x01")
        elif kind == 0xC0:
            self._reply(b"\xd0\x00")
            if Time.elapsed_ms > _ASKED_MS and not told[1]:
                told[1] = 1
                self._reply(_COMMAND)
        elif kind == 0x30:
            self._take(packet, at)

    async def drain(self):
        await asyncio.sleep_ms(0)

    def _take(self, packet, at):
        length = packet[at] << 8 | packet[at + 1]
        topic = bytes(packet[at + 2 : at + 2 + length])
        self._reply(b"\x40\x02" + packet[at + 2 + length : at + 4 + length])
        if topic.endswith(b"/event"):
            boot = _number_after(b'"boot":', packet, at + 4 + length)
            seq = _number_after(b'"seq":', packet, at + 4 + length)
            told[0] = max(told[0], seq)
            ack = b'{"boot":%d,"seq":%d}' % (boot, seq)
            name = topic[:-5] + b"ack"
            body = bytes((0, len(name))) + name + ack
            self._reply(b"\x30" + bytes((len(body),)) + body)

    def _reply(self, packet):
        self._answer.extend(packet)
        self._arrived.set()


async def open_connection(*_):
    if not wifi_is_up():
        raise OSError(113)
    stream = Stream()
    return stream, stream


asyncio.open_connection = open_connection


async def ask(_address, _port, query):
    """Answer as a name server."""
    head = query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
    return head + query[12:] + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\xc0\x00\x02\x07"


import machine  # noqa: E402  (on the chip, these two are not in the heap)
import network  # noqa: E402, F401

rtc_content = bytearray(2048)  # nor is this


def rtc_memory(_rtc, data=None):
    if data is None:
        return b""
    rtc_content[: len(data)] = data
    return None


machine.RTC.memory = rtc_memory

_PACE_MS = 33  # of a reading
_STREET = 167  # the centre of the zone that looks there


async def start(self):
    await asyncio.sleep_ms(100)


def set_zone_size(self, columns, rows):
    pass


async def read(self, centre):
    """Measure at the pace of the chip: somebody walks in every 20 seconds."""
    await asyncio.sleep_ms(_PACE_MS)
    self.signal = 3000 + Time.elapsed_ms % 7
    since_ms = Time.elapsed_ms % 20_000 - (10_000 if centre == _STREET else 10_500)
    self.distance_mm = (700 if 0 < since_ms < 900 else 2400) + Time.elapsed_ms % 11
    self.status = 9  # valid


async def set_clock(self, _host, _port):
    self.set_unix_ms(Time.time() * 1000)


replaced = [None] * 5  # stays in memory, as on a board


def play_hardware():
    """Take the place of the sensor's bus and of the network, in what has just been imported."""
    driver, clock, resolver = (sys.modules[name] for name in ("vl53l1x", "clock", "resolver"))
    replaced[:3] = driver.VL53L1X.start, driver.VL53L1X.set_zone_size, driver.VL53L1X.read
    replaced[3:] = clock.Clock.sync, resolver.ask
    driver.VL53L1X.start, driver.VL53L1X.set_zone_size = start, set_zone_size
    driver.VL53L1X.read, clock.Clock.sync, resolver.ask = read, set_clock, ask


async def live(duty, hours):
    """Note the live heap at half past each hour, when the link has long been back."""
    task = asyncio.create_task(duty)
    heap = [0] * (hours + 1)  # now: a list that grows would be seen as growth
    noted = 0
    while not task.done() and noted <= hours:
        await asyncio.sleep_ms(3_600_000 if noted else 1_800_000)
        gc.collect()
        heap[noted] = gc.mem_alloc()
        noted += 1
    return heap[:noted]


def run_for_hours(duty, run=asyncio.run):
    """What `app.start` calls in the place of asyncio.run."""
    play_hardware()
    figures = [size - harness_bytes for size in run(live(duty, int(sys.argv[1])))]
    micropython.qstr_info()
    found = {"heap": figures, "harness": harness_bytes, "events": told[0], "commands": told[1]}
    print(json.dumps(found))
    raise SystemExit


asyncio.run = run_for_hours

with open("/main.py") as file:
    source = file.read()
main = compile(source, "main.py", "exec")
del source, file

gc.collect()
harness_bytes = gc.mem_alloc() - asyncio_bytes
micropython.qstr_info()
exec(main, {"__name__": "__main__"})
