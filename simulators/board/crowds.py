"""Who comes through the door: episodes of people, prams and door leaves, by scenario and seed.

The parameters are those of a shop's door, and the same for everybody whose counting is judged.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from simulators.board.world import Body, Leaf

_PATH_MM = 1500
_DARK, _LIT = 5.0, 60.0
_SUN_LOW, _SUN_HIGH = 3_000.0, 40_000.0


@dataclass
class Episode:
    """Something that happens at the door, with an empty doorway before and after."""

    ends_ms: int = 0
    bodies: list[Body] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    ambient: float = 20.0

    @property
    def entries(self) -> int:
        """How many people went in."""
        return sum(body.crosses and body.direction == "in" for body in self.bodies)

    @property
    def exits(self) -> int:
        """How many people went out."""
        return sum(body.crosses and body.direction == "out" for body in self.bodies)

    def add(self, body: Body) -> Body:
        """Let somebody take part."""
        self.bodies.append(body)
        self.ends_ms = max(self.ends_ms, body.started_ms + int(body.duration_s * 1000))
        return body


def single_file(draw: Random, now_ms: int) -> Episode:
    """One adult alone, up to 1.5 m/s."""
    episode = _episode(draw, now_ms)
    episode.add(_adult(draw, now_ms))
    return episode


def followers(gap_mm: int) -> Callable[[Random, int], Episode]:
    """Two to four adults in a row at the same pace, that far apart."""

    def scenario(draw: Random, now_ms: int) -> Episode:
        episode = _episode(draw, now_ms)
        lead = episode.add(_adult(draw, now_ms))
        gap_ms = gap_mm * 1000 // lead.speed_mm_s
        for place in range(1, draw.choice((2, 2, 2, 3, 4))):
            start = now_ms + place * gap_ms
            episode.add(_adult(draw, start, lead.direction, lead.speed_mm_s))
        return episode

    return scenario


def turn_backs(draw: Random, now_ms: int) -> Episode:
    """Half of them look in, stop for a moment and go away again; the others walk through."""
    if draw.random() < 0.5:
        return single_file(draw, now_ms)
    episode = _episode(draw, now_ms)
    turns_at_mm = draw.randint(-350, 100)
    pause = (turns_at_mm - 1, draw.randint(100, 800))
    body = _adult(draw, now_ms, speed_mm_s=draw.randint(600, 1300))
    episode.add(_changed(body, turns_at_mm=turns_at_mm, pause=pause))
    return episode


def lingerers(draw: Random, now_ms: int) -> Episode:
    """They stand under the sensor for a while, swaying; two thirds go on, the others go back."""
    episode = _episode(draw, now_ms)
    goes_on = draw.random() < 0.67
    where = draw.randint(-300, 300 if goes_on else 100)
    body = _adult(draw, now_ms, speed_mm_s=draw.randint(600, 1300))
    changes = {"pause": (where, draw.randint(2_000, 15_000)), "sway_mm": draw.randint(10, 60)}
    if not goes_on:
        changes["turns_at_mm"] = where + 1
    episode.add(_changed(body, **changes))
    return episode


def prams(draw: Random, now_ms: int) -> Episode:
    """Somebody pushes a pram, which is not a person of its own."""
    episode = _episode(draw, now_ms)
    body = _adult(draw, now_ms, speed_mm_s=draw.randint(600, 1200))
    episode.add(_changed(body, pram_mm=draw.randint(850, 1020)))
    return episode


def door_leaf(draw: Random, now_ms: int) -> Episode:
    """The leaf swings through the view; half the time somebody comes in or goes out with it."""
    episode = _episode(draw, now_ms)
    swing_ms = draw.randint(700, 2000)
    leaf = Leaf(now_ms, swing_ms, draw.randint(500, 3000), top_mm=draw.randint(2000, 2080))
    episode.leaves.append(leaf)
    episode.ends_ms = now_ms + 2 * swing_ms + leaf.open_ms
    if draw.random() < 0.5:
        speed_mm_s = draw.randint(700, 1300)
        # they are under the sensor when the leaf is open
        under_ms = now_ms + swing_ms + draw.randint(0, leaf.open_ms)
        start = under_ms - _PATH_MM * 1000 // speed_mm_s
        episode.add(_adult(draw, start, speed_mm_s=speed_mm_s))
    return episode


def crossing_pairs(draw: Random, now_ms: int) -> Episode:
    """Two people pass each other in a door of 1.2 m, under the sensor within 0.4 s."""
    episode = _episode(draw, now_ms)
    side = draw.choice((-1, 1))
    for direction, sign in (("in", side), ("out", -side)):
        start = now_ms + draw.randint(0, 400)
        body = _adult(draw, start, direction, draw.randint(800, 1300))
        episode.add(_changed(body, x_mm=sign * draw.randint(230, 330)))
    return episode


def children(draw: Random, now_ms: int) -> Episode:
    """A child from 1.1 m on, alone or behind an adult."""
    episode = _episode(draw, now_ms)
    child = _adult(draw, now_ms, speed_mm_s=draw.randint(800, 1500))
    child = episode.add(_changed(child, height_mm=draw.randint(1100, 1500)))
    if draw.random() < 0.4:
        start = now_ms + draw.randint(1000, 1600) * 1000 // child.speed_mm_s
        episode.add(_adult(draw, start, child.direction, child.speed_mm_s))
    return episode


def tall_people(draw: Random, now_ms: int) -> Episode:
    """One adult of 1.9 m or more alone: their heads are as high as the door's leaf."""
    episode = _episode(draw, now_ms)
    episode.add(_changed(_adult(draw, now_ms), height_mm=draw.randint(1900, 2080)))
    return episode


