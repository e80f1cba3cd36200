"""What speaks for a score: per customer, for the whole shop, and for a customer only imagined.

Contributions are Shapley values of groups of inputs against the shop's typical customer: they add
up exactly to the difference of logits, for every kind of model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from cloud.ml.calibration import auc_with_error
from cloud.ml.candidates import churn_inputs
from cloud.ml.churn import ChurnModel, risk_bands
from cloud.ml.snapshot import LEAST_PROBABILITY, Snapshot

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Inputs that tell one story, under the name that people read. The order is that of the words.
GROUPS: dict[str, tuple[str, ...]] = {
    "absence": ("away", "p0", "overdue", "closed"),
    "number of visits": ("visits", "once"),
    "recent visits": ("lately", "in_horizon"),
    "regularity": ("irregular",),
    "spending": ("value", "last_value"),
    "contact": ("seen", "rating", "written", "answered"),
}
# Contributions below a tenth of a logit move a probability by less than 3 points: left unsaid.
LEAST_CONTRIBUTION = 0.1
PLURALS = ("recent visits",)
MAX_REASONS = 2
N_SHUFFLES = 5
CENT = 0.01


@dataclass(frozen=True)
class Figures:
    """One customer's figures, entered by hand."""

    visits: int
    days_since_last_visit: int
    tenure_days: int
    monetary_value: float

    def __post_init__(self) -> None:
        least_tenure = self.days_since_last_visit + self.visits - 1
        if self.visits < 1:
            raise ValueError(f"visits: expected at least 1, found {self.visits}")
        if self.days_since_last_visit < 0:
            raise ValueError(
                f"days_since_last_visit: expected 0 or more, found {self.days_since_last_visit}"
            )
        if self.tenure_days < least_tenure:
            raise ValueError(
                f"tenure_days: expected at least {least_tenure} for {self.visits} visits, the "
                f"last {self.days_since_last_visit} days ago, found {self.tenure_days}"
            )
        if self.visits == 1 and self.tenure_days != self.days_since_last_visit:
            raise ValueError(
                f"tenure_days: expected {self.days_since_last_visit} with a single visit, "
                f"found {self.tenure_days}"
            )
        if not CENT <= self.monetary_value < np.inf:
            raise ValueError(f"monetary_value: expected {CENT} or more, got {self.monetary_value}")


@dataclass(frozen=True)
class Answer:
    """What the model says of one customer."""

    probability: float
    risk: str
    contributions: dict[str, float]
    drivers: list[str]


@dataclass(frozen=True)
class Scorer:
    """All that is needed to score a customer by hand, small enough to keep."""

    model: ChurnModel
    typical: Floats
    as_of: date

    def what_if(self, figures: Figures) -> Answer:
        """The score of a customer with these figures."""
        return what_if(self.model, figures, self.typical, self.as_of)


def drivers(table: pd.DataFrame, contributions: pd.DataFrame | None = None) -> list[list[str]]:
    """Sentences for each customer, the own rhythm first, then what moves the score most."""
    rows = zip(
        table["visits"], table["days_since_last_visit"], table["usual_gap_days"], strict=True
    )
    open_days = table.get("open_days_since_last_visit", pd.Series(np.nan, table.index))
    told = [
        [_rhythm(int(visits), int(away), gap) + _closed(int(away), known)]
        for (visits, away, gap), known in zip(rows, open_days, strict=True)
    ]
    if contributions is None:
        return told
    parts = contributions.drop(columns=["absence", "typical"], errors="ignore")
    names, values = parts.columns.to_list(), parts.to_numpy(dtype=float)
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :MAX_REASONS]
    for reasons, row, places in zip(told, values, order, strict=True):
        reasons += [
            _reason(names[place], row[place])
            for place in places
            if abs(row[place]) >= LEAST_CONTRIBUTION
        ]
    return told


def for_loss(sentences: Sequence[str]) -> list[str]:
    """Of a customer's drivers the rhythm and what raises the risk; the rest speaks against it."""
    return [*sentences[:1], *(said for said in sentences[1:] if " raise" in said)]


def contributions(model: ChurnModel, customers: Snapshot, typical: Floats) -> pd.DataFrame:
    """How far each group of inputs moves each customer's logit from the typical customer's.

    Parameters
    ----------
    typical : inputs of the typical customer, ndarray of shape (n_inputs,), see `typical_inputs`

    Returns
    -------
    DataFrame of shape (n_customers, n_groups + 1): a column per group, and `typical`, the typical
    customer's own logit; a row sums to the logit of the customer's probability.
    """
    names = model.candidate.inputs
    near = customers.with_horizon(model.learnt_horizon_days)
    X = churn_inputs(near, names)
    places = _group_places(names)
    logits = _coalition_logits(model, X, typical, places)
    table = {group: _shapley(logits, member, len(places)) for member, group in enumerate(places)}
    typical_logit = logits[0] + model.level_shift  # a longer horizon is longer for everybody
    return pd.DataFrame({**table, "typical": typical_logit}, index=customers.table.index)


