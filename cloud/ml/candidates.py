"""The models that compete to foretell churn; each learns from past snapshots and scores another.

The first three are logistic regressions with a prior: with little data they say what was learnt
from other shops, with much data what this shop's own customers did.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from cloud.ml.features import visits_since
from cloud.ml.priors import coefficient_prior
from cloud.ml.snapshot import LEAST_AMOUNT, LEAST_PROBABILITY, Snapshot

Floats = npt.NDArray[np.float64]

# Label windows of snapshots half a horizon apart overlap: three of them cover two horizons.
SNAPSHOT_WEIGHT = 2 / 3
# With so many rows a shop speaks for itself; others only keep its coefficients from running away.
LARGE_ROWS = 5000
OWN_DEVIATION = 1.0
MAX_NEWTON_STEPS = 100
# A hundred trees see all rows together: in a large shop each needs no more.
MAX_ROWS_A_TREE = 5000


class PriorLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Logistic regression whose coefficients are Gaussian around prior means (MAP estimate).

    Parameters
    ----------
    prior_mean, prior_deviation : arrays of shape (1 + n_features,), the intercept first; by
        default zero and ten, nearly plain maximum likelihood
    """

    def __init__(self, prior_mean: Any = None, prior_deviation: Any = None) -> None:
        self.prior_mean = prior_mean
        self.prior_deviation = prior_deviation

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Find the coefficients of the highest posterior density; y has at most two classes."""
        X, y = validate_data(self, X, y, dtype=float)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X)
        self.classes_, target = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            kind = type_of_target(y)
            raise ValueError(f"Only binary classification is supported. The target is {kind}.")
        if len(self.classes_) < 2:
            raise ValueError("expected two classes, found only one class")
        self._search(np.column_stack([np.ones(len(X)), X]), target.astype(float), weight)
        return self

    def fit_labels(self, X: Floats, churned: npt.NDArray[np.bool_], weight: float) -> Self:
        """Fit on any number of rows and classes, even none: then the prior speaks alone."""
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.array([False, True])
        design = np.column_stack([np.ones(len(X)), X])
        self._search(design, churned.astype(float), np.full(len(X), weight))
        return self

    def decision_function(self, X: Any) -> Floats:
        """Logit of the second class; ndarray of shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        logits: Floats = self.intercept_ + X @ self.coef_
        return logits

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of both classes; ndarray of shape (n_samples, 2)."""
        second = expit(self.decision_function(X))
        return np.column_stack([1 - second, second])

    def predict(self, X: Any) -> Any:
        """The likelier class of each sample."""
        check_is_fitted(self)
        return self.classes_[(self.decision_function(X) > 0).astype(int)]

    def _search(self, design: Floats, target: Floats, weight: Floats) -> None:
        """Newton's method with halving: the posterior has one peak."""
        n = design.shape[1]
        mean = np.zeros(n) if self.prior_mean is None else np.asarray(self.prior_mean, float)
        deviation = (
            np.full(n, 10.0)
            if self.prior_deviation is None
            else np.asarray(self.prior_deviation, float)
        )
        precision = deviation**-2

        def cost(b: Floats) -> float:
            logits = design @ b
            losses = np.logaddexp(0.0, logits) - target * logits
            return float(weight @ losses + precision @ (b - mean) ** 2 / 2)

        b, value = mean.copy(), cost(mean)
        for _ in range(MAX_NEWTON_STEPS):
            p = expit(design @ b)
            gradient = design.T @ (weight * (p - target)) + precision * (b - mean)
            curvature = (design.T * (weight * p * (1 - p))) @ design + np.diag(precision)
            step = np.linalg.solve(curvature, gradient)
            size = 1.0
            while (lower := cost(b - size * step)) > value and size > 1e-8:
                size /= 2
            b = b - size * step
            if value - lower < 1e-10 * (1 + abs(value)):
                break
            value = lower
        self.intercept_, self.coef_ = float(b[0]), b[1:]
        self.covariance_ = np.linalg.inv(curvature)


