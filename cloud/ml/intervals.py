"""Intervals of shares, honest for small numbers."""

from math import sqrt

Z_95 = 1.959964


def wilson(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of a share of `n`, within 0 and 1 (Wilson 1927)."""
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def difference_of_shares(
    hits: int, n: int, other_hits: int, other_n: int, z: float = Z_95
) -> tuple[float, float]:
    """The interval of the first share less the other (Newcombe 1998, method 10)."""
    share, other = hits / n, other_hits / other_n
    low, high = wilson(hits, n, z)
    other_low, other_high = wilson(other_hits, other_n, z)
    difference = share - other
    return (
        difference - sqrt((share - low) ** 2 + (other_high - other) ** 2),
        difference + sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )
