"""The doorway: people, prams and the door's leaf under the sensor, and what its zones see. Pure.

Millimetres. The sensor looks straight down from `mount_mm` at the origin; y runs from the street
(negative) into the shop. SPAD columns 0..7 look to the street, 8..15 into the shop. What the sensor
can see is a cone of 27 degrees, which the lens blurs by about two columns; light comes back by
reflectance, covered share and the inverse square of the distance. Surfaces closer together than
its pulse is long merge into one distance, otherwise the strongest one is reported. Noise grows with
ambient light at 940 nm as photon counting wants it.
"""

import functools
import math
import random
from dataclasses import dataclass, field

from simulators.board.vl53l1x import SIGMA_HIGH, SIGNAL_WEAK, VALID, Reading

_HALF_VIEW = math.tan(math.radians(13.5))
_COLUMN_RAD = math.radians(27 / 16)
_BLUR_COLUMNS = 1.0  # the lens: standard deviation of where the light of a point lands

_PATH_MM = 1500
_SHOULDERS_BELOW_MM = 280
_HEAD_DEPTH_MM, _HEAD_WIDTH_MM = 95, 80
_SHOULDER_DEPTH_MM, _SHOULDER_WIDTH_MM = 150, 230
_PRAM_AHEAD_MM, _PRAM_DEPTH_MM, _PRAM_WIDTH_MM = 650, 320, 270
_LEAF_HALF_THICKNESS_MM = 20

_MERGED_MM = 400  # surfaces whose echoes overlap
_SIGNAL = 77e9  # kilocounts a second, of a white surface that fills the zone at 1 mm
_AMBIENT_WEIGHT = 20  # ambient light is counted all the time, the echo only during its pulse
_SIGMA_SCALE_MM = 1000.0
_SIGMA_FLOOR_MM = 4.0
_SIGMA_LIMIT_MM = 90.0  # the thresholds of ULD's default block
_SIGNAL_LIMIT = 1000.0
_GHOSTS_PER_AMBIENT = 1e-7  # a noise peak that passes for an echo
_REGISTER_MAX = 0xFFFF

# A surface: height of its top, y, x, half depth, half width, reflectance.
Surface = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Body:
    """Somebody who walks through the door, or turns back on the way.

    pause is (y along the way, milliseconds): there they stand, swaying by sway_mm. turns_at_mm is
    the y along the way from which they go back, having turned round while they stood. pram_mm is
    the height of a pram pushed ahead. lean_mm is how far the head is ahead of the shoulders;
    diagonal how far they drift sideways for each millimetre of the way.
    """

    started_ms: int
    direction: str
    speed_mm_s: int = 1200
    height_mm: int = 1700
    x_mm: int = 0
    hair: float = 0.4
    clothes: float = 0.5
    pause: tuple[int, int] | None = None
    sway_mm: int = 0
    turns_at_mm: int | None = None
    pram_mm: int = 0
    lean_mm: int = 60
    diagonal: float = 0.0

    def y_mm(self, now_ms: float) -> float:
        """Return where the body is along the way through the door."""
        along = self._along(now_ms)
        return along if self.direction == "in" else -along

    def _along(self, now_ms: float) -> float:
        since_ms = now_ms - self.started_ms
        sway = 0.0
        if self.pause is not None:
            since_ms -= self._standing_ms(now_ms)
            sway = self.sway_mm * math.sin(self._stood(now_ms) * math.pi * 5)
        walked = since_ms * self.speed_mm_s / 1000 - _PATH_MM
        if self.turns_at_mm is not None and walked > self.turns_at_mm:
            walked = 2 * self.turns_at_mm - walked
        return walked + sway

    def _standing_ms(self, now_ms: float) -> float:
        where, pause_ms = self.pause or (0, 0)
        arrived_ms = (_PATH_MM + where) * 1000 / self.speed_mm_s
        return min(max(0.0, now_ms - self.started_ms - arrived_ms), float(pause_ms))

    def _stood(self, now_ms: float) -> float:
        """Return which share of the pause is over."""
        return self._standing_ms(now_ms) / max(self.pause[1], 1) if self.pause else 0.0

    def _lean(self, now_ms: float) -> float:
        """Return how far the head is ahead, in mm, seen along the way."""
        if self.turns_at_mm is None:
            return self.lean_mm
        return self.lean_mm * math.cos(math.pi * self._stood(now_ms))

    @property
    def duration_s(self) -> float:
        """The seconds from the start of the way to its end."""
        way = 2 * _PATH_MM if self.turns_at_mm is None else 2 * (_PATH_MM + self.turns_at_mm)
        pause_ms = self.pause[1] if self.pause else 0
        return way / self.speed_mm_s + pause_ms / 1000

    @property
    def crosses(self) -> bool:
        """Whether the way leads to the other side."""
        return self.turns_at_mm is None

    def is_gone(self, now_ms: float) -> bool:
        """Tell whether the body has reached the end of its way."""
        return now_ms - self.started_ms > self.duration_s * 1000

    def surfaces(self, now_ms: float) -> list[Surface]:
        """Return what of it the sensor can see from above, the highest first."""
        y = self.y_mm(now_ms)
        x = self.x_mm + self.diagonal * y
        top = self.height_mm
        lean = self._lean(now_ms) if self.direction == "in" else -self._lean(now_ms)
        seen: list[Surface] = [
            (top, y + lean, x, _HEAD_DEPTH_MM, _HEAD_WIDTH_MM, self.hair),
            (top - _shoulders(top), y, x, _SHOULDER_DEPTH_MM, _SHOULDER_WIDTH_MM, self.clothes),
        ]
        if self.pram_mm:
            ahead = _PRAM_AHEAD_MM if self.direction == "in" else -_PRAM_AHEAD_MM
            seen.append((self.pram_mm, y + ahead, x, _PRAM_DEPTH_MM, _PRAM_WIDTH_MM, 0.5))
        return seen


