"""The doorway: people as bodies under the sensor, and what its zones see. Pure.

Millimetres. The sensor looks straight down from `mount_mm` at the origin; y runs from the street
(negative) into the shop. SPAD columns 0..7 look to the street, 8..15 into the shop.
"""

import math
import random
from dataclasses import dataclass, field

from simulators.board.vl53l1x import Reading

_COLUMN_RAD = math.radians(27 / 16)
_HALF_VIEW = math.tan(math.radians(13.5))
_PATH_MM = 1500
_SHOULDERS_BELOW_MM = 280
_HEAD_RADIUS_MM = 95
_SHOULDER_DEPTH_MM = 150
_SHOULDER_WIDTH_MM = 230
_SEEN_SHARE = 0.15  # of the zone: a target that fills less gives the distance behind it
_NOISE_MM = 8.0


@dataclass(frozen=True)
class Body:
    """Somebody who walks straight through the door, from one side to the other."""

    started_ms: int
    direction: str
    speed_mm_s: int = 1200
    height_mm: int = 1700
    x_mm: int = 0

    def y_mm(self, now_ms: int) -> float:
        """Return where the body is along the way through the door."""
        walked = (now_ms - self.started_ms) * self.speed_mm_s / 1000
        return walked - _PATH_MM if self.direction == "in" else _PATH_MM - walked

    @property
    def duration_s(self) -> float:
        """The seconds from the start of the way to its end."""
        return 2 * _PATH_MM / self.speed_mm_s

    def is_gone(self, now_ms: int) -> bool:
        """Tell whether the body has reached the end of its way."""
        return now_ms - self.started_ms > self.duration_s * 1000


@dataclass
class World:
    """What is around one board. `passages` is the truth that counting is judged by."""

    mount_mm: int = 2400
    seed: int = 1
    passages: list[tuple[int, str]] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def walk(self, body: Body) -> None:
        """Let somebody walk through the door."""
        self.bodies.append(body)
        self.passages.append((body.started_ms, body.direction))

    def look(self, first_column: int, last_column: int, now_ms: int) -> Reading:
        """Return what the sensor sees through these columns of its SPAD array."""
        self.bodies = [body for body in self.bodies if not body.is_gone(now_ms)]
        distance = min(
            [self._distance_to(body, first_column, last_column, now_ms) for body in self.bodies],
            default=float(self.mount_mm),
        )
        noisy = max(1, round(self._random.gauss(distance, _NOISE_MM)))
        signal = round(4_000_000_000 / distance**2 * self._random.uniform(0.95, 1.05))
        return Reading(noisy, signal=min(signal, 0xFFFF), ambient=self._random.randint(6, 14))

    def _distance_to(self, body: Body, first: int, last: int, now_ms: int) -> float:
        y_mm = body.y_mm(now_ms)
        head = (body.height_mm, _HEAD_RADIUS_MM, _HEAD_RADIUS_MM)
        shoulders = (body.height_mm - _SHOULDERS_BELOW_MM, _SHOULDER_DEPTH_MM, _SHOULDER_WIDTH_MM)
        for top_mm, depth_mm, width_mm in (head, shoulders):
            below_mm = self.mount_mm - top_mm
            near = math.tan((first - 8) * _COLUMN_RAD) * below_mm
            far = math.tan((last + 1 - 8) * _COLUMN_RAD) * below_mm
            side = _HALF_VIEW * below_mm
            share = _covered(y_mm, depth_mm, near, far) * _covered(body.x_mm, width_mm, -side, side)
            if share >= _SEEN_SHARE:
                return float(below_mm)
        return float(self.mount_mm)


def _covered(centre: float, radius: float, low: float, high: float) -> float:
    """Return the share of low..high that centre +- radius covers."""
    return max(0.0, min(high, centre + radius) - max(low, centre - radius)) / (high - low)
