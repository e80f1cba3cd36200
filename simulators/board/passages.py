"""People pass below a sensor at one door, and counters say what they made of it.

Faster than real time and by seed: no board runs, only the world that it would measure. The two
zones are sampled in turn, as the firmware does, and every reading goes to all counters.
"""

import statistics
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Protocol

from edge.tools.firmware import firmware_module
from simulators.board.crowds import SCENARIOS, Episode, mount_mm
from simulators.board.vl53l1x import VALID, Reading
from simulators.board.world import World

# the idle distances of a calibration, by zone
Floor = list[list[int]]

_ZONES = ((0, 7), (8, 15))
_SAMPLE_MS = 31.0
_PAUSE_MS = (1200, 2500)
_CROOKED_RAD = 0.045
_CALIBRATION = 20


class Counter(Protocol):
    """Takes every reading and returns "in", "out", "ambiguous" or None."""

    def add(self, at_ms: float, zone: int, reading: Reading) -> str | None: ...


class Shopbell:
    """The counter of the firmware, on CPython."""

    def __init__(self, floor_mm: Floor) -> None:
        self._counter = firmware_module("counting").Counter(
            [round(statistics.median(f)) for f in floor_mm]
        )

    def add(self, at_ms: float, zone: int, reading: Reading) -> str | None:
        distance_mm = reading.distance_mm if reading.status == VALID else None
        outcome = self._counter.add(round(at_ms), zone, distance_mm)
        return outcome[0] if outcome else None


def play(
    scenario: str,
    seed: int,
    episodes: int,
    makers: Mapping[str, Callable[[Floor], Counter]],
    mount: int | None = None,
) -> Iterator[tuple[Episode, dict[str, list[str]]]]:
    """Yield each episode with the events of each counter, all at one door.

    `mount` is the sensor's height in mm; drawn as the scenario has it when it is None.
    """
    draw = Random(f"{scenario} {seed}")
    world = World(
        mount_mm=mount or mount_mm(scenario, draw), seed=seed, floor=draw.uniform(0.15, 0.5)
    )
    world.tilt = draw.uniform(-_CROOKED_RAD, _CROOKED_RAD)
    floor_mm = [[world.look(*z, 0).distance_mm for _ in range(_CALIBRATION)] for z in _ZONES]
    counters = {name: make(floor_mm) for name, make in makers.items()}
    now_ms = 1000.0
    zone = 0
    for _ in range(episodes):
        episode = SCENARIOS[scenario](draw, int(now_ms) + 100)
        world.ambient = episode.ambient
        world.bodies, world.leaves = list(episode.bodies), list(episode.leaves)
        events: dict[str, list[str]] = {name: [] for name in counters}
        until = max(episode.ends_ms, now_ms) + draw.uniform(*_PAUSE_MS)
        while now_ms < until:
            zone ^= 1
            now_ms += _SAMPLE_MS + draw.uniform(-1.5, 1.5)
            reading = world.look(*_ZONES[zone], now_ms)
            for name, counter in counters.items():
                event = counter.add(now_ms, zone, reading)
                if event:
                    events[name].append(event)
        yield episode, events
