"""Churn: the probability that a customer does not buy within the next `horizon_days` days.

Three candidates compete on past cut-offs, each trained one horizon earlier than it is judged: how
long somebody has been away (`recency`), a buy-till-you-die model (`mbg_nbd`), and a logistic
regression on three features (`logistic`). The simplest within one standard error of the best wins.
When none of them tells customers apart, the verdict says so and no score is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from cloud.ml.btyd import ConvergenceError, ModifiedBetaGeometricNBD
from cloud.ml.features import btyd_summary, features_of_days, visit_gaps

Verdict = Literal["signal", "weak signal", "no reliable signal", "too little data"]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# What a person can remember: a horizon is one of these, at least as long as the shop's rhythm.
HORIZONS_DAYS = (7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
RETURN_SHARE = 0.8
MAX_FOLDS = 3
# Below these a backtest says nothing: an AUC from 10 against 20 customers errs by about .11.
MIN_CUSTOMERS = 30
MIN_PER_CLASS = 10
# The AUC that even a pessimist grants (two standard errors below the measured one). Data without
# signal reaches .57 by chance and by trend.
SIGNAL_AUC = 0.62
WEAK_SIGNAL_AUC = 0.56
# A probability is high from 2 in 3, low up to 1 in 3.
RISK_CUTS = (1 / 3, 2 / 3)
RISKS = ("low", "medium", "high")
DAYS_PER_WEEK = 7.0


@dataclass(frozen=True)
class Snapshot:
    """What a shop knew at the end of the day `as_of`, one row a customer in every array."""

    days: pd.DataFrame
    as_of: date
    horizon_days: int

    @cached_property
    def table(self) -> pd.DataFrame:
        """The features of each customer, see `features_of_days`."""
        return features_of_days(self.days, self.as_of)

    @cached_property
    def rhythm(self) -> pd.DataFrame:
        """Everybody's purchase counts, see `btyd_summary`."""
        return btyd_summary(self.days, self.as_of, DAYS_PER_WEEK)

    @cached_property
    def own_rhythm(self) -> pd.DataFrame:
        """Purchase counts of the customers in `table`, in the same order."""
        return self.rhythm.loc[self.table["customer_id"], ["frequency", "t_x", "T"]]

    @cached_property
    def mbg(self) -> ModifiedBetaGeometricNBD:
        """The model of this day's purchase counts; raises ConvergenceError."""
        return ModifiedBetaGeometricNBD().fit(self.rhythm[["frequency", "t_x", "T"]])

    @cached_property
    def no_purchase_probability(self) -> Floats:
        """P0(H) of the BTYD model per customer."""
        return self.mbg.no_purchase_probability(self.own_rhythm, self.horizon_days / DAYS_PER_WEEK)

    @cached_property
    def churned(self) -> Bools:
        """Who did not visit in the horizon after `as_of`. Looks ahead: for past days only."""
        start = pd.Timestamp(self.as_of)
        end = start + pd.Timedelta(days=self.horizon_days)
        later = self.days[(self.days["day"] > start) & (self.days["day"] <= end)]
        returned = later.loc[later["net_amount"] > 0, "customer_id"]
        return ~self.table["customer_id"].isin(returned).to_numpy()

    def earlier(self, horizons: int) -> "Snapshot":
        """The same shop some horizons before."""
        cut_off = self.as_of - timedelta(days=horizons * self.horizon_days)
        return Snapshot(self.days, cut_off, self.horizon_days)


class LogisticCandidate:
    """A logistic regression that learns from a past snapshot and scores a later one."""

    name = "logistic"

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, past: Snapshot) -> "LogisticCandidate":
        regression = LogisticRegression(random_state=self.random_state)
        self.model_: Pipeline = make_pipeline(StandardScaler(), regression)
        self.model_.fit(self._inputs(past), past.churned)
        return self

    def churn_probability(self, now: Snapshot) -> Floats:
        probability: Floats = self.model_.predict_proba(self._inputs(now))[:, 1]
        return probability

    def _inputs(self, snapshot: Snapshot) -> Floats:
        columns = ["days_since_last_visit", "visits", "tenure_days"]
        inputs: Floats = np.log1p(snapshot.table[columns].to_numpy(dtype=float))
        return inputs


class RecencyCandidate(LogisticCandidate):
    """The baseline every shopkeeper knows: who has been away for long is gone."""

    name = "recency"

    def _inputs(self, snapshot: Snapshot) -> Floats:
        away_days = snapshot.table[["days_since_last_visit"]].to_numpy(dtype=float)
        inputs: Floats = np.log1p(away_days)
        return inputs


class MbgCandidate(LogisticCandidate):
    """P0(H) of MBG/NBD, fitted on the snapshot it scores and calibrated on the past one."""

    name = "mbg_nbd"

    def _inputs(self, snapshot: Snapshot) -> Floats:
        p0 = np.clip(snapshot.no_purchase_probability, 1e-9, 1 - 1e-9)
        scores: Floats = logit(p0).reshape(-1, 1)
        return scores


