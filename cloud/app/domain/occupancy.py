"""How many people are inside, and how crowded that is in a word."""

from typing import Literal

Crowd = Literal["empty", "quiet", "moderate", "busy", "full"]

# share of the capacity from which the word holds
_FROM: tuple[tuple[float, Crowd], ...] = (
    (0.95, "full"),
    (0.67, "busy"),
    (0.34, "moderate"),
    (0.0, "quiet"),
)


def people_inside(entries: int, exits: int) -> int:
    """Return who entered and did not leave. Counters miss people, so never below zero."""
    return max(0, entries - exits)


def crowd(inside: int | None, capacity: int | None) -> Crowd | None:
    """Return the word for `inside` people, None when they or the capacity are not known."""
    if inside is None or capacity is None:
        return None
    if inside == 0:
        return "empty"
    return next(word for share, word in _FROM if inside >= share * capacity)
