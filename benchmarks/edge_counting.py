"""How well people are counted: our counter, ST's and Roode's algorithm on the very same samples.

A run is one mounting height and a row of episodes (`simulators/board/crowds.py`) in one world
(`simulators/board/passages.py`), where every reading goes to all three. Events and truth are
compared by direction within each episode. ST's and Roode's algorithms are written anew from their
public description, and calibrated as they would be.

The counter was tuned on other seeds than those measured here: whoever changes it looks at
TUNING_SEEDS only, with `errors()`. "Ahead of the better peer" is the difference of both on the same
samples, judged by the sampling error of that difference from run to run (runs differ in mounting,
tilt and floor, so the run is the unit): "ahead" and "behind" are beyond twice that error. Where all
make next to no errors, more passages are played, for 10,000 could not tell who makes fewer.
"""

import math
import multiprocessing
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.report import Figure, Options, at_least, at_most, main, plain
from simulators.board.crowds import SCENARIOS, Episode
from simulators.board.passages import Counter as PassageCounter
from simulators.board.passages import Floor, Shopbell, play
from simulators.board.vl53l1x import VALID, Reading

_EPISODES_A_RUN = 25
_FULL_PASSAGES, _SMALL_PASSAGES = 10_000, 150
_RARE_ERRORS_PASSAGES = {
    "single_file": 300_000,
    "followers_1000_mm": 40_000,
    "turn_backs": 300_000,
    "lingerers": 300_000,
    "prams": 40_000,
}
TUNING_SEEDS = range(100_000)
MEASURING_SEEDS = range(500_000, 600_000)
_WEEK_DAYS, _SMALL_WEEK_DAYS = 7, 1
_DAY_EPISODES, _SMALL_DAY_EPISODES = 600, 100
_RUNS_AT_ONCE = 8
_LEAST_RUNS = 4

# by which rate a scenario is judged, and how much of it is enough
_GOALS = {
    "single_file": ("f1", 0.98),
    "followers_1000_mm": ("recall", 0.97),
    "followers_800_mm": ("recall", 0.88),
    "turn_backs": ("correct", 0.97),
    "lingerers": ("correct", 0.97),
    "prams": ("correct", 0.97),
    "door_leaf": ("precision", 0.95),
    "crossing_pairs": ("resolved", 0.95),
    "sunlight": ("precision", 0.95),
    "busy_day": ("f1", 0.92),
}


_PATHS: dict[tuple[int, ...], str] = {(1, 3, 2): "in", (2, 3, 1): "out"}


class _PathTracker:
    """What ST's and Roode's counter share: the path of the zones' states from 0 to 0."""

    def __init__(self) -> None:
        self._occupied = [False, False]
        self._path: list[int] = []

    def track(self, zone: int, is_occupied: bool) -> tuple[bool, str | None]:
        """Return whether a path has ended, and the passage it was."""
        if is_occupied == self._occupied[zone]:
            return False, None
        self._occupied[zone] = is_occupied
        state = self._occupied[0] + 2 * self._occupied[1]
        if state:
            # the fourth place takes what comes later
            self._path[3:] = []
            self._path = [*self._path[:2], state] if len(self._path) >= 3 else [*self._path, state]
            return False, None
        path, self._path = self._path, []
        return True, _PATHS.get(tuple(path))


class St:
    """STSW-IMG010: nearest of the last 10 readings of a zone, against a fixed 1.6 m."""

    _THRESHOLD_MM = 1600
    _KEPT = 10
    _USABLE = frozenset((VALID, 4, 7))  # severe errors are far away

    def __init__(self, _: Floor) -> None:
        self._recent: list[list[int]] = [[], []]
        self._tracker = _PathTracker()

    def add(self, _: float, zone: int, reading: Reading) -> str | None:
        distance_mm = reading.distance_mm if reading.status in self._USABLE else 4000
        recent = self._recent[zone] = [*self._recent[zone][1 - self._KEPT :], distance_mm]
        ended, passage = self._tracker.track(zone, min(recent) < self._THRESHOLD_MM)
        if ended and passage:
            self._recent = [[], []]
        return passage