# The simplest first.
CANDIDATES: tuple[type[LogisticCandidate], ...] = (
    RecencyCandidate,
    MbgCandidate,
    LogisticCandidate,
)


@dataclass(frozen=True)
class Scores:
    """How one candidate did on one fold or, averaged, on all."""

    auc: float
    auc_standard_error: float
    brier: float
    brier_standard_error: float
    ece: float


@dataclass(frozen=True)
class Fold:
    """One past cut-off: who was there, who left, and what each candidate had said."""

    cut_off: date
    churned: Bools
    base_rate_before: float
    probabilities: dict[str, Floats]

    @property
    def brier_of_base_rate(self) -> float:
        """Brier score of telling everybody the churn rate of one horizon before."""
        return float(np.mean((self.churned - self.base_rate_before) ** 2))


@dataclass(frozen=True)
class ChurnScores:
    """The verdict and, with a signal, everybody's probability."""

    verdict: Verdict
    reason: str
    model: str | None
    probability: Floats | None
    folds: list[Fold]
    scores: dict[str, Scores]


def usual_horizon(days: pd.DataFrame, as_of: date) -> int:
    """The horizon of the shop's own rhythm.

    The time within which 80 % of all returns come (Kaplan-Meier on the gaps between visits, the
    running ones censored), rounded up to a memorable number of days; never more than a quarter of
    the data, because training, judging and the past itself need a horizon each.
    """
    gaps = visit_gaps(days, as_of)
    known = days.loc[days["day"] <= pd.Timestamp(as_of), "day"]
    span_days = (pd.Timestamp(as_of) - known.min()).days if len(known) else 0
    allowed = [h for h in HORIZONS_DAYS if h * 4 <= span_days] or [HORIZONS_DAYS[0]]
    rhythm_days = _return_quantile(gaps["gap_days"].to_numpy(), gaps["is_closed"].to_numpy())
    return next((h for h in allowed if h >= rhythm_days), allowed[-1])


def score_churn(now: Snapshot, random_state: int = 0) -> ChurnScores:
    """Backtest the candidates, choose one, and score today's customers with it."""
    folds = list(backtest(now, random_state))
    if not folds:
        return ChurnScores("too little data", _too_little(now), None, None, [], {})
    names = [name for name in folds[0].probabilities if all(name in f.probabilities for f in folds)]
    scores = {name: _mean_scores([_scores(f, name) for f in folds]) for name in names}
    chosen = simplest_within_one_standard_error(scores)
    verdict, reason = judge(scores[chosen], folds, chosen)
    if verdict == "no reliable signal":
        return ChurnScores(verdict, reason, RecencyCandidate.name, None, folds, scores)
    candidate = next(c for c in CANDIDATES if c.name == chosen)(random_state)
    probability = candidate.fit(now.earlier(1)).churn_probability(now)
    return ChurnScores(verdict, reason, chosen, probability, folds, scores)


def backtest(now: Snapshot, random_state: int = 0) -> Iterator[Fold]:
    """The candidates on past cut-offs, the latest first; each trained one horizon earlier."""
    for horizons in range(1, MAX_FOLDS + 1):
        judged, past = now.earlier(horizons), now.earlier(horizons + 1)
        if not (_is_enough(judged) and _is_enough(past)):
            return
        probabilities = dict(_predictions(past, judged, random_state))
        yield Fold(judged.as_of, judged.churned, float(past.churned.mean()), probabilities)


def simplest_within_one_standard_error(scores: dict[str, Scores]) -> str:
    """The first candidate whose AUC and Brier score are both within one error of the best."""
    best_auc = max(scores.values(), key=lambda s: s.auc)
    best_brier = min(scores.values(), key=lambda s: s.brier)
    for name, found in scores.items():
        ranks = found.auc >= best_auc.auc - best_auc.auc_standard_error
        fits = found.brier <= best_brier.brier + best_brier.brier_standard_error
        if ranks and fits:
            return name
    return min(scores, key=lambda name: scores[name].brier)


def judge(scores: Scores, folds: list[Fold], name: str) -> tuple[Verdict, str]:
    """Whether the chosen candidate tells customers apart, and a sentence why."""
    pessimistic_auc = scores.auc - 2 * scores.auc_standard_error
    base = float(np.mean([fold.brier_of_base_rate for fold in folds]))
    ranking = (
        f"of two customers, one lost and one not, {name} picked the lost one "
        f"{scores.auc:.0%} of the time (a coin: 50 %) on {len(folds)} past dates"
    )
    if pessimistic_auc < WEAK_SIGNAL_AUC:
        return "no reliable signal", f"Past purchases do not tell who will be lost: {ranking}."
    if pessimistic_auc < SIGNAL_AUC:
        return "weak signal", f"Scores are better than chance, but not by much: {ranking}."
    if scores.brier >= base:
        return "weak signal", f"The order is right but the percentages were not: {ranking}."
    return "signal", f"Past purchases tell who will be lost: {ranking}."


