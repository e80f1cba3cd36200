"""Customer lifetime value: what each customer will probably bring within the horizon.

Four forecasts compete on past dates: what was spent so far, what was spent in the last horizon, a
BTYD model (MBG/NBD visits times Gamma-Gamma amounts), and a log-linear regression on the three.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import PoissonRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from cloud.ml.btyd import ConvergenceError, GammaGamma
from cloud.ml.calibration import auc_with_error
from cloud.ml.candidates import Candidate, churn_inputs
from cloud.ml.churn import MIN_CUSTOMERS, learnable_horizon, learnt_from
from cloud.ml.features import amount_since
from cloud.ml.snapshot import LEAST_AMOUNT, Snapshot

Floats = npt.NDArray[np.float64]

MAX_FOLDS = 3
# The regression has a dozen coefficients; below this many rows BTYD needs less from the data.
LEAST_ROWS = 300
# Horizons of history at a past date: one to learn from and half of it to look back on.
LEAST_HISTORY = 1.5
# A rival must have ranked better by this much on past dates to take the default's place.
BURDEN_OF_PROOF = 0.02
# Shares of customers with the lowest forecasts who may share their mean, see `pooled`. The best
# tenth always stands apart.
POOLED_SHARES = (0.3, 0.5, 0.6, 0.7, 0.8)
# One buyer of a thousand times the usual must not bend the regression.
MAX_TIMES_USUAL = 50.0
# An amount this many robust standard deviations (of logarithms) above the median is a typing
# error: 1,000,000 in a shop of 30s is 16 away, the largest real order of our data sets 6.
TYPO_DEVIATIONS = 8.0
LEAST_LOG_DEVIATION = 0.5  # so that a shop with one price does not call a double order a typo
YEAR_DAYS = 365
LEAST_HISTORY_DAYS = 30  # a year ago, for a season index: thirteen months in all
SEASON_LIMITS = (0.5, 2.0)
INTERVAL = (0.1, 0.9)
N_DRAWS = 100
LEAST_LEVEL_ERROR = 0.1  # nobody foretells a shop's revenue better than to a tenth


@dataclass(frozen=True)
class Value:
    """Values per customer over the horizon, in `basis` (revenue or margin), None if unknown."""

    expected_visits: Floats | None
    clv: Floats | None
    clv_low: Floats | None
    clv_high: Floats | None
    value_if_kept: Floats | None
    parameters: dict[str, Any]
    summary: dict[str, Any]
    notes: list[str]


@dataclass(frozen=True)
class Terms:
    """How money counts: the share of revenue that is margin, and the yearly discount rate."""

    margin: float | None = None
    discount_rate: float = 0.0

    def __post_init__(self) -> None:
        if self.margin is not None and not 0 < self.margin <= 1:
            raise ValueError(f"margin: expected a share above 0 up to 1, found {self.margin}")
        if not 0 <= self.discount_rate <= 1:
            raise ValueError(f"discount_rate: expected 0 to 1 a year, found {self.discount_rate}")

    def factor(self, horizon_days: int) -> float:
        """What a unit of revenue, flowing evenly over the horizon, is worth today."""
        force = np.log1p(self.discount_rate) * horizon_days / YEAR_DAYS
        discount = -np.expm1(-force) / force if force > 0 else 1.0
        return float(discount * (self.margin or 1.0))


def value_customers(
    now: Snapshot,
    churn_probability: Floats | None = None,
    terms: Terms | None = None,
    random_state: int = 0,
) -> Value:
    """Forecast every customer's visits and value, with the method that did best on past dates."""
    terms = terms or Terms()
    if len(now.table) < MIN_CUSTOMERS:
        note = f"Below {MIN_CUSTOMERS} customers, future visits and value are not estimated."
        return _unknown(None, {}, [note])
    try:
        visits = now.expected_visits
    except ConvergenceError as error:
        return _unknown(None, {}, [f"Future visits cannot be estimated: {error}."])
    parameters: dict[str, Any] = {"time_unit": "week", "mbg_nbd": parameters_of(now.mbg)}
    capped, notes = without_typos(now)
    try:
        spend = capped.spend
    except ConvergenceError as error:
        note = f"Future value cannot be estimated: {error}."
        return _unknown(visits, parameters, [*notes, note])
    parameters["gamma_gamma"] = parameters_of(spend)
    forecast = _Forecast(capped)
    season = season_index(capped)
    factor = terms.factor(now.horizon_days)
    clv = forecast.clv * season * factor
    amount = expected_amount(capped, spend)
    kept = np.maximum(1 - now.no_purchase_probability, 1e-9)
    # One visit is certain if kept; and no forecast of all cases may exceed that of the better one.
    if_kept = np.maximum(np.maximum(visits / kept, 1.0) * amount * factor, clv)
    silent = now.no_purchase_probability if churn_probability is None else churn_probability
    draws = _draws(capped, spend, silent, clv, random_state)
    low, high = np.quantile(draws, INTERVAL, axis=1)
    summary = {
        "method": forecast.method,
        "pooled_share": forecast.pooled_share,
        "basis": "revenue" if terms.margin is None else "margin",
        "discount_rate": terms.discount_rate,
        "season_index": season,
        "interval": list(INTERVAL),
        "total": list(_total_interval(clv, draws, forecast.level_error, random_state)),
        "backtest": forecast.scores,
    }
    return Value(visits, clv, low, high, if_kept, parameters, summary, notes)


