"""The churn probability of a customer who is only imagined, read off a grid that a run has left.

A run evaluates the shop's model on a few thousand imagined customers; between them the logits are
interpolated. So the API answers at once without the libraries that the model is made of. Axes are
laid out on logarithms, in which the models are nearly straight.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, log1p, prod
from typing import Any

from cloud.app.domain.errors import Invalid

VISITS_MAX, DAYS_MAX, VALUE_MAX = 10_000, 36_500, 10**9
# eight estimates in ten, as with the lifetime value
Z = 1.2816

Grid = Mapping[str, Any]


@dataclass(frozen=True)
class Figures:
    """One customer's figures; visits evenly spaced and of equal value."""

    visits: int
    days_since_last_visit: int
    tenure_days: int
    monetary_value: float

    @property
    def gap_days(self) -> float:
        """Days between two visits; 0 with a single one."""
        between = self.tenure_days - self.days_since_last_visit
        return between / (self.visits - 1) if self.visits > 1 else 0.0


@dataclass(frozen=True)
class Estimate:
    """The probability with its interval (where the model knows one), and what speaks for it."""

    churn_probability: float
    low: float | None
    high: float | None
    risk: str
    contributions: dict[str, float]
    drivers: list[str]


def checked(figures: Figures) -> Figures:
    """Return the figures. Raises Invalid for those that no customer can have."""
    least_tenure = figures.days_since_last_visit + figures.visits - 1
    for name, value, least, most in (
        ("visits", figures.visits, 1, VISITS_MAX),
        ("days_since_last_visit", figures.days_since_last_visit, 0, DAYS_MAX),
        ("monetary_value", figures.monetary_value, 0, VALUE_MAX),
    ):
        if not least <= value <= most:
            raise Invalid(name, f"{least}..{most}", f"{value:g}")
    if not least_tenure <= figures.tenure_days <= DAYS_MAX:
        expected = (
            f"{least_tenure} or more: {figures.visits} visits on different days, the last "
            f"{figures.days_since_last_visit} days ago"
        )
        raise Invalid("tenure_days", expected, str(figures.tenure_days))
    if figures.visits == 1 and figures.tenure_days != figures.days_since_last_visit:
        expected = f"{figures.days_since_last_visit}, the age of the only visit"
        raise Invalid("tenure_days", expected, str(figures.tenure_days))
    return figures


def estimate(grid: Grid, figures: Figures) -> Estimate:
    """Read the estimate for figures that were checked off the grid of a run."""
    place = [figures.days_since_last_visit, figures.monetary_value]
    if figures.visits > 1:
        place = [figures.visits, figures.gap_days, *place]
    told = _interpolated(grid["once" if figures.visits == 1 else "often"], place)
    contributions = dict(zip(grid["groups"], told, strict=False))
    logit = grid["typical"] + sum(contributions.values())
    error = told[-1] if grid["has_interval"] else None
    return Estimate(
        churn_probability=_share(logit),
        low=None if error is None else _share(logit - Z * error),
        high=None if error is None else _share(logit + Z * error),
        risk=grid["risks"][bisect_right(grid["risk_cuts"], _share(logit))],
        contributions=contributions,
        drivers=[_rhythm(grid["words"], figures), *_reasons(grid["words"], contributions)],
    )


def coordinate(value: float) -> float:
    """Where a value lies on an axis; negative values, as after refunds, count as nothing."""
    return log1p(max(value, 0.0))


def _interpolated(part: Mapping[str, Any], place: Sequence[float]) -> list[float]:
    """Multilinear interpolation; beyond the ends of an axis its end counts."""
    corners = [_corners(axis, value) for axis, value in zip(part["axes"], place, strict=True)]
    width, told = part["width"], [0.0] * part["width"]
    for corner in product(*corners):
        weight = prod(share for _, share in corner)
        number = 0
        for (position, _), axis in zip(corner, part["axes"], strict=True):
            number = number * len(axis) + position
        if weight:
            for column in range(width):
                told[column] += weight * part["values"][number * width + column]
    return told


def _corners(axis: Sequence[float], value: float) -> list[tuple[int, float]]:
    """The two neighbours on an axis, and how much of each."""
    if len(axis) == 1:
        return [(0, 1.0)]
    upper = min(max(bisect_right(axis, value), 1), len(axis) - 1)
    low, high = coordinate(axis[upper - 1]), coordinate(axis[upper])
    share = min(max((coordinate(value) - low) / (high - low), 0.0), 1.0)
    return [(upper - 1, 1 - share), (upper, share)]


def _share(logit: float) -> float:
    return 1 / (1 + exp(-logit)) if logit > 0 else exp(logit) / (1 + exp(logit))


def _rhythm(words: Mapping[str, Any], figures: Figures) -> str:
    """The customer's rhythm in the words of the models."""
    gap, away = round(figures.gap_days), figures.days_since_last_visit
    if figures.visits == 1:
        text = words["once_a_day_ago" if away == 1 else "once"]
    else:
        text = words["daily" if gap == 1 else "often"]
    return str(text).format(gap=gap, away=away)


def _reasons(words: Mapping[str, Any], contributions: Mapping[str, float]) -> list[str]:
    """What moves the score most, besides the absence that the rhythm tells."""
    least, clear, most = words["least"], words["clear"], words["most"]
    moving = [(name, value) for name, value in contributions.items()
              if name in words["reasons"] and abs(value) >= least]  # fmt: skip
    moving.sort(key=lambda pair: -abs(pair[1]))
    return [
        words["reasons"][name][(value > 0) + 2 * (abs(value) >= clear)]
        for name, value in moving[:most]
    ]