class Candidate:
    """A logistic regression with prior on all inputs, the one that usually wins."""

    name: ClassVar[str] = "logistic"
    is_default: ClassVar[bool] = True  # other shops' experience speaks for it
    least_rows: ClassVar[int] = 0
    takes_signals: ClassVar[bool] = True
    inputs: tuple[str, ...] = (
        "p0", "visits", "lately", "in_horizon", "once", "overdue", "irregular", "value",
        "last_value",
    )  # fmt: skip

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, past: Sequence[Snapshot]) -> Self:
        if self.takes_signals:
            self.inputs = (*type(self).inputs, *signal_inputs(past))
        X = [churn_inputs(snapshot, self.inputs) for snapshot in past]
        rows = np.concatenate(X) if X else np.empty((0, len(self.inputs)))
        churned = [snapshot.churned for snapshot in past]
        self._fit(rows, np.concatenate(churned) if churned else np.empty(0, dtype=bool))
        return self

    def churn_probability(self, now: Snapshot) -> Floats:
        return self.probability_of(churn_inputs(now, self.inputs))

    def probability_of(self, X: Floats) -> Floats:
        probability: Floats = self.model_.predict_proba(X)[:, 1]
        return probability

    def _fit(self, X: Floats, churned: npt.NDArray[np.bool_]) -> None:
        mean, deviation = coefficient_prior(self.name, self.inputs)
        if len(X) >= LARGE_ROWS:
            deviation = np.maximum(deviation, OWN_DEVIATION)
        self.model_ = PriorLogistic(mean, deviation)
        self.model_.fit_labels(X, churned, SNAPSHOT_WEIGHT)


class RecencyCandidate(Candidate):
    """The baseline every shopkeeper knows: who has been away for long is gone."""

    name = "recency"
    is_default = False
    takes_signals = False
    inputs = ("away",)


class MbgCandidate(Candidate):
    """P0(H) of MBG/NBD, recalibrated."""

    name = "mbg_nbd"
    is_default = False
    takes_signals = False
    inputs = ("p0",)


class BoostingCandidate(Candidate):
    """Gradient-boosted trees, for shops with thousands of customers."""

    name = "boosting"
    is_default = False
    least_rows = 1500

    def _fit(self, X: Floats, churned: npt.NDArray[np.bool_]) -> None:
        self.model_ = HistGradientBoostingClassifier(
            max_iter=80, learning_rate=0.05, max_leaf_nodes=6, min_samples_leaf=60,
            l2_regularization=10.0, random_state=self.random_state,
        )  # fmt: skip
        self.model_.fit(X, churned)


class ForestCandidate(Candidate):
    """A random forest, for shops with thousands of customers."""

    name = "random_forest"
    is_default = False
    least_rows = 1500

    def _fit(self, X: Floats, churned: npt.NDArray[np.bool_]) -> None:
        self.model_ = RandomForestClassifier(
            n_estimators=100, min_samples_leaf=30, max_features=0.3,
            max_samples=min(len(X), MAX_ROWS_A_TREE), random_state=self.random_state,
        )  # fmt: skip
        self.model_.fit(X, churned)


class AverageCandidate(Candidate):
    """The mean of the logits of logistic regression and boosting, whose errors differ."""

    name = "average"
    least_rows = BoostingCandidate.least_rows
    parts = (Candidate, BoostingCandidate)

    def probability_of(self, X: Floats) -> Floats:
        return self.combined([part.probability_of(X) for part in self.parts_])

    @staticmethod
    def combined(probabilities: Sequence[Floats]) -> Floats:
        """What it says where its parts say these."""
        logits = [logit(_inner(probability)) for probability in probabilities]
        combined: Floats = expit(np.stack(logits).mean(axis=0))
        return combined

    def _fit(self, X: Floats, churned: npt.NDArray[np.bool_]) -> None:
        self.parts_ = [part(self.random_state) for part in self.parts]
        for part in self.parts_:
            part.inputs = self.inputs
            part._fit(X, churned)


CANDIDATES: tuple[type[Candidate], ...] = (
    RecencyCandidate,
    MbgCandidate,
    Candidate,
    ForestCandidate,
    BoostingCandidate,
    AverageCandidate,
)


def signal_inputs(past: Sequence[Snapshot]) -> tuple[str, ...]:
    """Inputs from what the shop knows besides purchases; no shop has taught yet what they mean."""
    known = {name for snapshot in past if snapshot.signals for name in snapshot.signals.known}
    return tuple(name for kind, names in SIGNAL_INPUTS.items() if kind in known for name in names)


