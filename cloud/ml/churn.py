"""Churn: the probability that a customer does not buy within the next `horizon_days` days.

Candidates compete on past cut-offs, each trained on labels that were complete by then. When none
of them tells customers apart, the verdict says so and no score is given.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from cloud.ml.btyd import ConvergenceError
from cloud.ml.calibration import Scores, chance_error, lead, log_evidence, mean_scores
from cloud.ml.calibration import scores as scores_of
from cloud.ml.candidates import (
    CANDIDATES,
    AverageCandidate,
    Candidate,
    ForestCandidate,
    level_shift,
)
from cloud.ml.features import visit_gaps
from cloud.ml.snapshot import LEAST_PROBABILITY, Reference, Snapshot

Verdict = Literal["signal", "weak signal", "no reliable signal", "too little data"]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# What a person can remember: a horizon is one of these, at least as long as the shop's rhythm.
HORIZONS_DAYS = (7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
RETURN_SHARE = 0.8
MAX_FOLDS = 3
# A candidate learns from labels of these numbers of horizons ago: the half steps let a shop that
# is young, or whose season turns, learn from more than one day.
LEARNING_HORIZONS = (1.0, 1.5, 2.0)
# To be judged, a horizon must fit in so often: judged, learnt from, and half of it to look back on.
LEAST_HORIZONS = 2.5
# Below these a backtest says nothing: an AUC from 5 against 15 customers errs by about .13.
MIN_CUSTOMERS = 20
MIN_PER_CLASS = 5
# A rival takes the place of the default when its lead is larger than so many standard errors.
BURDEN_OF_PROOF = 2.0
# Forecasts must make who was lost so many times likelier than a lottery does, or must rank better
# than chance by so many standard errors; chance has at most a hundredth, less than one in ten
# thousand.
LEAST_EVIDENCE = 100.0
LEAST_DEVIATIONS = 4.0
# The AUC that even a pessimist grants (two standard errors below the measured one). Data without
# signal reaches .57 by trend.
SIGNAL_AUC = 0.62
WEAK_SIGNAL_AUC = 0.56
# A probability is high from 2 in 3, low up to 1 in 3.
RISK_CUTS = (1 / 3, 2 / 3)
RISKS = ("low", "medium", "high")


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
class ChurnModel:
    """A fitted candidate with what it needs to score customers of a later day or of fancy."""

    candidate: Candidate
    reference: Reference
    horizon_days: int
    learnt_horizon_days: int
    level_shift: float = 0.0

    def probability(self, customers: Snapshot) -> Floats:
        """Probability of no visit within the horizon; ndarray of shape (n_customers,)."""
        near = customers.with_horizon(self.learnt_horizon_days)
        learnt = self.candidate.churn_probability(near)
        if not self.level_shift:
            return learnt
        inner = np.clip(learnt, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        carried: Floats = expit(logit(inner) + self.level_shift)
        return carried


@dataclass(frozen=True)
class ChurnScores:
    """The verdict and, with a signal, the model and everybody's probability."""

    verdict: Verdict
    reason: str
    model: str | None
    probability: Floats | None
    folds: list[Fold]
    scores: dict[str, Scores]
    fitted: ChurnModel | None = None


def usual_horizon(days: pd.DataFrame, as_of: date) -> int:
    """The horizon of the shop's own rhythm.

    The time within which 80 % of all returns come (Kaplan-Meier on the gaps between visits, the
    running ones censored), rounded up to a memorable number of days; never more than a quarter of
    the data, because training, judging and the past itself need a horizon each.
    """
    gaps = visit_gaps(days, as_of)
    span_days = _span_days(days, as_of)
    allowed = [h for h in HORIZONS_DAYS if h * 4 <= span_days] or [HORIZONS_DAYS[0]]
    rhythm_days = _return_quantile(gaps["gap_days"].to_numpy(), gaps["is_closed"].to_numpy())
    return next((h for h in allowed if h >= rhythm_days), allowed[-1])


