"""How good probabilities are: ranking, squared error, calibration, and leads that are no chance."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# One customer who does what was called impossible must not decide alone.
LEAST_TOLD = 0.001


@dataclass(frozen=True)
class Scores:
    """How one candidate did on one fold or, averaged, on several."""

    auc: float
    auc_standard_error: float
    brier: float
    brier_standard_error: float
    ece: float


def scores(churned: Bools, probability: Floats) -> Scores:
    """All measures of one candidate on one fold."""
    auc, auc_error = auc_with_error(churned, probability)
    squares = (probability - churned) ** 2
    return Scores(
        auc=auc,
        auc_standard_error=auc_error,
        brier=float(squares.mean()),
        brier_standard_error=float(squares.std(ddof=1) / np.sqrt(len(squares))),
        ece=calibration_error(churned, probability),
    )


def mean_scores(found: list[Scores]) -> Scores:
    """Averages over folds, and the standard errors of these averages.

    The folds' label windows do not overlap, so what surprised in one is new in the next, even
    though the customers are the same: errors shrink with the root of the number of folds.
    """
    values = pd.DataFrame([vars(s) for s in found])
    means = values.mean()
    errors = np.sqrt((values**2).sum()) / len(found)
    return Scores(
        auc=float(means["auc"]),
        auc_standard_error=float(errors["auc_standard_error"]),
        brier=float(means["brier"]),
        brier_standard_error=float(errors["brier_standard_error"]),
        ece=float(means["ece"]),
    )


def auc_with_error(churned: Bools, score: Floats) -> tuple[float, float]:
    """Area under the ROC curve and its standard error (DeLong, DeLong, Clarke-Pearson 1988)."""
    lost, kept = score[churned], score[~churned]
    ranks = pd.Series(np.concatenate([lost, kept])).rank().to_numpy()
    m, n = len(lost), len(kept)
    above_kept = (ranks[:m] - pd.Series(lost).rank().to_numpy()) / n
    below_lost = 1 - (ranks[m:] - pd.Series(kept).rank().to_numpy()) / m
    error = np.sqrt(np.var(above_kept, ddof=1) / m + np.var(below_lost, ddof=1) / n)
    return float(above_kept.mean()), float(error)


def chance_error(churned: Bools) -> float:
    """Standard error of the AUC of a score that means nothing (Mann, Whitney 1947)."""
    lost = int(churned.sum())
    kept = len(churned) - lost
    return float(np.sqrt((len(churned) + 1) / (12 * lost * kept)))


def log_evidence(churned: Bools, probability: Floats) -> float:
    """Log of how many times likelier the forecasts made who was lost than a lottery does.

    Given how many were lost: a level that was off, as by a season, neither counts nor costs. The
    forecasts were made before, so if nothing can be foretold the ratio has the mean 1, and is k or
    more with at most the probability 1/k (Ville's inequality).

    Of the ways to lose as many, the forecasts' logits weigh each; the sum of these weights is the
    saddlepoint approximation (Daniels 1954), in 20 customers right to a hundredth.
    """
    if churned.all() or not churned.any():
        return 0.0  # there is one way only
    logits = logit(np.clip(probability, LEAST_TOLD, 1 - LEAST_TOLD))
    rate, n_lost = float(churned.mean()), churned.sum()
    far = 2 * np.abs(logits).max() + abs(logit(rate)) + 1.0
    shift = brentq(lambda shift: expit(logits + shift).sum() - n_lost, -far, far)
    told = expit(logits + shift)  # the forecasts with the level that came
    likelier = np.log(np.where(churned, told, 1 - told)).sum()
    in_lottery = np.log(np.where(churned, rate, 1 - rate)).sum()
    spread = np.mean(told * (1 - told)) / (rate * (1 - rate))
    return float(likelier - in_lottery + np.log(spread) / 2)


def calibration_error(churned: Bools, probability: Floats, n_bins: int = 10) -> float:
    """Expected calibration error over bins of equally many customers."""
    order = np.argsort(probability, kind="stable")
    edges = np.linspace(0, len(order), min(n_bins, len(order)) + 1).astype(int)
    bins = [order[start:end] for start, end in pairwise(edges)]
    gaps = [abs(probability[b].mean() - churned[b].mean()) * len(b) for b in bins]
    return float(sum(gaps) / len(order))


def lead(churned: Bools, rival: Floats, holder: Floats) -> tuple[float, float]:
    """How much lower the rival's Brier score is, and the standard error of that difference.

    Paired customer by customer: what is hard to foretell for both cancels out.
    """
    gains = (holder - churned) ** 2 - (rival - churned) ** 2
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))
