"""Customers by recency, frequency and worth: the RFM segments and the loyalty tiers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

# Segment by frequency score 1..5 (position) for each recency score: every pair has exactly one.
_MAP = {
    5: ("New Customers", *["Potential Loyalists"] * 2, *["Champions"] * 2),
    4: ("Promising", *["Potential Loyalists"] * 2, *["Loyal"] * 2),
    3: (*["About to Sleep"] * 2, "Need Attention", *["Loyal"] * 2),
    2: (*["Hibernating"] * 2, *["At Risk"] * 2, "Cannot Lose"),
    1: ("Lost", "Hibernating", *["At Risk"] * 2, "Cannot Lose"),
}
SEGMENTS = tuple(dict.fromkeys(segment for row in _MAP.values() for segment in row))
TIERS = ("Platinum", "Gold", "Silver", "Bronze")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TierRule:
    """The best shares of customers that reach Platinum, Gold and Silver by recent net amount.

    `slack` is the hysteresis: who already has a tier keeps it until the rank has fallen that much
    (relatively) below the tier's share, so that nobody flips every night.
    """

    platinum: float = 0.05
    gold: float = 0.20
    silver: float = 0.50
    slack: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.platinum < self.gold < self.silver <= 1 or self.slack < 0:
            raise ValueError(f"expected 0 < platinum < gold < silver <= 1, found {self}")

    @property
    def shares(self) -> Floats:
        return np.array([self.platinum, self.gold, self.silver])


def rfm_segments(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    """The segment of each row of `features`; ndarray of shape (n_customers,)."""
    recency = recency_scores(table["days_since_last_visit"].to_numpy(dtype=float))
    frequency = frequency_scores(table["visits"].to_numpy(dtype=float))
    pairs = zip(recency, frequency, strict=True)
    return np.array([_MAP[int(r)][int(f) - 1] for r, f in pairs], dtype=object)


def recency_scores(days_since_last_visit: Floats) -> Ints:
    """Fifths by average rank, 5 for the most recent; equal values always score alike."""
    return _fractions(-days_since_last_visit, 5)


def frequency_scores(visits: Floats) -> Ints:
    """1 for a single visit, and 2 to 5 by fourths of those who came back.

    One-time buyers are often half of a shop: a plain fifth would cut through them.
    """
    scores = np.ones(len(visits), dtype=np.int64)
    returned = visits > 1
    scores[returned] = 1 + _fractions(visits[returned], 4)
    return scores


def tiers(
    table: pd.DataFrame,
    previous: Mapping[str, str] | None = None,
    rule: TierRule | None = None,
) -> npt.NDArray[np.object_]:
    """The loyalty tier of each row of `features` by its net amount of the last 365 days.

    Rising is immediate; falling waits for `slack`. Who spent nothing in that time is Bronze.
    """
    rule = rule or TierRule()
    spent = table["recent_net_amount"].to_numpy(dtype=float)
    share = (pd.Series(-spent).rank(method="average").to_numpy() - 0.5) / max(len(spent), 1)
    level = np.searchsorted(rule.shares, share)
    lenient = np.searchsorted(rule.shares * (1 + rule.slack), share)
    known = {tier: number for number, tier in enumerate(TIERS)}
    before = np.array(
        [known.get((previous or {}).get(name, ""), len(TIERS)) for name in table["customer_id"]],
        dtype=np.int64,
    )
    kept = np.minimum(level, np.maximum(lenient, before))
    return np.array(TIERS, dtype=object)[np.where(spent > 0, kept, len(TIERS) - 1)]


def _fractions(values: Floats, n: int) -> Ints:
    """1..n by average rank: the result depends on the values alone, not on the order of rows."""
    rank = pd.Series(values).rank(method="average").to_numpy()
    return np.ceil(rank * n / max(len(values), 1)).astype(np.int64)