def score_churn(now: Snapshot, random_state: int = 0) -> ChurnScores:
    """Backtest the candidates, choose one, and score today's customers with it."""
    near = now.with_horizon(learnable_horizon(now))
    folds = list(backtest(near, random_state))
    if not folds:
        return ChurnScores("too little data", _too_little(near), None, None, [], {})
    scores = {name: _fold_scores(folds, name) for name in _names(folds)}
    chosen = choose(folds)
    verdict, reason = judge(scores[chosen], folds, chosen)
    if near is not now:
        reason += (
            f" That was over {near.horizon_days} days: for {now.horizon_days} the past is too"
            " short, so the purchase model sets the level."
        )
    if verdict == "no reliable signal":
        return ChurnScores(verdict, reason, "recency", None, folds, scores)
    model = fit_model(now, chosen, random_state)
    return ChurnScores(verdict, reason, chosen, model.probability(now), folds, scores, model)


def learnable_horizon(now: Snapshot) -> int:
    """The horizon itself or, when the past is too short for its labels, the longest that fits."""
    span_days = _span_days(now.days, now.as_of)
    shorter = [h for h in HORIZONS_DAYS if h * LEAST_HORIZONS <= span_days]
    if now.horizon_days * LEAST_HORIZONS <= span_days or not shorter:
        return now.horizon_days
    return min(shorter[-1], now.horizon_days)


def fit_model(now: Snapshot, name: str, random_state: int = 0) -> ChurnModel:
    """The named candidate, trained on all labels that are complete at the snapshot's date."""
    near = now.with_horizon(learnable_horizon(now))
    candidate = next(c for c in CANDIDATES if c.name == name)(random_state)
    candidate.fit(learnt_from(near))
    shift = 0.0 if near is now else level_shift(candidate.churn_probability(near), near, now)
    return ChurnModel(candidate, now.as_reference(), now.horizon_days, near.horizon_days, shift)


def backtest(now: Snapshot, random_state: int = 0) -> Iterator[Fold]:
    """The candidates on past cut-offs, the latest first, each trained on what was known then.

    A forest that lags as clearly as a rival must lead to win is not grown again: it takes longer
    than all the others together.
    """
    folds: list[Fold] = []
    for horizons in range(1, MAX_FOLDS + 1):
        judged = now.earlier(horizons)
        if not _is_enough(judged):
            return
        past = learnt_from(judged)
        base_rate = float(past[0].churned.mean()) if past else 0.5
        is_forest_out = bool(folds) and _lags(folds, ForestCandidate.name)
        without = {ForestCandidate.name} if is_forest_out else set()
        told = _predictions(past, judged, random_state, without)
        folds.append(Fold(judged.as_of, judged.churned, base_rate, told))
        yield folds[-1]


def choose(folds: list[Fold]) -> str:
    """The default, or the rival whose lead over it is largest and more than chance."""
    names, default = _names(folds), _default(folds)
    leads = {name: _pooled_lead(folds, name, default) for name in names if name != default}
    proven = {name: gain for name, (gain, error) in leads.items() if gain > BURDEN_OF_PROOF * error}
    return max(proven, key=lambda name: proven[name], default=default)


def judge(scores: Scores, folds: list[Fold], name: str) -> tuple[Verdict, str]:
    """Whether the chosen candidate tells customers apart, and a sentence why."""
    pessimistic_auc = scores.auc - 2 * scores.auc_standard_error
    base = float(np.mean([fold.brier_of_base_rate for fold in folds]))
    dates = "1 past date" if len(folds) == 1 else f"{len(folds)} past dates"
    ranking = (
        "of two customers, one lost and one not, the forecast picked the lost one "
        f"{scores.auc:.0%} of the time (a coin: 50%) on {dates}"
    )
    if not (_is_likelier(folds, name) or _ranks_better(scores, folds)):
        return "no reliable signal", f"Past purchases do not tell who will be lost: {ranking}."
    if scores.brier >= base:
        return "weak signal", f"The order is right but the percentages were not: {ranking}."
    if pessimistic_auc < SIGNAL_AUC:
        return "weak signal", f"Scores are better than chance, but not by much: {ranking}."
    return "signal", f"Past purchases tell who will be lost: {ranking}."


def risk_bands(probability: Floats) -> npt.NDArray[np.object_]:
    """`high` from 2 in 3, `low` up to 1 in 3, else `medium`; ndarray of shape (n_customers,)."""
    return np.array(RISKS, dtype=object)[np.searchsorted(RISK_CUTS, probability, side="right")]