def risk_bands(probability: Floats) -> npt.NDArray[np.object_]:
    """`high` from 2 in 3, `low` up to 1 in 3, else `medium`; ndarray of shape (n_customers,)."""
    return np.array(RISKS, dtype=object)[np.searchsorted(RISK_CUTS, probability, side="right")]


def churn_by_band(folds: list[Fold], name: str) -> dict[str, dict[str, float | int | None]]:
    """How many past customers stood in each band, and the share of them that was lost."""
    bands = np.concatenate([risk_bands(fold.probabilities[name]) for fold in folds])
    churned = np.concatenate([fold.churned for fold in folds])
    return {
        risk: {
            "customers": int((bands == risk).sum()),
            "churned": float(churned[bands == risk].mean()) if (bands == risk).any() else None,
        }
        for risk in RISKS
    }


def drivers(table: pd.DataFrame) -> list[list[str]]:
    """What speaks for each customer's score, in the customer's own rhythm."""
    rows = zip(
        table["visits"], table["days_since_last_visit"], table["usual_gap_days"], strict=True
    )
    return [[_rhythm(int(visits), int(away), gap)] for visits, away, gap in rows]


def auc_with_error(churned: Bools, score: Floats) -> tuple[float, float]:
    """Area under the ROC curve and its standard error (DeLong, DeLong, Clarke-Pearson 1988)."""
    lost, kept = score[churned], score[~churned]
    ranks = pd.Series(np.concatenate([lost, kept])).rank().to_numpy()
    m, n = len(lost), len(kept)
    above_kept = (ranks[:m] - pd.Series(lost).rank().to_numpy()) / n
    below_lost = 1 - (ranks[m:] - pd.Series(kept).rank().to_numpy()) / m
    error = np.sqrt(np.var(above_kept, ddof=1) / m + np.var(below_lost, ddof=1) / n)
    return float(above_kept.mean()), float(error)


def calibration_error(churned: Bools, probability: Floats, n_bins: int = 10) -> float:
    """Expected calibration error over bins of equally many customers."""
    order = np.argsort(probability, kind="stable")
    edges = np.linspace(0, len(order), min(n_bins, len(order)) + 1).astype(int)
    bins = [order[start:end] for start, end in pairwise(edges)]
    gaps = [abs(probability[b].mean() - churned[b].mean()) * len(b) for b in bins]
    return float(sum(gaps) / len(order))


def _return_quantile(gap_days: npt.NDArray[np.int64], is_closed: Bools) -> float:
    """Days within which RETURN_SHARE of the returns come that are ever seen."""
    if not is_closed.any():
        return float("inf")
    values, position = np.unique(gap_days, return_inverse=True)
    closed = np.bincount(position, weights=is_closed)
    at_risk = len(gap_days) - np.concatenate([[0], np.cumsum(np.bincount(position))[:-1]])
    returned = 1 - np.cumprod(1 - closed / at_risk)
    return float(values[np.searchsorted(returned, RETURN_SHARE * returned[-1])])


def _is_enough(snapshot: Snapshot) -> bool:
    if len(snapshot.table) < MIN_CUSTOMERS:
        return False
    churned = int(snapshot.churned.sum())
    return min(churned, len(snapshot.churned) - churned) >= MIN_PER_CLASS


def _too_little(now: Snapshot) -> str:
    judged, past = now.earlier(1), now.earlier(2)
    lost = int(past.churned.sum())
    return (
        f"To check a forecast over {now.horizon_days} days, at least {MIN_CUSTOMERS} customers "
        f"{2 * now.horizon_days} days ago are needed, {MIN_PER_CLASS} of whom came back and "
        f"{MIN_PER_CLASS} did not; there were {len(past.table)} on {past.as_of}, of whom "
        f"{len(past.table) - lost} came back by {judged.as_of}."
    )


def _predictions(
    past: Snapshot, judged: Snapshot, random_state: int
) -> Iterator[tuple[str, Floats]]:
    for candidate in CANDIDATES:
        try:
            yield candidate.name, candidate(random_state).fit(past).churn_probability(judged)
        except ConvergenceError:
            continue  # a model that cannot be fitted cannot win; the others still compete


def _scores(fold: Fold, name: str) -> Scores:
    probability = fold.probabilities[name]
    auc, auc_error = auc_with_error(fold.churned, probability)
    squares = (probability - fold.churned) ** 2
    return Scores(
        auc=auc,
        auc_standard_error=auc_error,
        brier=float(squares.mean()),
        brier_standard_error=float(squares.std(ddof=1) / np.sqrt(len(squares))),
        ece=calibration_error(fold.churned, probability),
    )


def _mean_scores(scores: list[Scores]) -> Scores:
    """Averages. Errors too: folds share their customers, so more folds are no more certainty."""
    names = Scores.__dataclass_fields__
    return Scores(**{name: float(np.mean([getattr(s, name) for s in scores])) for name in names})


def _rhythm(visits: int, away_days: int, usual_gap_days: float) -> str:
    if visits == 1:
        return f"one visit so far, {_days(away_days)} ago"
    return f"usually every {_days(round(usual_gap_days))}, now {away_days}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
