"""How many people are inside, and how crowded that is in a word."""

import math
from typing import Literal

Crowd = Literal["empty", "quiet", "moderate", "busy", "full"]

# share of the capacity from which the word holds
_FROM: tuple[tuple[float, Crowd], ...] = (
    (0.95, "full"),
    (0.67, "busy"),
    (0.34, "moderate"),
    (0.0, "quiet"),
)
# the same against what is usual at this hour
_FROM_USUAL: tuple[tuple[float, Crowd], ...] = (
    (3.0, "full"),
    (1.5, "busy"),
    (0.75, "moderate"),
    (0.0, "quiet"),
)
_MIDDLE: tuple[Crowd, ...] = ("quiet", "moderate", "busy")
FEW = 3


def people_inside(entries: int, exits: int, starting_inside: int = 0) -> int:
    """Return who entered and did not leave. Counters miss people, so never below zero."""
    return max(0, starting_inside + entries - exits)


def margin_of_error(ambiguous: int) -> int:
    """Return by how many people the count may be off, 19 times out of 20.

    An ambiguous passage is somebody who came, who left, or nobody: each adds -1, 0 or 1 with the
    same chance, a variance of 2/3, and the sum of many is nearly normal.
    """
    return math.ceil(1.96 * math.sqrt(ambiguous * 2 / 3))


def crowd(inside: int | None, capacity: int | None, usual: float | None = None) -> Crowd | None:
    """Return the word for `inside` people, None when they or a yardstick are not known.

    The capacity says how full it is. What is usual at this hour in this shop says whether that is
    much here: more than twice the usual is called one word busier, less than half one word
    quieter. Without a capacity the usual is the yardstick alone.
    """
    if inside is None or (capacity is None and not usual):
        return None
    if inside == 0:
        return "empty"
    if capacity is None:
        return _by_usual(inside / (usual or 1))
    word = next(word for share, word in _FROM if inside >= share * capacity)
    return _shifted(word, inside, usual)


def _by_usual(ratio: float) -> Crowd:
    return next(word for share, word in _FROM_USUAL if ratio >= share)


def _shifted(word: Crowd, inside: int, usual: float | None) -> Crowd:
    # only a full house is full, and few people say little about more or less than usual
    if not usual or word == "full" or max(inside, usual) < FEW:
        return word
    at = _MIDDLE.index(word)
    if inside > 2 * usual:
        return _MIDDLE[min(at + 1, len(_MIDDLE) - 1)]
    return _MIDDLE[max(at - 1, 0)] if inside < usual / 2 else word