@dataclass(frozen=True)
class Leaf:
    """The door's leaf, which opens into the shop, stays open for a while and closes.

    It turns about a hinge beside the sensor; its upper edge sweeps through the view.
    """

    started_ms: int
    swing_ms: int
    open_ms: int
    top_mm: int = 2050
    hinge_x_mm: int = -450
    line_mm: int = -250  # the y of the closed leaf

    def is_gone(self, now_ms: float) -> bool:
        """Tell whether the leaf is closed again."""
        return now_ms - self.started_ms > 2 * self.swing_ms + self.open_ms

    def surfaces(self, now_ms: float) -> list[Surface]:
        """Return the edge below the sensor: the leaf as it crosses x = 0."""
        angle = self._angle(now_ms)
        if not 0.02 < angle < 1.4:
            return []  # closed, or beside the view
        y = self.line_mm - self.hinge_x_mm * math.tan(angle)
        thickness = _LEAF_HALF_THICKNESS_MM / math.cos(angle)
        return [(self.top_mm, y, 0, thickness, 400, 0.5)]

    def _angle(self, now_ms: float) -> float:
        since_ms = now_ms - self.started_ms
        closing_ms = since_ms - self.swing_ms - self.open_ms
        share = since_ms / self.swing_ms if closing_ms < 0 else 1 - closing_ms / self.swing_ms
        share = min(1.0, max(0.0, share))
        return math.pi / 2 * (0.5 - 0.5 * math.cos(math.pi * share))