def churn_inputs(snapshot: Snapshot, names: Sequence[str]) -> Floats:
    """The named inputs of each customer; ndarray of shape (n_customers, len(names)).

    None has a unit of time or money, so that coefficients carry over between shops.
    """
    for name in set(names) - snapshot.columns.keys():
        snapshot.columns[name] = INPUTS[name](snapshot)
    columns = [snapshot.columns[name] for name in names]
    return np.column_stack(columns) if columns else np.empty((len(snapshot.table), 0))


def level_shift(probability: Floats, near: Snapshot, far: Snapshot) -> float:
    """What carries logits learnt for one horizon to a longer one that has no labels yet.

    The BTYD model says how far each customer's odds move between the two. Only the average is
    believed: it sets the level, and the order stays the one that labels have taught.
    """
    logits = logit(_inner(probability))
    change = far.no_purchase_logit - near.no_purchase_logit
    wanted = expit(logits + change).mean()

    def excess(shift: float) -> float:
        return float(expit(logits + shift).mean() - wanted)

    slack = 1e-6  # for rounding when everybody's odds move alike
    return float(brentq(excess, change.min() - slack, change.max() + slack))


def _inner(probability: Floats) -> Floats:
    return np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)


def _column(snapshot: Snapshot, name: str) -> Floats:
    return snapshot.table[name].to_numpy(dtype=float)


def _overdue(snapshot: Snapshot) -> Floats:
    visits, gap = _column(snapshot, "visits"), _column(snapshot, "mean_gap_days")
    away = _column(snapshot, "days_since_last_visit")
    return np.where(visits > 1, np.log((away + 1) / (np.nan_to_num(gap) + 1)), 0.0)


def _value(snapshot: Snapshot) -> Floats:
    value = np.maximum(_column(snapshot, "monetary_value"), LEAST_AMOUNT)
    return np.clip(np.log(value / snapshot.usual_value), -3.0, 3.0)


def _last_value(snapshot: Snapshot) -> Floats:
    value = np.maximum(_column(snapshot, "monetary_value"), LEAST_AMOUNT)
    return np.clip(np.log(_column(snapshot, "last_value") / value), -3.0, 3.0)


def _signal(snapshot: Snapshot, name: str) -> Floats:
    """Zero where nothing is known."""
    return snapshot.signal_table[name].fillna(0.0).to_numpy(dtype=float)


def _closed(snapshot: Snapshot) -> Floats:
    """How much of the absence the shop was closed: nobody could have come."""
    away = _column(snapshot, "days_since_last_visit")
    open_days = snapshot.signal_table["open_days_since_last_visit"].to_numpy(dtype=float)
    closed: Floats = np.log((away + 1) / (np.where(np.isnan(open_days), away, open_days) + 1))
    return closed


def _rating(snapshot: Snapshot) -> Floats:
    """From -1 (one star) to 1 (five)."""
    rating = snapshot.signal_table["last_rating"].fillna(3.0).to_numpy(dtype=float)
    return (rating - 3) / 2


def _recent(snapshot: Snapshot, horizons: float) -> Floats:
    window_days = max(round(horizons * snapshot.horizon_days), 1)
    return np.log1p(
        visits_since(snapshot.days, snapshot.as_of, window_days, snapshot.table["customer_id"])
    )


INPUTS: dict[str, Callable[[Snapshot], Floats]] = {
    "away": lambda s: np.log1p(_column(s, "days_since_last_visit") / s.horizon_days),
    "p0": lambda s: s.no_purchase_logit,
    "visits": lambda s: np.log(_column(s, "visits")),
    "lately": lambda s: _recent(s, 1 / 3),
    "in_horizon": lambda s: _recent(s, 1),
    "once": lambda s: (_column(s, "visits") == 1).astype(float),
    "overdue": _overdue,
    "irregular": lambda s: np.nan_to_num(_column(s, "gap_variation"), nan=1.0),
    "value": _value,
    "last_value": _last_value,
    "closed": _closed,
    "seen": lambda s: np.log1p(_signal(s, "visits_without_purchase")),
    "rating": _rating,
    "written": lambda s: np.log1p(_signal(s, "messages_received")),
    "answered": lambda s: _signal(s, "answered_share"),
}
# By the frame of `Signals` that they come from.
SIGNAL_INPUTS = {
    "opening": ("closed",),
    "visits": ("seen",),
    "feedback": ("rating",),
    "messages": ("written", "answered"),
}