class Roode:
    """Nearest of two readings, against 85 % of the calibrated floor; the status is not read."""

    _KEPT = 2

    def __init__(self, floor_mm: Floor) -> None:
        idle = [statistics.mean(f) - statistics.stdev(f) for f in floor_mm]
        self._threshold_mm = [0.85 * distance for distance in idle]
        self._recent: list[list[int]] = [[], []]
        self._tracker = _PathTracker()

    def add(self, _: float, zone: int, reading: Reading) -> str | None:
        recent = self._recent[zone] = [*self._recent[zone][1 - self._KEPT :], reading.distance_mm]
        return self._tracker.track(zone, min(recent) < self._threshold_mm[zone])[1]


_ALGORITHMS: dict[str, Callable[[Floor], PassageCounter]] = {
    "shopbell": Shopbell,
    "st": St,
    "roode": Roode,
}
_PEERS = ("st", "roode")


@dataclass
class Tally:
    """What an algorithm made of its episodes."""

    episodes: int = 0
    correct: int = 0
    resolved: int = 0
    ambiguous: int = 0
    occupancy: int = 0  # counted minus true, at the end
    matched_by: tuple[int, int] = (0, 0)
    true_by: tuple[int, int] = (0, 0)
    reported_by: tuple[int, int] = (0, 0)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def judge(self, episode: Episode, events: list[str]) -> None:
        """Compare the events of one episode with the truth."""
        true = (episode.entries, episode.exits)
        reported = (events.count("in"), events.count("out"))
        matched = (min(true[0], reported[0]), min(true[1], reported[1]))
        self.true_by = _sum(self.true_by, true)
        self.reported_by = _sum(self.reported_by, reported)
        self.matched_by = _sum(self.matched_by, matched)
        self.episodes += 1
        self.correct += true == reported
        if true != reported:
            truth = " ".join(["in"] * true[0] + ["out"] * true[1])
            self.errors[truth, " ".join(sorted(events))] += 1
        self.resolved += true == reported or "ambiguous" in events
        self.ambiguous += events.count("ambiguous")
        self.occupancy += (reported[0] - reported[1]) - (true[0] - true[1])

    def add(self, other: "Tally") -> None:
        """Add the tally of another run."""
        for name in ("episodes", "correct", "resolved", "ambiguous", "occupancy", "errors"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("true_by", "reported_by", "matched_by"):
            setattr(self, name, _sum(getattr(self, name), getattr(other, name)))

    def figure(self, name: str) -> float:
        """Return one of its rates, between 0 and 1."""
        matched, true, reported = (
            sum(by) for by in (self.matched_by, self.true_by, self.reported_by)
        )
        return {
            "recall": _ratio(matched, true),
            "precision": _ratio(matched, reported),
            "f1": _ratio(2 * matched, true + reported),
            "recall_in": _ratio(self.matched_by[0], self.true_by[0]),
            "recall_out": _ratio(self.matched_by[1], self.true_by[1]),
            "precision_in": _ratio(self.matched_by[0], self.reported_by[0]),
            "precision_out": _ratio(self.matched_by[1], self.reported_by[1]),
            "correct": _ratio(self.correct, self.episodes),
            "resolved": _ratio(self.resolved, self.episodes),
            "ambiguous": _ratio(self.ambiguous, self.episodes),
        }[name]


def run(name: str, seed: int, episodes: int, mount: int | None = None) -> dict[str, Tally]:
    """Play a row of episodes at one mounting height to all algorithms."""
    tallies = {algorithm: Tally() for algorithm in _ALGORITHMS}
    for episode, events in play(name, seed, episodes, _ALGORITHMS, mount):
        for algorithm, tally in tallies.items():
            tally.judge(episode, events[algorithm])
    return tallies


def errors(name: str, runs: int, seeds: range = TUNING_SEEDS) -> Counter[tuple[str, str]]:
    """Return how often which truth was taken for what, to tune by: never on MEASURING_SEEDS."""
    found: Counter[tuple[str, str]] = Counter()
    for seed in seeds[:runs]:
        found += run(name, seed, _EPISODES_A_RUN)["shopbell"].errors
    return found


def measure(options: Options) -> list[Figure]:
    """Return recall and precision by scenario and algorithm, and the drift over a week."""
    figures: list[Figure] = []
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for name in SCENARIOS:
            full = _RARE_ERRORS_PASSAGES.get(name, _FULL_PASSAGES)
            passages = full if options.is_full else _SMALL_PASSAGES
            figures += _compared(name, _played(pool, name, passages))
        figures.append(_drift(pool, options.is_full))
    return figures


def _played(pool: Any, name: str, passages: int) -> list[dict[str, Tally]]:
    """Return the tallies of as many runs as it takes for so many passages."""
    played: list[dict[str, Tally]] = []
    while (
        sum(sum(tallies["shopbell"].true_by) for tallies in played) < passages
        or len(played) < _LEAST_RUNS
    ):
        seeds = MEASURING_SEEDS[len(played) : len(played) + _RUNS_AT_ONCE]
        played += pool.starmap(run, [(name, seed, _EPISODES_A_RUN) for seed in seeds], chunksize=1)
    return played


def _compared(name: str, played: list[dict[str, Tally]]) -> Iterator[Figure]:
    totals = {algorithm: Tally() for algorithm in _ALGORITHMS}
    for tallies in played:
        for algorithm, tally in tallies.items():
            totals[algorithm].add(tally)
    ours = totals["shopbell"]
    yield plain(f"{name}: passages", sum(ours.true_by), "passages")
    measured, goal = _GOALS.get(name, ("f1", 0.0))
    for algorithm, tally in totals.items():
        for rate in ("recall_in", "recall_out", "precision_in", "precision_out"):
            yield plain(f"{name}: {algorithm} {rate}", tally.figure(rate), "share")
        yield plain(f"{name}: {algorithm} ambiguous", tally.figure("ambiguous"), "per episode")
        if algorithm != "shopbell":
            yield plain(f"{name}: {algorithm} {measured}", tally.figure(measured), "share")
    if goal:
        yield at_least(f"{name}: shopbell {measured}", ours.figure(measured), "share", goal)
    else:
        yield plain(f"{name}: shopbell {measured}", ours.figure(measured), "share")
    peer = max(_PEERS, key=lambda algorithm: totals[algorithm].figure(measured))
    ahead = ours.figure(measured) - totals[peer].figure(measured)
    error = 2 * _standard_error(measured, peer, played)
    yield plain(f"{name}: sampling error of the difference, twice", error, "share")
    is_flawless = ours.figure(measured) == 1
    yield plain(f"{name}: beside the better peer", _verdict(peer, ahead, error), "")
    yield Figure(
        f"{name}: ahead of the better peer",
        round(ahead, 6),
        "share",
        "above 0 by more than twice its sampling error, or no error made",
        ahead > error or (is_flawless and ahead >= 0),
    )


def _verdict(peer: str, ahead: float, error: float) -> str:
    if ahead > error:
        return f"ahead of {peer}"
    return f"behind {peer}" if ahead < -error else f"level with {peer}"


def _standard_error(measured: str, peer: str, played: list[dict[str, Tally]]) -> float:
    """Return that of the difference to the peer, as the runs scatter around it."""
    differences = [t["shopbell"].figure(measured) - t[peer].figure(measured) for t in played]
    return statistics.stdev(differences) / math.sqrt(len(differences))


def _drift(pool: Any, is_full: bool) -> Figure:
    """Return the worst day's error of the occupancy before it is set to zero at night."""
    days = _WEEK_DAYS if is_full else _SMALL_WEEK_DAYS
    episodes = _DAY_EPISODES if is_full else _SMALL_DAY_EPISODES
    jobs = [("busy_day", seed, episodes, 2400) for seed in MEASURING_SEEDS[-days:]]
    tallies = [tallies["shopbell"] for tallies in pool.starmap(run, jobs, chunksize=1)]
    worst = max(abs(tally.occupancy) / max(1, tally.true_by[0]) for tally in tallies)
    return at_most("worst day's drift of the occupancy", worst, "share of entries", 0.02)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _sum(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


if __name__ == "__main__":
    main("edge_counting", measure)
