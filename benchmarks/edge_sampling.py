"""Whether sampling waits for anything: gaps between readings while network and flash are busy.

A virtual board runs the shipped firmware over TLS. The gaps are measured from outside, at the
sensor: the times at which its register model finishes a reading. The board runs in real time on a
shared machine, so the same gaps are measured on the idle board as well.
"""

import contextlib
import importlib.util
import itertools
import os
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from simulators.board.board import XSHUT_PIN, VirtualBoard
from simulators.board.certificates import Authority
from simulators.board.install import device_command, provision
from simulators.board.rig import Broker, Cloud, wait_until
from simulators.board.vl53l1x import Reading

_SOURCE = Path(__file__).parents[1] / "edge" / "firmware" / "outbox.py"
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


class Sampling:
    """The times at which the sensor of a board was read."""

    def __init__(self, board: VirtualBoard) -> None:
        self.times: list[float] = []
        sensor = board.hardware.sensors[XSHUT_PIN]
        look = sensor.look

        def timed(first: int, last: int) -> Reading:
            self.times.append(time.monotonic())
            return look(first, last)

        sensor.look = timed

    def during(self, play: Callable[[], object]) -> tuple[float, float]:
        """Return the longest gap in milliseconds and the pairs a second while something happens."""
        began = len(self.times)
        started = time.monotonic()
        play()
        ended = time.monotonic()
        times = [started, *self.times[began:], ended]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        return 1000 * max(gaps), (len(times) - 2) / 2 / (ended - started)


def measure(options: Options) -> list[Figure]:
    """Return pairs a second, and the longest gap in each situation."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        authority = Authority(folder)
        broker = Broker(folder, tls=authority.issue("localhost", "server"))
        stack.callback(broker.stop)
        cloud = Cloud(broker.port)
        stack.callback(cloud.close)
        board = stack.enter_context(VirtualBoard(folder / "flash"))
        _install(board, broker, authority)
        wait_until(lambda: cloud.kinds("calibrated"), _DEADLINE_S)
        return list(_figures(board, broker, cloud, options.is_full))


def _figures(board: VirtualBoard, broker: Broker, cloud: Cloud, is_full: bool) -> Iterator[Figure]:
    events = _FULL_EVENTS if is_full else _SMALL_EVENTS
    sampling = _restart_with_backlog(board, broker, events)
    gap_ms, _ = sampling.during(lambda: _drain(broker, cloud, events))
    yield at_most(f"longest gap while {events} events drain", gap_ms, "ms", 100)
    gap_ms, pairs = sampling.during(lambda: time.sleep(_IDLE_S if is_full else _SMALL_IDLE_S))
    yield at_least("zone pairs", pairs, "1/s", 15)
    yield plain("longest gap on the idle board", gap_ms, "ms")
    stall_s = _FULL_STALL_S if is_full else _SMALL_STALL_S
    gap_ms, _ = sampling.during(lambda: _stall(board, broker, stall_s))
    yield at_most(f"longest gap while the broker stalls for {stall_s:g} s", gap_ms, "ms", 100)
    gap_ms, _ = sampling.during(lambda: _reconnect(broker, cloud))
    yield at_most("longest gap during a TLS reconnect", gap_ms, "ms", 100)
    changes = _CHANGES if is_full else _SMALL_CHANGES
    gap_ms, _ = sampling.during(lambda: _write_flash(board, broker, changes))
    yield at_most(f"longest gap while {changes} events go to flash", gap_ms, "ms", 100)


def _install(board: VirtualBoard, broker: Broker, authority: Authority) -> None:
    board.power_on()
    device_command(board, "deploy")
    mqtt = {"host": "localhost", "port": broker.tls_port, "ca": str(authority.pem)}
    provision(board, {"device": _DEVICE, "mqtt": mqtt})


def _restart_with_backlog(board: VirtualBoard, broker: Broker, events: int) -> Sampling:
    """Start the board out of reach of the broker, with events of an earlier boot in its flash."""
    board.power_cut()
    broker.stop()
    outbox = _outbox(board.flash / "outbox")
    for number in range(events):
        outbox.append("door", number, None, {"open": number % 2})
        if outbox.unflushed >= _BATCH:
            outbox.flush()
    outbox.flush()
    sampling = Sampling(board)
    board.power_on()
    wait_until(lambda: len(sampling.times) > _SAMPLES_TO_START, _DEADLINE_S)
    return sampling


def _drain(broker: Broker, cloud: Cloud, events: int) -> None:
    before = len(cloud.events)
    broker.start()
    wait_until(lambda: len(cloud.events) >= before + events, _DEADLINE_S)


def _stall(board: VirtualBoard, broker: Broker, seconds: float) -> None:
    pid = broker._process.pid
    os.kill(pid, signal.SIGSTOP)
    board.walk_in()
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def _reconnect(broker: Broker, cloud: Cloud) -> None:
    births = len(cloud.statuses)
    broker.stop()
    broker.start()
    wait_until(lambda: any(s["state"] == "online" for s in cloud.statuses[births:]), _DEADLINE_S)


def _write_flash(board: VirtualBoard, broker: Broker, changes: int) -> None:
    broker.stop()
    for number in range(changes):
        (board.close_door if number % 2 else board.open_door)()
        time.sleep(_CHANGE_S)
    broker.start()


def _outbox(folder: Path) -> Any:
    """Return the firmware's outbox, on CPython, in the flash of a board that is off."""
    const: Callable[[int], int] = lambda value: value  # noqa: E731
    sys.modules.setdefault("micropython", types.SimpleNamespace(const=const))  # type: ignore[arg-type]
    spec = importlib.util.spec_from_file_location("outbox", _SOURCE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder.mkdir(exist_ok=True)
    return module.Outbox(str(folder), _EARLIER_BOOT)


if __name__ == "__main__":
    main("edge_sampling", measure)