def churn_by_band(folds: list[Fold], name: str) -> dict[str, dict[str, float | int | None]]:
    """How many past customers stood in each band, and the share of them that was lost."""
    told = [fold for fold in folds if name in fold.probabilities]
    bands = np.concatenate([risk_bands(fold.probabilities[name]) for fold in told])
    churned = np.concatenate([fold.churned for fold in told])
    return {
        risk: {
            "customers": int((bands == risk).sum()),
            "churned": float(churned[bands == risk].mean()) if (bands == risk).any() else None,
        }
        for risk in RISKS
    }


def _is_likelier(folds: list[Fold], name: str) -> bool:
    told = [fold for fold in folds if name in fold.probabilities]
    evidence = sum(log_evidence(fold.churned, fold.probabilities[name]) for fold in told)
    return bool(evidence > np.log(LEAST_EVIDENCE))


def _ranks_better(scores: Scores, folds: list[Fold]) -> bool:
    chance = np.sqrt(sum(chance_error(fold.churned) ** 2 for fold in folds)) / len(folds)
    is_useful = scores.auc - 2 * scores.auc_standard_error >= WEAK_SIGNAL_AUC
    return is_useful and bool(scores.auc - 0.5 >= LEAST_DEVIATIONS * chance)


def _names(folds: list[Fold]) -> list[str]:
    """Candidates that told something on at least one fold, in their order."""
    told = {name for fold in folds for name in fold.probabilities}
    return [candidate.name for candidate in CANDIDATES if candidate.name in told]


def _default(folds: list[Fold]) -> str:
    names = _names(folds)
    return next(c.name for c in reversed(CANDIDATES) if c.name in names and c.is_default)


def _lags(folds: list[Fold], name: str) -> bool:
    lead_by, error = _pooled_lead(folds, name, _default(folds))
    return lead_by < -BURDEN_OF_PROOF * error


def _fold_scores(folds: list[Fold], name: str) -> Scores:
    told = [fold for fold in folds if name in fold.probabilities]
    return mean_scores([scores_of(fold.churned, fold.probabilities[name]) for fold in told])


def _pooled_lead(folds: list[Fold], rival: str, holder: str) -> tuple[float, float]:
    """The rival's lead over all folds on which both told something; none if there is no such."""
    both = [fold for fold in folds if {rival, holder} <= fold.probabilities.keys()]
    if not both:
        return 0.0, 0.0
    return lead(
        np.concatenate([fold.churned for fold in both]),
        np.concatenate([fold.probabilities[rival] for fold in both]),
        np.concatenate([fold.probabilities[holder] for fold in both]),
    )


def learnt_from(now: Snapshot) -> list[Snapshot]:
    past = [now.earlier(horizons) for horizons in LEARNING_HORIZONS]
    return [snapshot for snapshot in past if len(snapshot.table)]


def _predictions(
    past: list[Snapshot], judged: Snapshot, random_state: int, without: Collection[str] = ()
) -> dict[str, Floats]:
    """What each candidate says of the judged date, by name."""
    n_rows = sum(len(snapshot.table) for snapshot in past)
    told: dict[str, Floats] = {}
    for candidate in CANDIDATES:
        if n_rows < candidate.least_rows or candidate.name in without:
            continue
        if candidate is AverageCandidate:  # its parts are fitted already
            parts = [part.name for part in AverageCandidate.parts]
            if told.keys() >= set(parts):
                told[candidate.name] = AverageCandidate.combined([told[name] for name in parts])
            continue
        try:
            told[candidate.name] = candidate(random_state).fit(past).churn_probability(judged)
        except ConvergenceError:
            continue  # a model that cannot be fitted cannot win; the others still compete
    return told


def _span_days(days: pd.DataFrame, as_of: date) -> int:
    known = days.loc[days["day"] <= pd.Timestamp(as_of), "day"]
    return (pd.Timestamp(as_of) - known.min()).days if len(known) else 0


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
    judged = now.earlier(1)
    lost = int(judged.churned.sum())
    return (
        f"To check a forecast over {now.horizon_days} days, at least {MIN_CUSTOMERS} customers "
        f"{now.horizon_days} days ago are needed, {MIN_PER_CLASS} of whom came back and "
        f"{MIN_PER_CLASS} did not; there were {len(judged.table)} on {judged.as_of}, of whom "
        f"{len(judged.table) - lost} came back by {now.as_of}."
    )