def expected_amount(now: Snapshot, spend: GammaGamma) -> Floats:
    """Expected net amount of each customer's next visit."""
    amount: Floats = spend.expected_value(now.table[["visits", "monetary_value"]])
    return amount


def past_spend(now: Snapshot) -> Floats:
    """All that each customer paid, less refunds, not below zero."""
    spent: Floats = np.maximum(now.table["net_amount"].to_numpy(dtype=float), 0.0)
    return spent


def last_spend(now: Snapshot) -> Floats:
    """What each customer paid in the last horizon, less refunds, not below zero."""
    spent = amount_since(now.days, now.as_of, now.horizon_days, now.table["customer_id"])
    return np.maximum(spent, 0.0)


def next_spend(now: Snapshot) -> Floats:
    """What each customer paid in the next horizon. Looks ahead: for past days only."""
    end = now.as_of + timedelta(days=now.horizon_days)
    spent = amount_since(now.days, end, now.horizon_days, now.table["customer_id"])
    return np.maximum(spent, 0.0)


def btyd_value(now: Snapshot) -> Floats:
    """Expected visits times the expected amount. Raises ConvergenceError."""
    return now.expected_visits * expected_amount(now, now.spend)


def rank_score(actual: Floats, forecast: Floats) -> float:
    """How well a forecast finds those who come and those who bring most; 1 is a seer.

    The mean of 2 AUC - 1 (comes at all) and of the top tenth's share over a seer's. Spearman's
    correlation would favour forecasts of zero: they tie with all the customers who stay away.
    """
    share = top_share(actual, forecast) / max(top_share(actual, actual), 1e-9)
    came = actual > 0
    if came.all() or not came.any():
        return share
    return float((2 * auc_with_error(came, forecast)[0] - 1 + share) / 2)


