"""Random power cuts and resets while the outbox writes to littlefs; prints one JSON object.

Runs on MicroPython: `micropython power_cuts.py CUTS SEED`. The flash is a block device in RAM whose
power fails after a random number of bytes, in the middle of a page or of an erase. The cloud of
this script takes a random part of what is handed out and acknowledges a random part of that.
"""

import json
import random
import sys

import vfs
from boots import next_boot
from outbox import Outbox, newest_boot
from rtclog import RtcLog

_BLOCK = 4096
_BLOCKS = 96
_EIO = -5
_FOLDER = "/flash/outbox"
_FIELDS = {
    "door": {"open": 1},
    "motion": {"active": 1},
    "passage": {"sensor": 0, "direction": "in", "confidence": 95},
}
_VISIT = ((0, "door"), (800, "motion"), (1500, "passage"), (4000, "door"), (25000, "motion"))


class PowerCut(OSError):
    pass


class Flash:
    """NOR flash: a program clears bits, an erase takes a block; both can be torn."""

    def __init__(self, content, cut_after):
        self.content = content
        self.left = cut_after  # bytes until the power fails, None: never
        self.erases = 0
        self.is_dead = False

    def readblocks(self, block, buffer, offset=0):
        at = block * _BLOCK + offset
        buffer[:] = memoryview(self.content)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        size = self._survive(len(buffer))
        at = block * _BLOCK + offset
        self.content[at : at + size] = memoryview(buffer)[:size]
        return self._outcome(size < len(buffer))

    def ioctl(self, operation, block):
        if operation == 4:
            return _BLOCKS
        if operation == 5:
            return _BLOCK
        if operation == 6:
            size = self._survive(_BLOCK)
            at = block * _BLOCK
            self.content[at : at + size] = b"\xff" * size
            self.erases += 1
            return self._outcome(size < _BLOCK)
        return 0

    def _survive(self, size):
        if self.is_dead:
            return 0
        if self.left is None:
            return size
        size = min(size, self.left)
        self.left -= size
        return size

    def _outcome(self, is_torn):
        # an error code: an exception would jump through littlefs and leave its files open
        if is_torn:
            self.is_dead = True
            return _EIO
        return 0


class Rtc:
    """The RTC's memory; a reset can tear the copy into it."""

    def __init__(self):
        self.content = b""
        self.can_tear = False
        self.flash = None

    def memory(self, data=None):
        if data is None:
            return self.content
        if self.flash is not None and self.flash.is_dead:
            raise PowerCut(5)
        data = bytes(data)
        if self.can_tear and random.random() < 0.05:
            cut = random.randrange(len(data) + 1)
            # the new bytes over the old ones; the length is written last
            self.content = (data[:cut] + self.content[cut:])[: len(self.content)]
            raise PowerCut(5)
        self.content = data
        return None


class Cloud:
    """Stores each (boot, sequence) once and remembers which event it was."""

    def __init__(self):
        self.stored = {}
        self.clashes = 0
        self.committed = {}

    def take(self, payload):
        batch = json.loads(payload)
        boot = batch["boot"]
        for event in batch["events"]:
            key = (boot, event["seq"])
            if self.stored.get(key, event["count"]) != event["count"]:
                self.clashes += 1  # one number for two events: one of them would be lost
            self.stored[key] = event["count"]
        seq = max(self.committed.get(boot, 0), batch["oldest"] - 1)
        while (boot, seq + 1) in self.stored:
            seq += 1
        self.committed[boot] = seq
        return boot, seq


