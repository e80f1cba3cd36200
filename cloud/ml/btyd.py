"""Buy-till-you-die models: how often customers buy while they are customers, and what they spend.

Notation of the papers: `frequency` x is the number of repeat purchases, `t_x` the age at the last
purchase, `T` the age now, all in one unit of time; parameters are in that unit too. Purchases come
at a rate that is Gamma(r, alpha) distributed across customers.

References
----------
Fader, Hardie, Lee (2005), "Counting your customers" the easy way: BG/NBD.
Batislam, Denizel, Filiztekin (2007), Empirical validation and comparison of models: MBG/NBD.
Schmittlein, Morrison, Colombo (1987), Counting your customers: Pareto/NBD.
Fader, Hardie (2013), The Gamma-Gamma model of monetary value.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1, ndtri
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Limits of the logarithms of parameters, with time scaled to a longest T of one. At a limit the
# data shows no spread of that trait across customers; predictions stay well defined.
_LOG_BOUNDS = (-9.0, 9.0)
_GRADIENT_TOLERANCE = 1e-4
# Of the integral in Pareto/NBD: nodes between 0 and 1, their weights, and how it is cut off.
_NODES, _WEIGHTS = (np.polynomial.legendre.leggauss(48) + np.array([[1.0], [0.0]])) / 2
_NEGLIGIBLE = 36.0
_HALVINGS = 12


class ConvergenceError(RuntimeError):
    """No parameters could be found for this data; the message says why."""


class PurchaseModel(ABC, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What the models of purchase counts share: fitting, and all that follows from a likelihood."""

    parameters: ClassVar[tuple[str, ...]]

    def __init__(self, prior: Mapping[str, tuple[float, float]] | None = None) -> None:
        """`prior`: mean and standard deviation of the logarithm of each parameter, for few data."""
        self.prior = prior

    def fit(self, X: pd.DataFrame | Floats, y: None = None) -> Self:
        """Find the parameters of maximum likelihood or, with a prior, of maximum posterior.

        Parameters
        ----------
        X : array-like of shape (n_customers, 3), columns frequency, t_x, T

        Raises
        ------
        ConvergenceError
            When nobody bought again, or the search ended without an optimum.
        """
        x, t_x, T = _checked(X)
        if self.prior is None and not x.any():
            raise ConvergenceError("expected customers who bought again, found none")
        histories, place = _distinct(x, t_x, T)
        count = np.bincount(place).astype(float)
        scale = float(T.max()) or 1.0
        x, t_x, T = histories[:, 0], histories[:, 1] / scale, histories[:, 2] / scale
        log_parameters = self._search(x, t_x, T, count, self._scaled_prior(scale))
        values = np.exp(log_parameters)
        values[list(self._time_parameters())] *= scale
        for name, value in zip(self.parameters, values, strict=True):
            setattr(self, f"{name}_", float(value))
        self.n_features_in_ = 3
        per_customer = self._log_likelihood(self._values(), x, t_x * scale, T * scale)
        self.log_likelihood_ = _weighted_sum(count, per_customer)
        return self

    def log_likelihood(self, X: pd.DataFrame | Floats) -> Floats:
        """Log-likelihood of each customer's history; ndarray of shape (n_customers,)."""
        return self._for_each(X, partial(self._log_likelihood, self._values()))

    def no_purchase_probability(self, X: pd.DataFrame | Floats, horizon: float) -> Floats:
        """Probability of no purchase in (T, T + horizon]; ndarray of shape (n_customers,).

        The likelihood of (x, t_x, T + horizon) is that of (x, t_x, T) and silence afterwards, so
        their ratio is the conditional probability, in every model.
        """

        def of_distinct(x: Floats, t_x: Floats, T: Floats) -> Floats:
            silent = self._log_likelihood(self._values(), x, t_x, T + horizon)
            known = self._log_likelihood(self._values(), x, t_x, T)
            return np.exp(np.minimum(silent - known, 0.0))

        return self._for_each(X, of_distinct)

    def alive_probability(self, X: pd.DataFrame | Floats) -> Floats:
        """Probability of still being a customer at T; no measure of churn within a horizon."""
        return self._for_each(X, self._alive)

    def expected_purchases(self, X: pd.DataFrame | Floats, horizon: float) -> Floats:
        """Expected number of purchases in (T, T + horizon]; ndarray of shape (n_customers,)."""
        return self._for_each(
            X, lambda x, t_x, T: self._alive(x, t_x, T) * self._expected_alive(x, T, horizon)
        )

    def parameter_intervals(
        self, X: pd.DataFrame | Floats, level: float = 0.9
    ) -> dict[str, tuple[float, float]]:
        """Where each parameter lies with probability `level`, from the histories it was fitted to.

        Raises ConvergenceError when these histories do not tell the parameters apart.
        """
        check_is_fitted(self)
        histories, place = _distinct(*_checked(X))
        x, t_x, T = histories.T
        count = np.bincount(place).astype(float)
        mean, precision = self._scaled_prior(1.0)

        def slope(log_parameters: Floats) -> Floats:
            values = np.exp(log_parameters)
            _, gradient = self._sum_and_gradient(values, x, t_x, T, count)
            prior: Floats = precision * (log_parameters - mean)
            return prior - gradient * values

        return _intervals(self.parameters, np.log(self._values()), slope, level)

    def _for_each(
        self, X: pd.DataFrame | Floats, compute: Callable[[Floats, Floats, Floats], Floats]
    ) -> Floats:
        """Computed once for each distinct history."""
        check_is_fitted(self)
        histories, place = _distinct(*_checked(X))
        found: Floats = compute(*histories.T)[place]
        return found

    def _alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        return np.exp(self._log_alive(x, T) - self._log_likelihood(self._values(), x, t_x, T))

    def _scaled_prior(self, scale: float) -> tuple[Floats, Floats]:
        """Means and precisions of the logarithms of parameters, with time over `scale`."""
        pairs = self.prior or dict.fromkeys(self.parameters, (0.0, np.inf))
        mean, deviation = np.array([pairs[name] for name in self.parameters], dtype=float).T
        mean[list(self._time_parameters())] -= np.log(scale)
        return mean, deviation**-2

    def _search(
        self, x: Floats, t_x: Floats, T: Floats, count: Floats, prior: tuple[Floats, Floats]
    ) -> Floats:
        n = count.sum()
        mean, precision = prior

        def cost(log_parameters: Floats) -> tuple[float, Floats]:
            values = np.exp(log_parameters)
            log_likelihood, gradient = self._sum_and_gradient(values, x, t_x, T, count)
            away = log_parameters - mean
            return (
                float(precision @ away**2 / 2 - log_likelihood) / n,
                (precision * away - gradient * values) / n,
            )

        return _minimum(cost, len(self.parameters))

    def _values(self) -> Floats:
        return np.array([getattr(self, f"{name}_") for name in self.parameters])

    def _time_parameters(self) -> tuple[int, ...]:
        return tuple(i for i, name in enumerate(self.parameters) if name in ("alpha", "beta"))

    @abstractmethod
    def _sum_and_gradient(
        self, values: Floats, x: Floats, t_x: Floats, T: Floats, count: Floats
    ) -> tuple[float, Floats]:
        """Log-likelihood of all, and its gradient by the parameters."""

    @staticmethod
    @abstractmethod
    def _log_likelihood(values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log-likelihood of each history."""

    @abstractmethod
    def _log_alive(self, x: Floats, T: Floats) -> Floats:
        """Log-likelihood of the history together with being alive at T."""

    @abstractmethod
    def _expected_alive(self, x: Floats, T: Floats, horizon: float) -> Floats:
        """Purchases to expect within the horizon of who is alive at T."""


class BetaGeometricNBD(PurchaseModel):
    """BG/NBD: after each repeat purchase a customer leaves with a Beta(a, b) probability."""

    parameters = ("r", "alpha", "a", "b")
    # Chances to leave before the first repeat purchase: none here, one in MBG/NBD.
    _first_tosses: ClassVar[int] = 0

    @classmethod
    def _log_terms(
        cls, values: Floats, x: Floats, t_x: Floats, T: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Logs of the common factor, of staying until T, and of leaving at t_x."""
        r, alpha, a, b = values
        tosses = x + cls._first_tosses
        common = _by_count(gammaln, r, x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
        stayed = _by_count(lambda n: betaln(a, n), b, tosses) - (r + x) * np.log(alpha + T)
        left = _by_count(lambda n: betaln(a + 1, n - 1), b, tosses)
        left -= (r + x) * np.log(alpha + t_x)
        left[tosses == 0] = -np.inf
        return common, stayed, left

    @classmethod
    def _log_likelihood(cls, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        common, stayed, left = cls._log_terms(values, x, t_x, T)
        return common + np.logaddexp(stayed, left)

    def _sum_and_gradient(
        self, values: Floats, x: Floats, t_x: Floats, T: Floats, count: Floats
    ) -> tuple[float, Floats]:
        """Both from the same logarithms; what depends on x alone is computed once a count."""
        r, alpha, a, b = values
        n = np.arange(x.max() + 1)
        tosses = n + self._first_tosses
        places = x.astype(np.intp)
        lost = np.where(tosses > 0, 1 / np.maximum(b + tosses - 1, 1e-12), 0.0)
        with np.errstate(divide="ignore"):
            log_ratio = np.log(a * lost)  # of B(a + 1, b + tosses - 1) to B(a, b + tosses)
        of_count = gammaln(r + n) + betaln(a, b + tosses)
        both = digamma(a + b) - digamma(a + b + tosses)
        log_T, log_t = np.log(alpha + T), np.log(alpha + t_x)
        odds = log_ratio[places] + (r + x) * (log_T - log_t)  # log odds of having left at t_x
        small = np.exp(-np.abs(odds))
        v = np.where(odds > 0, 1.0, small) / (1 + small)
        each = of_count[places] - (r + x) * log_T + np.maximum(odds, 0.0) + np.log1p(small)
        by_r = digamma(r + n)[places] - log_T + v * (log_T - log_t)
        by_alpha = -(r + x) * ((1 - v) / (alpha + T) + v / (alpha + t_x))
        by_a = both[places] + v / a
        by_b = (both + digamma(b + tosses) - digamma(b))[places] - v * lost[places]
        total = count.sum()
        common = r * np.log(alpha) - gammaln(r) - betaln(a, b)
        gradient = np.array([_weighted_sum(count, part) for part in (by_r, by_alpha, by_a, by_b)])
        gradient += total * np.array([np.log(alpha) - digamma(r), r / alpha, 0.0, 0.0])
        return _weighted_sum(count, each) + total * common, gradient

    def _log_alive(self, x: Floats, T: Floats) -> Floats:
        common, stayed, _ = self._log_terms(self._values(), x, T, T)
        return common + stayed

    def _expected_alive(self, x: Floats, T: Floats, horizon: float) -> Floats:
        """Equation (10) of Fader, Hardie, Lee after Euler's transformation of 2F1.

        Transformed, no argument grows with x, so heavy buyers do not overflow.
        """
        r, alpha, a, b = self._values()
        a = a if abs(a - 1) > 1e-6 else 1 + 1e-6  # removable singularity
        z = horizon / (alpha + T + horizon)
        c = a + b + x + self._first_tosses - 1
        bracket = 1 - (1 - z) ** (a - 1) * hyp2f1(c - r - x, a - 1, c, z)
        expected: Floats = c / (a - 1) * bracket
        return expected


class ModifiedBetaGeometricNBD(BetaGeometricNBD):
    """MBG/NBD: as BG/NBD, and a customer may leave right after the first purchase too."""

    _first_tosses = 1


class ParetoNBD(PurchaseModel):
    """Pareto/NBD: a customer leaves at a rate that is Gamma(s, beta) distributed."""

    parameters = ("r", "alpha", "s", "beta")

    @classmethod
    def _log_likelihood(cls, values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
        r, alpha, s, beta = values
        common, alive = cls._log_terms(values, x, T)
        gone = np.log(s) + _time_of_leaving(r + x, alpha, s + 1, beta, t_x, T)[0]
        log_likelihood: Floats = common + np.logaddexp(alive, gone)
        return log_likelihood

    def _sum_and_gradient(
        self, values: Floats, x: Floats, t_x: Floats, T: Floats, count: Floats
    ) -> tuple[float, Floats]:
        r, alpha, s, beta = values
        common, alive = self._log_terms(values, x, T)
        log_time, density, by_alpha, by_beta = _time_of_leaving(r + x, alpha, s + 1, beta, t_x, T)
        each = np.logaddexp(alive, np.log(s) + log_time)
        w = np.exp(alive - each)  # share of those who stayed
        v = 1.0 - w

        def if_gone(at_node: Floats) -> Floats:
            mean: Floats = np.einsum("ij,ij->i", density, at_node)
            return mean

        parts = (
            digamma(r + x) - digamma(r) + np.log(alpha)
            - w * np.log(alpha + T) - v * if_gone(np.log(by_alpha)),
            r / alpha - (r + x) * (w / (alpha + T) + v * if_gone(1 / by_alpha)),
            np.log(beta) - w * np.log(beta + T) + v * (1 / s - if_gone(np.log(by_beta))),
            s / beta - w * s / (beta + T) - v * (s + 1) * if_gone(1 / by_beta),
        )  # fmt: skip
        gradient = np.array([_weighted_sum(count, part) for part in parts])
        return _weighted_sum(count, common + each), gradient

    @staticmethod
    def _log_terms(values: Floats, x: Floats, T: Floats) -> tuple[Floats, Floats]:
        """Logs of the common factor, and of staying until T."""
        r, alpha, s, beta = values
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        return common, -(r + x) * np.log(alpha + T) - s * np.log(beta + T)

    def _log_alive(self, x: Floats, T: Floats) -> Floats:
        common, alive = self._log_terms(self._values(), x, T)
        return common + alive

    def _expected_alive(self, x: Floats, T: Floats, horizon: float) -> Floats:
        r, alpha, s, beta = self._values()
        s = s if abs(s - 1) > 1e-6 else 1 + 1e-6  # removable singularity
        shrink: Floats = ((beta + T) / (beta + T + horizon)) ** (s - 1)
        expected: Floats = (r + x) / (alpha + T) * (beta + T) / (s - 1) * (1 - shrink)
        return expected


class GammaGamma(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Gamma-Gamma: each purchase is Gamma(p, nu), with nu Gamma(q, v) distributed.

    Independent of how often somebody buys. Amounts must be positive: a zero makes the likelihood
    minus infinity.
    """

    parameters: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    def fit(self, X: pd.DataFrame | Floats, y: None = None) -> Self:
        """Find the parameters of maximum likelihood.

        Parameters
        ----------
        X : array-like of shape (n_customers, 2), number of purchases and their mean amount, both
            positive

        Raises
        ------
        ConvergenceError
            When nobody differs, when the mean is infinite, or when no optimum was found.
        """
        n, mean = np.asarray(X, dtype=float).T
        if not (np.isfinite(mean).all() and (n > 0).all() and (mean > 0).all()):
            raise ValueError("expected positive counts and amounts, found others")
        if len(n) < 2 or np.ptp(mean) == 0:
            raise ConvergenceError("expected customers who spend differently, found no spread")
        scale = float(np.median(mean))

        def cost(log_parameters: Floats) -> tuple[float, Floats]:
            values = np.exp(log_parameters)
            value = -self._log_likelihood(values, n, mean / scale).mean()
            return float(value), -self._gradient(values, n, mean / scale) * values / len(n)

        self.p_, self.q_, v = map(float, np.exp(_minimum(cost, 3)))
        if self.p_ + self.q_ <= 1:
            raise ConvergenceError("expected amounts with a finite mean, found p + q <= 1")
        self.v_ = v * scale
        self.n_features_in_ = 2
        self.log_likelihood_ = float(self._log_likelihood(self._values(), n, mean).sum())
        return self

    def expected_value(self, X: pd.DataFrame | Floats) -> Floats:
        """Expected amount of a further purchase, given number (at least 1) and mean of the past.

        A mean below zero (more refunded than bought) counts as zero. ndarray of (n_customers,).
        """
        check_is_fitted(self)
        n, mean = np.asarray(X, dtype=float).T
        weight = self.p_ * n + self.q_ - 1
        expected: Floats = self.p_ * (self.v_ + n * np.maximum(mean, 0.0)) / weight
        return expected

    def parameter_intervals(
        self, X: pd.DataFrame | Floats, level: float = 0.9
    ) -> dict[str, tuple[float, float]]:
        """As those of `PurchaseModel`, from the purchases that it was fitted to."""
        check_is_fitted(self)
        n, mean = np.asarray(X, dtype=float).T

        def slope(log_parameters: Floats) -> Floats:
            values = np.exp(log_parameters)
            return -self._gradient(values, n, mean) * values

        return _intervals(self.parameters, np.log(self._values()), slope, level)

    def _values(self) -> Floats:
        return np.array([self.p_, self.q_, self.v_])

    @staticmethod
    def _log_likelihood(values: Floats, n: Floats, mean: Floats) -> Floats:
        p, q, v = values
        log_likelihood: Floats = (
            gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(v)
            + (p * n - 1) * np.log(mean) + p * n * np.log(n) - (p * n + q) * np.log(n * mean + v)
        )  # fmt: skip
        return log_likelihood

    @staticmethod
    def _gradient(values: Floats, n: Floats, mean: Floats) -> Floats:
        p, q, v = values
        total = np.log(n * mean + v)
        by_p = n * (digamma(p * n + q) - digamma(p * n) + np.log(n * mean) - total)
        by_q = digamma(p * n + q) - digamma(q) + np.log(v) - total
        by_v = q / v - (p * n + q) / (n * mean + v)
        return np.array([by_p.sum(), by_q.sum(), by_v.sum()])


def _minimum(cost: Any, n_parameters: int) -> Floats:
    """Logarithms of the best parameters, or ConvergenceError."""
    # Four numbers need no second thread: handing them over took 95 % of the time of a search.
    with _libraries().limit(limits=1):
        found = minimize(
            cost,
            np.zeros(n_parameters),
            jac=True,
            method="L-BFGS-B",
            bounds=[_LOG_BOUNDS] * n_parameters,
            options={"maxiter": 500, "ftol": 0.0, "gtol": 1e-8},
        )
    inside = (found.x > _LOG_BOUNDS[0]) & (found.x < _LOG_BOUNDS[1])
    steepest = float(np.abs(found.jac[inside]).max(initial=0.0))
    if not np.isfinite(found.fun) or not steepest < _GRADIENT_TOLERANCE:
        raise ConvergenceError(
            f"expected a gradient of zero at the optimum, found {steepest:.2g}: {found.message}"
        )
    best: Floats = found.x
    return best


def _intervals(
    names: Sequence[str], log_parameters: Floats, slope: Callable[[Floats], Floats], level: float
) -> dict[str, tuple[float, float]]:
    """Normal intervals of the logarithms: they keep positive and bear the skew of small samples."""
    steps = np.diag(np.full(len(names), 1e-3))
    curvature = np.array([slope(log_parameters + h) - slope(log_parameters - h) for h in steps])
    curvature = (curvature + curvature.T) / (2 * 2e-3)
    if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature)[0] <= 0:
        raise ConvergenceError("expected histories that tell the parameters apart, found none")
    error = np.sqrt(np.diag(np.linalg.inv(curvature))) * ndtri((1 + level) / 2)
    low, high = np.exp(log_parameters - error), np.exp(log_parameters + error)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(names)}


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def _checked(X: pd.DataFrame | Floats) -> tuple[Floats, Floats, Floats]:
    table = np.asarray(X, dtype=float)
    if table.ndim != 2 or table.shape[1] != 3 or not len(table):
        raise ValueError(f"expected rows of frequency, t_x, T, found shape {table.shape}")
    x, t_x, T = table.T
    if not np.isfinite(table).all() or (x < 0).any() or (t_x < 0).any() or (t_x > T).any():
        raise ValueError("expected frequency >= 0 and 0 <= t_x <= T, found other values")
    if (x % 1).any():
        raise ValueError("expected whole frequencies, found fractions")
    return x, t_x, T


def _by_count(function: Callable[[Floats], Floats], start: float, counts: Floats) -> Floats:
    """function(start + counts), computed once for each count: there are few, all whole numbers."""
    if not len(counts):
        return np.empty(0)
    table: Floats = function(start + np.arange(counts.max() + 1))
    return table[counts.astype(np.intp)]


def _weighted_sum(weight: Floats, values: Floats) -> float:
    """Their product summed, by one thread: on a busy machine BLAS threads wait for each other."""
    return float(np.einsum("i,i->", weight, values))


def _distinct(x: Floats, t_x: Floats, T: Floats) -> tuple[Floats, Ints]:
    """Distinct histories, one a row, and the place of each customer's: most are shared by many."""
    place, n = np.zeros(len(x), dtype=np.int64), 1
    for column in (x, t_x, T):
        codes, values = pd.factorize(column)
        place, n = place * len(values) + codes, n * len(values)
        if n > len(x):  # keeps the numbers small
            place, found = pd.factorize(place)
            n = len(found)
    place, found = pd.factorize(place)
    first = np.empty(len(found), dtype=np.intp)
    first[place[::-1]] = np.arange(len(x))[::-1]
    return np.column_stack([x, t_x, T])[first], place


def _time_of_leaving(
    a: Floats, alpha: float, b: float, beta: float, t_x: Floats, T: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Log of the integral of (alpha + u)^-a (beta + u)^-b over u from t_x to T, by Gauss-Legendre.

    Returns it per customer, and per customer and node the share of the integral, alpha + u and
    beta + u. The published form with 2F1 takes a thousand times as long, or fails, where customers
    hardly differ in when they leave; this one does not, and its derivatives are means over the
    nodes. On the scale of log (m + u), m the smaller of alpha and beta, the integrand falls ever
    faster: where it has fallen by exp(-36) nothing is left to count.
    """
    own, other = (a, np.full_like(a, b)) if alpha <= beta else (np.full_like(a, b), a)
    m, M = min(alpha, beta), max(alpha, beta)

    def log_integrand(v: Floats) -> Floats:
        """Relative to that at t_x."""
        u = (m + t_x) * np.expm1(v)
        return (1 - own) * v - other * np.log1p(u / (M + t_x))

    whole = np.log((m + T) / (m + t_x))
    low, high = np.zeros_like(whole), whole
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_left = log_integrand(middle) > -_NEGLIGIBLE
        low, high = np.where(is_left, middle, low), np.where(is_left, high, middle)
    end = np.where(log_integrand(whole) > -_NEGLIGIBLE, whole, high)
    u = t_x[:, None] + (m + t_x)[:, None] * np.expm1(end[:, None] * _NODES)
    logs = (1 - own)[:, None] * end[:, None] * _NODES
    logs -= other[:, None] * np.log((M + u) / (M + t_x)[:, None])
    parts = _WEIGHTS * np.exp(logs)
    total = parts.sum(axis=1)
    with np.errstate(divide="ignore"):  # t_x = T: nobody can have left in between
        log_integral = np.log(end * total) + (1 - own) * np.log(m + t_x) - other * np.log(M + t_x)
    return log_integral, parts / total[:, None], alpha + u, beta + u