def sunlight(draw: Random, now_ms: int) -> Episode:
    """Sun on the floor under the sensor: somebody walks through, or a minute's light only."""
    episode = single_file(draw, now_ms) if draw.random() < 0.7 else Episode(now_ms + 10_000)
    episode.ambient = _SUN_LOW * (_SUN_HIGH / _SUN_LOW) ** draw.random()
    return episode


def busy_day(draw: Random, now_ms: int) -> Episode:
    """Everything, as often as it happens; some walk abreast, which two zones cannot tell."""
    kinds = tuple(_BUSY)
    scenario = draw.choices(kinds, [_BUSY[kind] for kind in kinds])[0]
    return scenario(draw, now_ms)


def abreast(draw: Random, now_ms: int) -> Episode:
    """Two people side by side in the same direction."""
    episode = _episode(draw, now_ms)
    first = _adult(draw, now_ms)
    episode.add(_changed(first, x_mm=-270))
    second = _adult(draw, now_ms + draw.randint(0, 200), first.direction, first.speed_mm_s)
    episode.add(_changed(second, x_mm=270))
    return episode


_BUSY: dict[Callable[[Random, int], Episode], float] = {
    single_file: 70,
    followers(1000): 6,
    followers(800): 3,
    turn_backs: 5,
    lingerers: 3,
    prams: 4,
    crossing_pairs: 2,
    children: 4,
    sunlight: 2,
    abreast: 1,
}

SCENARIOS: dict[str, Callable[[Random, int], Episode]] = {
    "single_file": single_file,
    "followers_1000_mm": followers(1000),
    "followers_800_mm": followers(800),
    "turn_backs": turn_backs,
    "lingerers": lingerers,
    "prams": prams,
    "door_leaf": door_leaf,
    "crossing_pairs": crossing_pairs,
    "children": children,
    "tall_people": tall_people,
    "sunlight": sunlight,
    "busy_day": busy_day,
}


def mount_mm(name: str, draw: Random) -> int:
    """Return a height to mount the sensor at: above the leaf or the head below it."""
    return draw.randint(2250 if name in ("door_leaf", "tall_people") else 2000, 2800)


def _episode(draw: Random, now_ms: int) -> Episode:
    return Episode(now_ms, ambient=draw.uniform(_DARK, _LIT))


def _adult(
    draw: Random, start_ms: int, direction: str | None = None, speed_mm_s: int | None = None
) -> Body:
    return Body(
        start_ms,
        direction or draw.choice(("in", "out")),
        speed_mm_s or round(min(1500.0, max(600.0, draw.gauss(1150, 200)))),
        height_mm=round(min(1930.0, max(1480.0, draw.gauss(1700, 95)))),
        x_mm=round(min(200.0, max(-200.0, draw.gauss(0, 90)))),
        hair=0.05 * 12 ** draw.random(),
        clothes=draw.uniform(0.15, 0.8),
        lean_mm=draw.randint(20, 120),
        diagonal=draw.uniform(-0.35, 0.35),
    )


def _changed(body: Body, **changes: object) -> Body:
    return Body(**{**body.__dict__, **changes})