class Trial:
    """The life of one board over many cuts; `promised` are the events that must not be lost."""

    def __init__(self):
        self.content = bytearray(_BLOCK * _BLOCKS)
        flash = Flash(self.content, None)
        vfs.VfsLfs2.mkfs(flash)
        self.rtc = Rtc()
        self.cloud = Cloud()
        self.made = 0
        self.promised = set()
        self.pending = set()
        self.erases = 0
        self.lost_in_the_window = 0
        self.most_at_once = 0
        self.torn_writes = 0
        self.outbox = None
        self.dropped = 0

    def life(self, is_reset, budget):
        """One boot, until its power fails; what is promised depends on how it ends."""
        flash = self.rtc.flash = Flash(self.content, budget)
        try:
            vfs.mount(vfs.VfsLfs2(flash), "/flash")
            self._work(flash, is_reset)
        except OSError:
            pass  # the power has failed, perhaps in the middle of a write
        self.torn_writes += flash.is_dead
        if self.outbox is not None:
            self.dropped += self.outbox.dropped
            self.outbox = None
        self.erases += flash.erases
        flash.is_dead = True
        try:  # noqa: SIM105  (MicroPython has no contextlib)
            vfs.umount("/flash")
        except OSError:
            pass  # it was not even mounted
        self.rtc.can_tear = False
        if not is_reset:
            taken = len(self.pending - set(self.cloud.stored.values()))
            self.lost_in_the_window += taken
            self.most_at_once = max(self.most_at_once, taken)
            self.rtc.content = b""
            self.pending = set()

    def _work(self, flash, is_reset):
        boot = next_boot("/flash/boot", newest_boot(_FOLDER) + 1)
        outbox = Outbox(_FOLDER, boot, RtcLog(self.rtc), max_segments=48)
        if flash.is_dead:
            return
        self._promise()  # what only the RTC's memory held is in flash now
        self.rtc.can_tear = is_reset
        self.outbox = outbox
        uptime_ms = 0
        while True:
            uptime_ms += random.randrange(200, 6000)
            self.made += 1
            outbox.append("zeroed", uptime_ms, 1795179445000 + uptime_ms, {"count": self.made})
            self.pending.add(self.made)
            if outbox.is_due(uptime_ms) and outbox.flush():
                self._promise()
            if random.random() < 0.02:
                self._talk(outbox)
            if flash.is_dead or random.random() < 0.004:
                return  # cut in a write, or between two

    def _promise(self):
        self.promised |= self.pending
        self.pending = set()

    def _talk(self, outbox):
        """Hand some batches out, of which some are acknowledged."""
        outbox.rewind()
        for _ in range(random.randrange(1, 8)):
            payload = outbox.next_batch()
            if payload is None:
                return
            ack = self.cloud.take(payload)
            if random.random() < 0.7:
                outbox.commit(*ack)

    def drain(self):
        """Send everything that is left, as a board does that stays online."""
        flash = self.rtc.flash = Flash(self.content, None)
        vfs.mount(vfs.VfsLfs2(flash), "/flash")
        outbox = Outbox(_FOLDER, next_boot("/flash/boot", 1), RtcLog(self.rtc), max_segments=48)
        dropped = outbox.dropped
        while True:
            payload = outbox.next_batch()
            if payload is None:
                break
            outbox.commit(*self.cloud.take(payload))
        vfs.umount("/flash")
        return dropped


def apart(mean_gap_ms, count=2000):
    """Return the times of passages, in milliseconds."""
    uptime_ms = 0
    events = []
    for _ in range(count):
        uptime_ms += random.randrange(2 * mean_gap_ms)
        events.append((uptime_ms, "passage"))
    return events


def visits(an_hour, hours):
    """Return what visitors make the board tell: (time in ms, kind), as they come and go."""
    events = []
    came_ms = 0
    while came_ms < hours * 3_600_000:
        came_ms += random.randrange(2 * 3_600_000 // an_hour)
        left_ms = came_ms + random.randrange(60_000, 900_000)
        for at_ms in (came_ms, left_ms):
            events.extend((at_ms + after_ms, kind) for after_ms, kind in _VISIT)
    return sorted(events)


def offline_erases(events):
    """Return the erases per event of a board that nobody acknowledges."""
    content = bytearray(_BLOCK * _BLOCKS)
    flash = Flash(content, None)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    outbox = Outbox(_FOLDER, 1795179445, RtcLog(Rtc()), max_segments=80)
    before = flash.erases
    next_look_ms = 0
    for uptime_ms, kind in events:
        while next_look_ms < uptime_ms:  # the firmware looks twice a second
            next_look_ms += 500
            if outbox.is_due(next_look_ms):
                outbox.flush()
        outbox.append(kind, uptime_ms, 1795179445000 + uptime_ms, _FIELDS[kind])
    vfs.umount("/flash")
    return (flash.erases - before) / len(events)


def main(cuts, seed):
    random.seed(seed)
    lost = doubled = clashes = made = in_window = most_at_once = torn = drop = 0
    done = 0
    while done < cuts:  # a fresh flash every 100 cuts
        trial = Trial()
        for _ in range(min(100, cuts - done)):
            trial.life(is_reset=random.random() < 0.5, budget=random.randrange(1, 60000))
            done += 1
        drop += trial.drain() + trial.dropped
        arrived = list(trial.cloud.stored.values())
        lost += len(trial.promised - set(arrived))
        doubled += len(arrived) - len(set(arrived))
        clashes += trial.cloud.clashes
        made += trial.made
        in_window += trial.lost_in_the_window
        most_at_once = max(most_at_once, trial.most_at_once)
        torn += trial.torn_writes
    figures = {
        "cuts": done,
        "torn": torn,
        "made": made,
        "lost": lost,
        "doubled": doubled + clashes,
        "dropped": drop,
        "in_window": in_window,
        "most_at_once": most_at_once,
        "erases_busy": offline_erases(apart(2000)),
        "erases_calm": offline_erases(apart(20000)),
        "erases_slow": offline_erases(apart(60000, 600)),
        "erases_visits": offline_erases(visits(3, 40)),
    }
    print(json.dumps(figures))


main(int(sys.argv[1]), int(sys.argv[2]))
