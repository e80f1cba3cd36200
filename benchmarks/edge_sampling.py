"""Whether sampling waits for anything: gaps between readings while network and flash are busy.

A virtual board runs the shipped firmware over TLS. The gaps are measured from outside, at the
sensor: the times at which its register model finishes a reading.

The board runs in real time on a shared machine, so the machine's part is measured in the same run,
in two ways: how long board and simulator stood ready within the longest gap and waited for a
processor (the scheduler's own account, /proc/PID/schedstat of Linux), and the longest stall of a
bare loop that only sleeps for 10 ms at a time. What remains of a gap is the firmware's; where both
waited at once that is too little, so the board's own work between two readings stands beside it.
The cloud runs in a process of its own, or it would keep the simulated sensor waiting for the lock
of the Python interpreter, which no account of the scheduler shows.
"""

import contextlib
import itertools
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from edge.tools.firmware import firmware_module
from simulators.board.board import XSHUT_PIN, VirtualBoard
from simulators.board.certificates import Authority
from simulators.board.install import device_command, provision
from simulators.board.rig import Broker, Cloud, wait_until
from simulators.board.vl53l1x import VL53L1X, Reading

_FULL_STALL_S, _SMALL_STALL_S = 30.0, 4.0
_FULL_EVENTS, _SMALL_EVENTS = 5_000, 500
_IDLE_S, _SMALL_IDLE_S = 20.0, 3.0
_CHANGES, _SMALL_CHANGES = 60, 30  # a flush takes 24 events
_CHANGE_S = 0.2  # faster would be a contact that chatters
_BATCH = 24
_EARLIER_BOOT = 7
_SAMPLES_TO_START = 100
_DEADLINE_S = 120.0
_DEVICE = "front"
_LONGEST_MS = 100
_PAIRS_S = 15
_NAP_S = 0.01


@dataclass
class Observed:
    """What sampling did while something happened: the longest gap, and what it is made of."""

    pairs_s: float
    waiting: float  # share of the time that board and simulator waited for a processor
    gap_ms: float
    waited_ms: float  # within that gap, for a processor
    own_gap_ms: float  # the longest one without such waits
    work_ms: float  # the most that the board worked between two readings
    bare_ms: float  # the longest stall of a loop that does nothing

    def figures(self, what: str) -> Iterator[Figure]:
        yield at_most(f"longest gap {what}", self.gap_ms, "ms", _LONGEST_MS)
        yield plain(f"  of it, waiting for a processor, {what}", self.waited_ms, "ms")
        yield plain(f"  longest stall of a bare loop {what}", self.bare_ms, "ms")
        own = f"longest gap without the waits for a processor {what}"
        yield at_most(own, self.own_gap_ms, "ms", _LONGEST_MS)
        work = f"the board's longest work between two readings {what}"
        yield at_most(work, self.work_ms, "ms", _LONGEST_MS)

    def rates(self, what: str) -> Iterator[Figure]:
        yield at_least(f"zone pairs {what}", self.pairs_s, "1/s", _PAIRS_S)
        yield plain(f"  waiting for a processor {what}", self.waiting, "share of the time")


