"""What is usual: the middle of a figure on days like this one, and the range where it mostly is."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# with fewer days, one of them decides everything
LEAST_DAYS = 4


@dataclass(frozen=True)
class Usual:
    """The median of past days, and between which values four days out of five were."""

    low: float
    middle: float
    high: float
    days: int


def usual(values: Sequence[float]) -> Usual | None:
    """Return what is usual; None where too few days are known."""
    if len(values) < LEAST_DAYS:
        return None
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return Usual(tenths[0], statistics.median(values), tenths[-1], len(values))