def spearman(actual: Floats, forecast: Floats) -> float:
    """Rank correlation; 0 when one of both is constant."""
    ranks = rankdata(actual), rankdata(forecast)
    if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def top_share(actual: Floats, forecast: Floats) -> float:
    """Share of the actual revenue that the tenth with the highest forecast brought."""
    n_top = max(len(actual) // 10, 1)
    best = np.argsort(-forecast, kind="stable")[:n_top]
    return float(actual[best].sum() / max(actual.sum(), LEAST_AMOUNT))


def pooled(forecast: Floats, share: float) -> Floats:
    """The forecast with the lowest `share` of customers at their common mean.

    Most of those come never again and all tie at zero; an order among them is one that does not
    happen. The sum stays, and equal customers stay equal.
    """
    if not share:
        return forecast
    low = forecast <= np.quantile(forecast, share, method="lower")
    return np.where(low, forecast[low].mean(), forecast)


def season_index(now: Snapshot) -> float:
    """How much better the coming season is than the one learnt from; 1 below thirteen months.

    Last year's revenue after this very day over what BTYD had foretold for it, relative to the
    same ratio on the dates that the forecast has learnt from.
    """
    year_ago = Snapshot(now.days, now.as_of - timedelta(days=YEAR_DAYS), now.horizon_days)
    first_day = now.days["day"].min().date()
    if (year_ago.as_of - first_day).days < LEAST_HISTORY_DAYS:
        return 1.0
    try:
        then, lately = _level([year_ago]), _level(learnt_from(now))
    except ConvergenceError:
        return 1.0
    return float(np.clip(then / lately, *SEASON_LIMITS)) if then > 0 and lately > 0 else 1.0


def without_typos(now: Snapshot) -> tuple[Snapshot, list[str]]:
    """The same snapshot with implausible amounts cut to the largest plausible one, and a note."""
    days = now.days[now.days["day"] <= pd.Timestamp(now.as_of)]
    logs = np.log(days.loc[days["net_amount"] > 0, "net_amount"].to_numpy(dtype=float))
    median = np.median(logs)
    deviation = max(1.4826 * float(np.median(np.abs(logs - median))), LEAST_LOG_DEVIATION)
    limit = float(np.exp(median + TYPO_DEVIATIONS * deviation))
    n_typos = int((days["net_amount"] > limit).sum())
    if not n_typos:
        return now, []
    note = (
        f"{n_typos} day(s) of a customer with more than {limit:,.2f} (the usual is "
        f"{np.exp(median):,.2f}) look like typing errors and count as {limit:,.2f} in CLV; "
        f"the largest is {days['net_amount'].max():,.2f}."
    )
    capped = days.assign(net_amount=days["net_amount"].clip(upper=limit))
    return replace(now, days=capped, _others={}), [note]


def parameters_of(model: Any) -> dict[str, float]:
    """Fitted parameters and log-likelihood by name."""
    values = {name: getattr(model, f"{name}_") for name in model.parameters}
    return {**values, "log_likelihood": model.log_likelihood_}


METHODS: dict[str, Callable[[Snapshot], Floats]] = {
    "past_spend": past_spend,
    "last_spend": last_spend,
    "btyd": btyd_value,
}


class _Forecast:
    """The chosen method's forecast of revenue over the horizon, and how it did in the past."""

    def __init__(self, now: Snapshot) -> None:
        near = now.with_horizon(learnable_horizon(now))
        folds = [_fold(near.earlier(k)) for k in range(1, MAX_FOLDS + 1)]
        judged = [(actual, told) for actual, told in folds if told]
        self.scores = _mean_scores(judged)
        self.method = _choose(self.scores)
        told = _told(near, learnt_from(near))
        if self.method not in told:
            self.method = "btyd"
        self.clv = told[self.method]
        if near is not now:
            visits = now.expected_visits, near.expected_visits
            self.clv = self.clv * visits[0] / np.maximum(visits[1], 1e-9)
        self.pooled_share = _pooled_share(judged, self.method)
        self.clv = pooled(self.clv, self.pooled_share)
        misses = [
            np.log(actual.sum() / told[self.method].sum())
            for actual, told in judged
            if self.method in told and actual.sum() > 0 and told[self.method].sum() > 0
        ]
        typical = float(np.median(np.abs(misses))) if misses else 0.0
        self.level_error = max(typical, LEAST_LEVEL_ERROR)


def _fold(judged: Snapshot) -> tuple[Floats, dict[str, Floats]]:
    history_days = (judged.as_of - judged.days["day"].min().date()).days
    if len(judged.table) < MIN_CUSTOMERS or history_days < LEAST_HISTORY * judged.horizon_days:
        return np.empty(0), {}
    actual = next_spend(judged)
    return actual, _told(judged, learnt_from(judged)) if actual.any() else {}


def _told(now: Snapshot, past: Sequence[Snapshot]) -> dict[str, Floats]:
    """Every method's forecast; the plain sums are scaled to what followed them in the past."""
    told: dict[str, Floats] = {}
    for name, method in METHODS.items():
        try:
            told[name] = method(now) * (1.0 if name == "btyd" else _scale(past, method))
        except ConvergenceError:
            continue
    rows = [snapshot for snapshot in past if len(snapshot.table) >= MIN_CUSTOMERS]
    if sum(len(snapshot.table) for snapshot in rows) >= LEAST_ROWS and "btyd" in told:
        try:
            told["regression"] = _regression(rows, now)
        except ConvergenceError:
            return told
    return told


def _scale(past: Sequence[Snapshot], method: Callable[[Snapshot], Floats]) -> float:
    followed = sum(float(next_spend(snapshot).sum()) for snapshot in past)
    summed = sum(float(method(snapshot).sum()) for snapshot in past)
    return followed / summed if summed > 0 and followed > 0 else 1.0


def _regression(past: Sequence[Snapshot], now: Snapshot) -> Floats:
    """A log-linear mean, fitted by quasi-likelihood: its sum is right on the past it learnt."""
    X = np.concatenate([_inputs(snapshot) for snapshot in past])
    y = np.concatenate([next_spend(snapshot) / snapshot.usual_value for snapshot in past])
    model: Pipeline = make_pipeline(
        StandardScaler(), PoissonRegressor(alpha=0.01, solver="newton-cholesky")
    )
    model.fit(X, np.minimum(y, MAX_TIMES_USUAL))
    limit = max(float(y.max(initial=1.0)), 1.0)  # an exponential must not promise unseen sums
    forecast: Floats = np.minimum(model.predict(_inputs(now)), limit) * now.usual_value
    return forecast


def _inputs(now: Snapshot) -> Floats:
    sums = [past_spend(now), last_spend(now), btyd_value(now)]
    logs = [np.log1p(value / now.usual_value) for value in sums]
    return np.column_stack([*logs, churn_inputs(now, Candidate.inputs)])


def _mean_scores(judged: Sequence[tuple[Floats, dict[str, Floats]]]) -> dict[str, dict[str, float]]:
    names = [name for name in (*METHODS, "regression") if any(name in told for _, told in judged)]
    scores = {}
    for name in names:
        both = [(actual, told[name]) for actual, told in judged if name in told]
        scores[name] = {
            "spearman": float(np.mean([spearman(*pair) for pair in both])),
            "top_decile_share": float(np.mean([top_share(*pair) for pair in both])),
            "rank_score": float(np.mean([rank_score(*pair) for pair in both])),
            "sum_ratio": float(np.mean([f.sum() / max(a.sum(), LEAST_AMOUNT) for a, f in both])),
        }
    return scores


def _choose(scores: dict[str, dict[str, float]]) -> str:
    default = "regression" if "regression" in scores else "btyd"
    if default not in scores:
        return "btyd"
    best = max(scores, key=lambda name: scores[name]["rank_score"])
    lead = scores[best]["rank_score"] - scores[default]["rank_score"]
    return best if lead > BURDEN_OF_PROOF else default


def _pooled_share(judged: Sequence[tuple[Floats, dict[str, Floats]]], method: str) -> float:
    """The share whose pooling ranked best on past dates, if clearly better than none."""
    folds = [(actual, told[method]) for actual, told in judged if method in told]
    if sum(len(actual) for actual, _ in folds) < LEAST_ROWS:
        return 0.0

    def ranked(share: float) -> float:
        return float(np.mean([spearman(came, pooled(told, share)) for came, told in folds]))

    best = max(POOLED_SHARES, key=ranked)
    return best if ranked(best) - ranked(0.0) > BURDEN_OF_PROOF else 0.0


def _level(snapshots: Sequence[Snapshot]) -> float:
    """What came over what BTYD had foretold; 0 when there was too little to say."""
    known = [snapshot for snapshot in snapshots if len(snapshot.table) >= MIN_CUSTOMERS]
    foretold = sum(float(btyd_value(snapshot).sum()) for snapshot in known)
    came = sum(float(next_spend(snapshot).sum()) for snapshot in known)
    return came / foretold if foretold > 0 else 0.0


def _draws(
    now: Snapshot, spend: GammaGamma, silent: Floats, clv: Floats, random_state: int
) -> Floats:
    """Possible values of each customer; ndarray of shape (n_customers, N_DRAWS), means `clv`.

    Nothing with the probability of churn; else at least one visit, further ones by the posterior
    of the visit rate, and amounts by the posterior of the Gamma-Gamma model.
    """
    rng = np.random.default_rng(random_state)
    n, mean = now.table[["visits", "monetary_value"]].to_numpy(dtype=float).T
    kept = np.clip(1 - silent, 1e-6, 1.0)
    further = np.maximum(now.expected_visits / kept - 1, 0.0)
    shape = now.mbg.r_ + now.own_rhythm["frequency"].to_numpy(dtype=float)
    size = (len(n), N_DRAWS)
    rate = rng.gamma(shape[:, None], (further / shape)[:, None], size)
    visits = np.where(rng.random(size) < kept[:, None], 1 + rng.poisson(rate), 0)
    scale = spend.v_ + n * np.maximum(mean, 0.0)
    price = rng.gamma((spend.p_ * n + spend.q_)[:, None], 1 / scale[:, None], size)
    total = rng.gamma(np.maximum(spend.p_ * visits, 1e-12)) / np.maximum(price, 1e-12)
    drawn = np.where(visits > 0, total, 0.0)
    level = clv.sum() / drawn.mean(axis=1).sum() if drawn.any() else 0.0
    scaled: Floats = drawn * level
    return scaled


def _total_interval(
    clv: Floats, draws: Floats, level_error: float, random_state: int
) -> tuple[float, float]:
    """Of the sum of all customers: their chance, and how far past sums were off together."""
    rng = np.random.default_rng(random_state)
    level = np.exp(rng.normal(0.0, level_error, draws.shape[1]))
    sums = draws.sum(axis=0) * level
    low, high = np.quantile(sums, INTERVAL)
    return float(low), float(max(high, low))


def _unknown(visits: Floats | None, parameters: dict[str, Any], notes: list[str]) -> Value:
    return Value(visits, None, None, None, None, parameters, {"method": None}, notes)
