"""Random power cuts and resets while the outbox writes to littlefs; prints one JSON object.

Runs on MicroPython: `micropython power_cuts.py CUTS SEED`. The flash is a block device in RAM whose
power fails after a random number of bytes, in the middle of a page or of an erase. The cloud of
this script takes a random part of what is handed out and acknowledges a random part of that.
"""

import json
import random
import sys

import vfs
from recovery import next_boot, open_outbox
from rtclog import RtcLog

from simulators.board.flash import BLOCK_BYTES, Flash

_FLASH_BYTES = 96 * BLOCK_BYTES
_FOLDER = "/flash/outbox"
_FIELDS = {
    "door": {"open": 1},
    "motion": {"active": 1},
    "passage": {"sensor": 0, "direction": "in", "confidence": 95},
}
_ERASE_MS, _PAGE_MS, _PAGE_BYTES = 45, 0.7, 256
_WAITING_MS = 100 - 31  # of the longest gap between two readings, what the sensor's pace leaves
_VISIT = ((0, "door"), (800, "motion"), (1500, "passage"), (4000, "door"), (25000, "motion"))


class PowerCut(OSError):
    pass


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
        self.settled = {}  # boot -> the number up to which nothing more will come

    def take(self, payload):
        batch = json.loads(payload)
        boot = batch["boot"]
        for event in batch["events"]:
            key = (boot, event["seq"])
            if self.stored.get(key, event["count"]) != event["count"]:
                self.clashes += 1  # one number for two events: one of them would be lost
            self.stored[key] = event["count"]
        return boot, self.settle(boot, batch["oldest"] - 1)

    def settle(self, boot, last):
        """Wait for no number of a boot up to `last` any more; return how far it is committed."""
        self.settled[boot] = max(self.settled.get(boot, 0), last)
        seq = max(self.committed.get(boot, 0), last)
        while (boot, seq + 1) in self.stored:
            seq += 1
        self.committed[boot] = seq
        return seq

    def is_missing(self, boot, seq):
        """Tell whether an event is known to be lost."""
        return seq <= self.settled.get(boot, 0) and (boot, seq) not in self.stored


class Trial:
    """The life of one board over many cuts; `promised` are the events that must not be lost: they
    arrive, or a full outbox has dropped them and the cloud knows exactly which."""

    def __init__(self, max_segments):
        self.max_segments = max_segments
        self.number_of = {}  # event -> (boot, sequence number)
        self.content = bytearray(_FLASH_BYTES)
        flash = Flash(self.content)
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
        boot = next_boot("/flash/boot", 1, _FOLDER)
        outbox = open_outbox(_FOLDER, boot, RtcLog(self.rtc), max_segments=self.max_segments)
        if flash.is_dead:
            return
        self._promise()  # what only the RTC's memory held is in flash now
        self.rtc.can_tear = is_reset
        self.outbox = outbox
        uptime_ms = sequence = 0
        while True:
            uptime_ms += random.randrange(200, 6000)
            self.made += 1
            # before it is appended: the power may fail when it is in the RTC's memory already
            sequence += 1
            self.number_of[self.made] = (boot, sequence)
            outbox.append("zeroed", uptime_ms, 1795179445000 + uptime_ms, {"count": self.made})
            self.pending.add(self.made)
            if outbox.is_due(uptime_ms) and outbox.write():
                self._promise(but_the_last=len(outbox._pending))
            if random.random() < 0.02:
                self._talk(outbox)
            if flash.is_dead or random.random() < 0.004:
                return  # cut in a write, or between two

    def _promise(self, but_the_last=0):
        in_flash = {event for event in self.pending if event <= self.made - but_the_last}
        self.promised |= in_flash
        self.pending -= in_flash

    def _talk(self, outbox):
        """Hand some batches out, of which some are acknowledged, and say what is lost."""
        outbox.rewind()
        if random.random() < 0.5:
            self._tell(outbox)
        for _ in range(random.randrange(1, 8)):
            payload = outbox.next_batch()
            if payload is None:
                return
            ack = self.cloud.take(payload)
            if random.random() < 0.7:
                outbox.commit(*ack)

    def _tell(self, outbox, likely=0.7):
        for boot, last in outbox.gone:
            seq = self.cloud.settle(boot, last)
            if random.random() < likely:
                outbox.commit(boot, seq)

    def drain(self):
        """Send everything that is left, as a board does that stays online."""
        flash = self.rtc.flash = Flash(self.content)
        vfs.mount(vfs.VfsLfs2(flash), "/flash")
        boot = next_boot("/flash/boot", 1, _FOLDER)
        outbox = open_outbox(_FOLDER, boot, RtcLog(self.rtc), max_segments=self.max_segments)
        dropped = outbox.dropped
        while True:
            payload = outbox.next_batch()
            if payload is None:
                break
            outbox.commit(*self.cloud.take(payload))
        while outbox.gone:
            self._tell(outbox, likely=1)
        vfs.umount("/flash")
        return dropped

    def untold(self):
        """Count the promised events that neither arrived nor are known to be lost."""
        waiting = self.promised - set(self.cloud.stored.values())
        return sum(not self.cloud.is_missing(*self.number_of[event]) for event in waiting)

    def made_up(self):
        """Count the numbers that are known to be lost although no event ever had them."""
        numbers = set(self.number_of.values())
        return sum(
            self.cloud.is_missing(boot, seq) and (boot, seq) not in numbers
            for boot, last in self.cloud.settled.items()
            for seq in range(1, last + 1)
        )


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