@dataclass
class World:
    """What is around one board. `passages` is the truth that counting is judged by.

    ambient is in kilocounts a second: some 20 in a lit room, 10,000 in the sun. drift_mm is what
    the temperature adds to every distance; tilt is how crooked the sensor hangs, in radians.
    """

    mount_mm: int = 2400
    seed: int = 1
    ambient: float = 20.0
    floor: float = 0.3
    drift_mm: float = 0.0
    tilt: float = 0.0
    passages: list[tuple[int, str]] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def walk(self, body: Body) -> None:
        """Let somebody walk through the door."""
        self.bodies.append(body)
        if body.crosses:
            self.passages.append((body.started_ms, body.direction))

    def swing(self, leaf: Leaf) -> None:
        """Let the door open and close."""
        self.leaves.append(leaf)

    def look(
        self, first_column: int, last_column: int, now_ms: float, sensor_y_mm: int = 0
    ) -> Reading:
        """Return what a sensor sees through these columns of its SPAD array."""
        zone = _zone(first_column, last_column)
        self.bodies = [body for body in self.bodies if not body.is_gone(now_ms)]
        self.leaves = [leaf for leaf in self.leaves if not leaf.is_gone(now_ms)]
        echoes: list[tuple[float, float]] = []
        free = 1.0
        things: list[Body | Leaf] = [*self.bodies, *self.leaves]
        for thing in things:
            covered = 0.0
            for top, y, x, depth, width, reflectance in thing.surfaces(now_ms):
                below = max(30.0, self.mount_mm - top)
                seen_y = y - sensor_y_mm - self.tilt * below
                share = _share(zone, below, seen_y, x, depth, width)
                visible = min(max(0.0, share - covered), free)  # the head hides the shoulders
                if visible > 0:
                    echoes.append((below, _SIGNAL * reflectance * visible / below**2))
                    covered += visible
                    free -= visible
        if free > 0:
            echoes.append((self.mount_mm, _SIGNAL * self.floor * free / self.mount_mm**2))
        return self._reading(*_strongest(echoes))

    def _reading(self, distance: float, signal: float) -> Reading:
        draw = self._random
        ambient = self.ambient * draw.uniform(0.8, 1.2)
        sigma = _SIGMA_FLOOR_MM + _SIGMA_SCALE_MM * (
            math.sqrt(signal + _AMBIENT_WEIGHT * ambient) / max(signal, 1.0)
        )
        status = VALID
        if signal < _SIGNAL_LIMIT:
            status = SIGNAL_WEAK
        elif sigma > _SIGMA_LIMIT_MM:
            status = SIGMA_HIGH
        seen = draw.gauss(distance + self.drift_mm, min(sigma, 600.0))
        if draw.random() < ambient * _GHOSTS_PER_AMBIENT:
            seen, status = draw.uniform(50, self.mount_mm), VALID
        noisy = signal * draw.uniform(0.97, 1.03)
        return Reading(
            max(0, round(seen)),
            status,
            min(round(noisy * 0.128), _REGISTER_MAX),  # megacounts, 9.7 fixed point
            min(round(ambient * 0.128), _REGISTER_MAX),
        )


def _shoulders(height_mm: int) -> float:
    return _SHOULDERS_BELOW_MM * height_mm / 1700


def _strongest(echoes: list[tuple[float, float]]) -> tuple[float, float]:
    """Return distance and signal of the strongest echo, after merging those that overlap."""
    if len(echoes) == 1:
        return echoes[0]
    echoes.sort()
    best = (0.0, 0.0)
    start, weighted, total = echoes[0][0], 0.0, 0.0
    for distance, signal in echoes:
        if distance - start > _MERGED_MM:
            best = max(best, (total, weighted))
            start, weighted, total = distance, 0.0, 0.0
        weighted += distance * signal
        total += signal
    total, weighted = max(best, (total, weighted))
    return weighted / total, total


@functools.cache
def _zone(first: int, last: int) -> tuple[tuple[float, float, float, float], ...]:
    """Return strips across the view: where they begin and end, half their width, their weight.

    Each strip is two columns; the first three numbers are for a distance of 1.
    """
    strips = []
    for column in range(0, 16, 2):
        near, far = (math.tan((c - 8) * _COLUMN_RAD) for c in (column, column + 2))
        half = math.sqrt(max(0.0, _HALF_VIEW**2 - ((near + far) / 2) ** 2))
        weight = sum(_blurred(c + 0.5, first, last + 1) for c in (column, column + 1))
        strips.append((near, far, half, weight * half * (far - near)))
    total = sum(strip[3] for strip in strips)
    return tuple((a, b, c, w / total) for a, b, c, w in strips if w / total > 0.002)


def _blurred(position: float, low: int, high: int) -> float:
    scale = _BLUR_COLUMNS * math.sqrt(2)
    return (math.erf((high - position) / scale) - math.erf((low - position) / scale)) / 2


def _share(
    zone: tuple[tuple[float, float, float, float], ...],
    below: float,
    y: float,
    x: float,
    depth: float,
    width: float,
) -> float:
    """Return how much of a zone's sensitivity a rectangle covers, 0 to 1."""
    low, high = (y - depth) / below, (y + depth) / below
    left, right = (x - width) / below, (x + width) / below
    if high <= -_HALF_VIEW or low >= _HALF_VIEW or right <= -_HALF_VIEW or left >= _HALF_VIEW:
        return 0.0
    share = 0.0
    for near, far, half, weight in zone:
        length = (high if high < far else far) - (low if low > near else near)
        across = (right if right < half else half) - (left if left > -half else -half)
        if length > 0 and across > 0:
            share += weight * length / (far - near) * across / (2 * half)
    return share