def typical_inputs(model: ChurnModel, shop: Snapshot) -> Floats:
    """The median of each input over the shop's customers; ndarray of shape (n_inputs,)."""
    near = shop.with_horizon(model.learnt_horizon_days)
    typical: Floats = np.median(churn_inputs(near, model.candidate.inputs), axis=0)
    return typical


def shop_drivers(model: ChurnModel, now: Snapshot, random_state: int = 0) -> dict[str, float]:
    """Permutation importance: how much AUC is lost when a group's figures are dealt out anew.

    Judged on the latest past date whose outcome is known; the largest loss first.
    """
    judged = now.with_horizon(model.learnt_horizon_days).earlier(1)
    churned = judged.churned
    if churned.all() or not churned.any():
        return {}
    rng = np.random.default_rng(random_state)
    X = churn_inputs(judged, model.candidate.inputs)
    whole, _ = auc_with_error(churned, model.candidate.probability_of(X))
    losses = {
        group: whole - _shuffled_auc(model, X, churned, columns, rng)
        for group, columns in _group_places(model.candidate.inputs).items()
    }
    return dict(sorted(losses.items(), key=lambda pair: -pair[1]))


def what_if(model: ChurnModel, figures: Figures, typical: Floats, as_of: date) -> Answer:
    """The score of a customer with these figures, visits evenly spaced and of equal value."""
    customer = Snapshot(_imagined_days(figures, as_of), as_of, model.horizon_days, model.reference)
    probability = float(model.probability(customer)[0])
    parts = contributions(model, customer, typical)
    return Answer(
        probability=probability,
        risk=str(risk_bands(np.array([probability]))[0]),
        contributions={str(name): float(parts[name].iloc[0]) for name in parts},
        drivers=drivers(customer.table, parts)[0],
    )


def _imagined_days(figures: Figures, as_of: date) -> pd.DataFrame:
    first, last = figures.tenure_days, figures.days_since_last_visit
    ago = np.unique(np.round(np.linspace(first, last, figures.visits)).astype(int))[::-1]
    days = [pd.Timestamp(as_of - timedelta(days=int(number))) for number in ago]
    return pd.DataFrame(
        {
            "customer_id": "what if",
            "day": days,
            "net_amount": figures.monetary_value,
            "purchases": 1,
            "is_bought": True,
        }
    )


def _group_places(names: Sequence[str]) -> dict[str, list[int]]:
    """Columns of each group of which the model has an input."""
    places = {
        group: [place for place, name in enumerate(names) if name in members]
        for group, members in GROUPS.items()
    }
    return {group: found for group, found in places.items() if found}


def _coalition_logits(
    model: ChurnModel, X: Floats, typical: Floats, places: dict[str, list[int]]
) -> list[Floats]:
    """Logits when only some groups are the customer's own, by the bits of the position."""
    groups = list(places.values())
    found = []
    for coalition in range(2 ** len(groups)):
        own = [
            column for bit, group in enumerate(groups) if coalition >> bit & 1 for column in group
        ]
        mixed = np.tile(typical, (len(X), 1))
        mixed[:, own] = X[:, own]
        found.append(logit(_inner(model.candidate.probability_of(mixed))))
    return found


def _shapley(logits: Sequence[Floats], member: int, n: int) -> Floats:
    """The member's mean marginal contribution over all orders of joining (Shapley 1953)."""
    others = [bit for bit in range(n) if bit != member]
    total = np.zeros(len(logits[0]))
    for size in range(n):
        weight = 1 / (n * comb(n - 1, size))
        for joined in combinations(others, size):
            without = sum(1 << bit for bit in joined)
            total += weight * (logits[without | 1 << member] - logits[without])
    return total


def _shuffled_auc(
    model: ChurnModel, X: Floats, churned: Bools, columns: list[int], rng: np.random.Generator
) -> float:
    found = []
    for _ in range(N_SHUFFLES):
        dealt = X.copy()
        dealt[:, columns] = X[rng.permutation(len(X))][:, columns]
        found.append(auc_with_error(churned, model.candidate.probability_of(dealt))[0])
    return float(np.mean(found))


def _inner(probability: Floats) -> Floats:
    return np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)


def _rhythm(visits: int, away_days: int, usual_gap_days: float) -> str:
    if visits == 1:
        return f"one visit so far, {_days(away_days)} ago"
    return f"usually every {_days(round(usual_gap_days))}, now {away_days}"


def _closed(away_days: int, open_days: float) -> str:
    """Days on which nobody could have come, if they are known and any."""
    closed = 0 if np.isnan(open_days) else away_days - int(open_days)
    return f" (closed on {closed} of them)" if closed > 0 else ""


def _reason(group: str, contribution: float) -> str:
    direction = "raises" if contribution > 0 else "lowers"
    strength = "clearly " if abs(contribution) >= 5 * LEAST_CONTRIBUTION else ""
    verb = direction if group not in PLURALS else direction.removesuffix("s")
    return f"{group} {strength}{verb} the risk"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