class Sampling:
    """The times at which the sensor of a board was read, and how long it had waited until then."""

    def __init__(self, board: VirtualBoard, bare: "BareLoop") -> None:
        self.looks: list[Look] = []
        self._board = board
        self._bare = bare
        sensor = board.hardware.sensors[XSHUT_PIN]
        assert isinstance(sensor, VL53L1X)
        look = sensor.look

        def timed(first: int, last: int) -> Reading:
            self.looks.append(self._now())
            return look(first, last)

        sensor.look = timed

    def during(self, play: Callable[[], object]) -> Observed:
        """Return what sampling did while something happened."""
        began = len(self.looks)
        self._bare.longest_ms()
        started = self._now()
        play()
        ended = self._now()
        looks = [started, *self.looks[began:], ended]
        gaps = [later.since(earlier) for earlier, later in itertools.pairwise(looks)]
        longest = max(gaps, key=lambda gap: gap.at_s)
        pairs = (len(looks) - 2) / 2
        elapsed = ended.since(started)
        return Observed(
            pairs_s=pairs / elapsed.at_s,
            waiting=elapsed.waited_s / elapsed.at_s,
            gap_ms=1000 * longest.at_s,
            waited_ms=1000 * min(longest.waited_s, longest.at_s),
            own_gap_ms=1000 * max(gap.at_s - gap.waited_s for gap in gaps),
            work_ms=1000 * max(gap.worked_s for gap in gaps),
            bare_ms=self._bare.longest_ms(),
        )

    def _now(self) -> "Look":
        chip = self._board._chip
        _, waited_s = _account(os.getpid(), self._board._thread.native_id)
        if chip is None:
            return Look(time.monotonic(), waited_s, 0.0)
        worked_s, chip_waited_s = _account(chip.pid, chip.pid)
        return Look(time.monotonic(), waited_s + chip_waited_s, worked_s)


@dataclass(frozen=True)
class Look:
    """When, and how long until then board and simulator had waited and the board had worked."""

    at_s: float
    waited_s: float
    worked_s: float

    def since(self, earlier: "Look") -> "Look":
        """Return what has passed since an earlier one."""
        return Look(
            self.at_s - earlier.at_s,
            self.waited_s - earlier.waited_s,
            self.worked_s - earlier.worked_s,
        )


class BareLoop:
    """A process of its own that sleeps, and notes by how much it was woken too late."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_nap, args=(end,), daemon=True)
        self._process.start()

    def longest_ms(self) -> float:
        """Return its longest stall since it was asked last."""
        self._pipe.send(None)
        stall_ms: float = self._pipe.recv()
        return stall_ms

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


class DistantCloud:
    """A cloud that acknowledges in a process of its own, and tells how much has arrived."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_acknowledge, args=(port, end), daemon=True)
        self._process.start()

    def received(self) -> "Received":
        """Return what it has received until now."""
        self._pipe.send(None)
        received: Received = self._pipe.recv()
        return received

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


@dataclass(frozen=True)
class Received:
    """How many events, calibrations and births have arrived."""

    events: int
    calibrations: int
    births: int


def _acknowledge(port: int, pipe: Connection) -> None:
    cloud = Cloud(port)
    while True:
        pipe.recv()
        births = sum(status["state"] == "online" for status in list(cloud.statuses))
        pipe.send(Received(len(cloud.events), len(cloud.kinds("calibrated")), births))


def _nap(pipe: Connection) -> None:
    longest_s = 0.0
    while True:
        before = time.monotonic()
        time.sleep(_NAP_S)
        longest_s = max(longest_s, time.monotonic() - before - _NAP_S)
        if pipe.poll():
            pipe.recv()
            pipe.send(1000 * longest_s)
            longest_s = 0.0


def _account(pid: int, thread: int | None) -> tuple[float, float]:
    """Return how long a thread has run, and has been ready and waited for a processor."""
    try:
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            ran_ns, waited_ns, _ = file.read().split()
    except OSError:  # no such account on this system: the machine's part stays unknown
        return 0.0, 0.0
    return int(ran_ns) / 1e9, int(waited_ns) / 1e9


