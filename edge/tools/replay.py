"""Traces that a board has recorded, played to the firmware's counter again.

A trace is what the board prints while /trace is on its flash (`edge/firmware/trace.py`), which
`shopbell device record` writes to a file; other lines of the console are passed over. Who counted
by hand adds lines such as `truth in in out`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from edge.tools.board import Board
from edge.tools.firmware import firmware_module

_FLAG = "/trace"
_IDLE = re.compile(r"trace 1 sensor (\d+) idle (\d+) (\d+)")
_READING = re.compile(r"t (\d+) (\d+) ([01]) (\d+|-)")
_TRUTH = re.compile(r"truth((?: (?:in|out))*)")
_DIRECTIONS = ("in", "out")
_TICKS = 1 << 30  # a board's milliseconds wrap


class TraceError(Exception):
    """The trace cannot be replayed; the text says what was expected and found."""


@dataclass(frozen=True)
class Outcome:
    """What the counter made of the readings at a moment: value is percent or milliseconds."""

    sensor: int
    at_ms: int
    what: str
    value: int

    def __str__(self) -> str:
        return f"{self.what}, {self.value} {'ms' if self.what == 'ambiguous' else '% sure'}"


@dataclass
class Replay:
    """What a trace holds, and what the counter made of it; truth is None where nobody counted."""

    readings: int = 0
    without_distance: int = 0
    first_ms: int = 0
    last_ms: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    truth: Counter[str] | None = None

    @property
    def counted(self) -> Counter[str]:
        """How many went in and out, and how many were ambiguous."""
        return Counter(outcome.what for outcome in self.outcomes)


def start_recording(board: Board) -> None:
    """Have a board print each reading from its next start on, and start it anew."""
    board.write(_FLAG, b"")
    board.reset()


def stop_recording(board: Board) -> None:
    """Have a board print no readings any more, and start it anew."""
    board.remove(_FLAG)
    board.reset()


def replay(lines: Iterable[str]) -> Replay:
    """Play a trace to the firmware's counter; raise TraceError when there is none in the lines."""
    played = Replay()
    counters: dict[int, Any] = {}
    for line in map(str.strip, lines):
        if found := _IDLE.fullmatch(line):
            sensor, *idle_mm = map(int, found.groups())
            _take_idle(counters, sensor, idle_mm)
        elif found := _READING.fullmatch(line):
            _take_reading(played, counters, found)
        elif found := _TRUTH.fullmatch(line):
            played.truth = (played.truth or Counter()) + Counter(found[1].split())
    if not played.readings:
        expected = "'trace 1 sensor 0 idle 2400 2400', then lines such as 't 0 123456 1 2398'"
        raise TraceError(f"trace: expected a line {expected}, found none")
    return played


def report(lines: Iterable[str]) -> Iterator[str]:
    """Yield in words what a replay counts, against the truth where it is known."""
    played = replay(lines)
    seconds = _since_ms(played.first_ms, played.last_ms) / 1000
    yield f"{seconds:.1f} s, {played.readings} readings, {played.without_distance} no distance"
    for outcome in played.outcomes:
        at_s = _since_ms(played.first_ms, outcome.at_ms) / 1000
        yield f"{at_s:9.2f} s  sensor {outcome.sensor}: {outcome}"
    counted = played.counted
    yield f"counted: {_words(counted)}, {counted['ambiguous']} ambiguous"
    if played.truth is not None:
        yield f"truth:   {_words(played.truth)}: {_difference(counted, played.truth)}"


def _take_idle(counters: dict[int, Any], sensor: int, idle_mm: list[int]) -> None:
    if sensor in counters:
        counters[sensor].set_idle(idle_mm)
    else:
        counters[sensor] = firmware_module("counting").Counter(idle_mm)


def _take_reading(played: Replay, counters: dict[int, Any], found: re.Match[str]) -> None:
    sensor, at_ms, zone = (int(found[part]) for part in (1, 2, 3))
    if sensor not in counters:
        return  # the recording began in the middle of a trace
    distance_mm = None if found[4] == "-" else int(found[4])
    if not played.readings:
        played.first_ms = at_ms
    played.last_ms = at_ms
    played.readings += 1
    played.without_distance += distance_mm is None
    outcome = counters[sensor].add(at_ms, zone, distance_mm)
    if outcome:
        played.outcomes.append(Outcome(sensor, at_ms, *outcome))


def _since_ms(first_ms: int, at_ms: int) -> int:
    return (at_ms - first_ms) % _TICKS


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[direction]} {direction}" for direction in _DIRECTIONS)


def _difference(counted: Counter[str], truth: Counter[str]) -> str:
    parts = [f"{n} {what} missing" for what, n in (truth - counted).items()]
    for direction in _DIRECTIONS:
        surplus = counted[direction] - truth[direction]
        if surplus > 0:
            parts.append(f"{surplus} {direction} too many")
    return ", ".join(parts) or "all counted"
