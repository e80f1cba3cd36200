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
# What each segment means to a shopkeeper, and what to do about it.
GUIDE = {
    "Champions": (
        "came lately and come most often",
        "Thank them in person, let them try what is new first, ask for a review.",
    ),
    "Loyal": ("come often", "Reward the habit with the loyalty card; no discount is needed."),
    "Potential Loyalists": (
        "came lately and have begun to return",
        "Invite them to the loyalty card and show what goes with what they buy.",
    ),
    "New Customers": (
        "came for the first time just now",
        "Say welcome and give a reason to come a second time.",
    ),
    "Promising": (
        "came for the first time not long ago",
        "Remind them once, with the product that brings people back.",
    ),
    "Need Attention": (
        "used to come now and then, and pause",
        "Send one friendly message with something new.",
    ),
    "About to Sleep": (
        "came once or twice, some time ago",
        "Send one reminder; a small gift costs less than a discount.",
    ),
    "At Risk": (
        "came often and have not been here for long",
        "Write or call personally, and ask what was missing.",
    ),
    "Cannot Lose": (
        "were among the best and stay away",
        "Call them; this is worth your own time.",
    ),
    "Hibernating": (
        "came rarely, long ago",
        "One message in the season that they came in; then let them rest.",
    ),
    "Lost": ("came once, long ago", "Spend nothing on them."),
}
# Until the owner writes down what a tier brings.
DEFAULT_REWARDS = {
    "Platinum": "First choice of what is new, and a birthday gift",
    "Gold": "A birthday gift",
    "Silver": "Double points on a quiet day",
    "Bronze": "Points on every purchase",
}
MAX_REWARD_LENGTH = 200
MOVE_COLUMNS = ("customer_id", "kind", "before", "after", "direction")

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


def rewards(edited: Mapping[str, str] | None = None) -> dict[str, str]:
    """What each tier brings: the owner's words, ours where there are none.

    An empty text is a wish too: this tier brings nothing.
    """
    edited = {tier: text.strip() for tier, text in (edited or {}).items()}
    unknown = [tier for tier in edited if tier not in TIERS]
    if unknown:
        raise ValueError(f"rewards: expected the tiers {', '.join(TIERS)}, found {unknown}")
    for tier, text in edited.items():
        if len(text) > MAX_REWARD_LENGTH:
            raise ValueError(
                f"rewards: expected up to {MAX_REWARD_LENGTH} characters for {tier}, "
                f"found {len(text)}"
            )
    return {**DEFAULT_REWARDS, **edited}


def moves(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Who changed segment or tier between two runs, to be kept as a log.

    Both frames have `customer_id`, `segment` and `tier`. Returns MOVE_COLUMNS, sorted; `kind` is
    "segment" or "tier", `direction` "up" or "down" for tiers, and "new" (with `before` None) or
    "gone" (with `after` None) for customers whom only one of the runs knows. Segments have no up
    and down; "changed" is all one can say.
    """
    both = before.merge(after, on="customer_id", how="outer", suffixes=("_before", "_after"))
    logs = [
        pd.DataFrame(
            {
                "customer_id": both["customer_id"],
                "kind": kind,
                "before": _or_none(both[f"{kind}_before"]),
                "after": _or_none(both[f"{kind}_after"]),
            }
        )
        for kind in ("segment", "tier")
    ]
    log = pd.concat(logs, ignore_index=True)
    is_moved = [old != new for old, new in zip(log["before"], log["after"], strict=True)]
    log = log[np.array(is_moved, dtype=bool)]
    rows = zip(log["kind"], log["before"], log["after"], strict=True)
    log = log.assign(direction=[_direction(*row) for row in rows])
    return log.sort_values(["customer_id", "kind"], ignore_index=True)[list(MOVE_COLUMNS)]


def _or_none(values: "pd.Series[str]") -> "pd.Series[str]":
    return values.astype(object).where(values.notna(), None)


def _direction(kind: str, before: str | None, after: str | None) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if kind == "segment":
        return "changed"
    return "up" if TIERS.index(after) < TIERS.index(before) else "down"


def _fractions(values: Floats, n: int) -> Ints:
    """1..n by average rank: the result depends on the values alone, not on the order of rows."""
    rank = pd.Series(values).rank(method="average").to_numpy()
    return np.ceil(rank * n / max(len(values), 1)).astype(np.int64)