def offline(events):
    """Return of a board that nobody acknowledges its erases per event, and of each write the time
    in ms that the flash, and therefore everything, takes for it."""
    content = bytearray(_FLASH_BYTES)
    flash = Flash(content)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    outbox = open_outbox(_FOLDER, 1795179445, RtcLog(Rtc()), max_segments=80)
    before = flash.erases
    writes_ms = []
    next_look_ms = 0
    for uptime_ms, kind in events:
        while next_look_ms < uptime_ms:  # the firmware looks twice a second
            next_look_ms += 500
            if outbox.is_due(next_look_ms):
                erases, spent = flash.erases, flash.spent
                outbox.write()
                writes_ms.append(busy_ms(flash.erases - erases, flash.spent - spent))
        outbox.append(kind, uptime_ms, 1795179445000 + uptime_ms, _FIELDS[kind])
    vfs.umount("/flash")
    return (flash.erases - before) / len(events), writes_ms


def busy_ms(erases, spent_bytes):
    """Return how long a flash is busy, by the typical times of a W25Q32's data sheet."""
    programmed_bytes = spent_bytes - erases * BLOCK_BYTES
    return erases * _ERASE_MS + programmed_bytes * _PAGE_MS / _PAGE_BYTES


def cut_often(cuts, max_segments):
    """Return what became of the events of boards whose power is cut so often."""
    found = {}
    done = 0
    while done < cuts:  # a fresh flash every 100 cuts
        trial = Trial(max_segments)
        for _ in range(min(100, cuts - done)):
            trial.life(is_reset=random.random() < 0.5, budget=random.randrange(1, 60000))
            done += 1
        dropped = trial.drain() + trial.dropped
        arrived = list(trial.cloud.stored.values())
        figures = {
            "made": trial.made,
            "torn": trial.torn_writes,
            "lost": len(trial.promised - set(arrived)),
            "doubled": len(arrived) - len(set(arrived)) + trial.cloud.clashes,
            "dropped": dropped,
            "untold": trial.untold(),
            "made_up": trial.made_up(),
            "in_window": trial.lost_in_the_window,
        }
        for name, value in figures.items():
            found[name] = found.get(name, 0) + value
        found["most_at_once"] = max(found.get("most_at_once", 0), trial.most_at_once)
    return found


def main(cuts, seed):
    random.seed(seed)
    figures = cut_often(cuts, max_segments=48)
    figures["cuts"] = cuts
    shops = {
        "busy": apart(2000),
        "calm": apart(20000),
        "slow": apart(60000, 600),
        "visits": visits(3, 40),
    }
    writes_ms = []
    for name, events in shops.items():
        figures["erases_" + name], of_shop_ms = offline(events)
        writes_ms += of_shop_ms
    figures["writes"] = len(writes_ms)
    figures["long_writes"] = sum(ms > _WAITING_MS for ms in writes_ms)
    figures["longest_write_ms"] = max(writes_ms)
    full = cut_often(cuts, max_segments=3)
    for name in ("lost", "untold", "made_up"):
        figures["full_" + name] = full[name]
    print(json.dumps(figures))


main(int(sys.argv[1]), int(sys.argv[2]))