def measure(options: Options) -> list[Figure]:
    """Return pairs a second, and the longest gap in each situation."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        bare = BareLoop()  # before there are threads to fork
        stack.callback(bare.close)
        authority = Authority(folder)
        broker = Broker(folder, tls=authority.issue("localhost", "server"))
        stack.callback(broker.stop)
        cloud = DistantCloud(broker.port)
        stack.callback(cloud.close)
        board = stack.enter_context(VirtualBoard(folder / "flash", in_real_time=True))
        _install(board, broker, authority)
        wait_until(lambda: cloud.received().calibrations, _DEADLINE_S)
        return list(_figures(board, broker, cloud, bare, options.is_full))


def _figures(
    board: VirtualBoard, broker: Broker, cloud: DistantCloud, bare: BareLoop, is_full: bool
) -> Iterator[Figure]:
    events = _FULL_EVENTS if is_full else _SMALL_EVENTS
    sampling = _restart_with_backlog(board, broker, bare, events)
    drained = sampling.during(lambda: _drain(broker, cloud, events))
    yield from drained.figures(f"while {events} events drain")
    idle = sampling.during(lambda: time.sleep(_IDLE_S if is_full else _SMALL_IDLE_S))
    yield from idle.rates("on the idle board")
    yield from idle.figures("on the idle board")
    stall_s = _FULL_STALL_S if is_full else _SMALL_STALL_S
    stalled = sampling.during(lambda: _stall(board, broker, stall_s))
    yield from stalled.figures(f"while the broker stalls for {stall_s:g} s")
    yield from stalled.rates(f"while the broker stalls for {stall_s:g} s")
    reconnected = sampling.during(lambda: _reconnect(broker, cloud))
    yield from reconnected.figures("during a TLS reconnect")
    nameless = sampling.during(lambda: _without_names(board, broker, stall_s))
    yield from nameless.figures(f"while no name server answers for {stall_s:g} s")
    changes = _CHANGES if is_full else _SMALL_CHANGES
    written = sampling.during(lambda: _write_flash(board, broker, changes))
    yield from written.figures(f"while {changes} events go to flash")


def _install(board: VirtualBoard, broker: Broker, authority: Authority) -> None:
    board.power_on()
    device_command(board, "deploy")
    mqtt = {"host": "localhost", "port": broker.tls_port, "ca": str(authority.pem)}
    provision(board, {"device": _DEVICE, "mqtt": mqtt})


def _restart_with_backlog(
    board: VirtualBoard, broker: Broker, bare: BareLoop, events: int
) -> Sampling:
    """Start the board out of reach of the broker, with events of an earlier boot in its flash."""
    board.power_cut()
    broker.stop()
    outbox = _outbox(board.flash / "outbox")
    for number in range(events):
        outbox.append("door", number, None, {"open": number % 2})
        if number % _BATCH == _BATCH - 1:
            outbox.flush()
    outbox.flush()
    sampling = Sampling(board, bare)
    board.power_on()
    wait_until(lambda: len(sampling.looks) > _SAMPLES_TO_START, _DEADLINE_S)
    return sampling


def _drain(broker: Broker, cloud: DistantCloud, events: int) -> None:
    before = cloud.received().events
    broker.start()
    wait_until(lambda: cloud.received().events >= before + events, _DEADLINE_S)


def _stall(board: VirtualBoard, broker: Broker, seconds: float) -> None:
    pid = broker._process.pid
    os.kill(pid, signal.SIGSTOP)
    board.walk_in()
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def _reconnect(broker: Broker, cloud: DistantCloud) -> None:
    births = cloud.received().births
    broker.stop()
    broker.start()
    wait_until(lambda: cloud.received().births > births, _DEADLINE_S)


def _without_names(board: VirtualBoard, broker: Broker, seconds: float) -> None:
    board.names.is_silent = True
    broker.stop()  # so that the board has to ask
    time.sleep(seconds)
    broker.start()
    board.names.is_silent = False


def _write_flash(board: VirtualBoard, broker: Broker, changes: int) -> None:
    broker.stop()
    for number in range(changes):
        (board.close_door if number % 2 else board.open_door)()
        time.sleep(_CHANGE_S)
    broker.start()


def _outbox(folder: Path) -> Any:
    """Return the firmware's outbox, on CPython, in the flash of a board that is off."""
    for name in ("buffers", "files", "gone", "outbox"):
        firmware_module(name)
    return firmware_module("recovery").open_outbox(str(folder), _EARLIER_BOOT)


if __name__ == "__main__":
    main("edge_sampling", measure)
