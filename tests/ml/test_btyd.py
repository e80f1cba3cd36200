"""The BTYD models recover planted truths and agree with what can be computed another way."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from cloud.ml.btyd import (
    BetaGeometricNBD,
    ConvergenceError,
    GammaGamma,
    ModifiedBetaGeometricNBD,
    ParetoNBD,
    PurchaseModel,
)

Floats = npt.NDArray[np.float64]
TRUTH = {
    BetaGeometricNBD: {"r": 0.8, "alpha": 5.0, "a": 1.5, "b": 4.0},
    ModifiedBetaGeometricNBD: {"r": 0.8, "alpha": 5.0, "a": 1.5, "b": 4.0},
    ParetoNBD: {"r": 0.8, "alpha": 5.0, "s": 0.9, "beta": 9.0},
}
models = pytest.mark.parametrize("model", TRUTH, ids=lambda model: model.__name__)


def simulated(
    model: type[PurchaseModel], n: int, T: float, future: float = 0.0, seed: int = 3
) -> tuple[pd.DataFrame, Floats]:
    """Histories at age T and the number of purchases in the `future` after it."""
    rng = np.random.default_rng(seed)
    truth = TRUTH[model]
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], n)
    if model is ParetoNBD:
        death = rng.exponential(1 / rng.gamma(truth["s"], 1 / truth["beta"], n))
        leaving = np.zeros(n)
    else:
        death = np.full(n, np.inf)
        leaving = rng.beta(truth["a"], truth["b"], n)
    rows, later = [], np.zeros(n)
    for i in range(n):
        moment, x, t_x = 0.0, 0, 0.0
        stays = model is not ModifiedBetaGeometricNBD or rng.random() >= leaving[i]
        while stays:
            moment += rng.exponential(1 / rate[i])
            if moment > min(death[i], T + future):
                break
            if moment <= T:
                x, t_x = x + 1, moment
            else:
                later[i] += 1
            stays = rng.random() >= leaving[i]
        rows.append((x, t_x, T))
    return pd.DataFrame(rows, columns=["frequency", "t_x", "T"]), later


@models
def test_planted_parameters_are_found_again(model: type[PurchaseModel]) -> None:
    X, _ = simulated(model, 8000, 60.0)
    truth = TRUTH[model]

    fitted = model().fit(X)

    # The four are strongly correlated, so the means that they imply are compared too.
    assert fitted.r_ == pytest.approx(truth["r"], rel=0.15)
    assert fitted.alpha_ == pytest.approx(truth["alpha"], rel=0.15)
    assert fitted.r_ / fitted.alpha_ == pytest.approx(truth["r"] / truth["alpha"], rel=0.06)
    planted = model()
    for name, value in truth.items():
        setattr(planted, f"{name}_", value)
    # By Wilks' theorem twice the difference is chi-squared with 4 degrees: 99.9 % below 18.5.
    assert 0 <= 2 * (fitted.log_likelihood_ - planted.log_likelihood(X).sum()) < 18.5


def drawn(model: type[PurchaseModel], n: int, T: float, rng: np.random.Generator) -> Floats:
    """Histories as `simulated` makes them, all customers at once."""
    truth = TRUTH[model]
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], n)
    end, leaving = np.full(n, T), np.zeros(n)
    if model is ParetoNBD:
        end = np.minimum(T, rng.exponential(1 / rng.gamma(truth["s"], 1 / truth["beta"], n)))
    else:
        leaving = rng.beta(truth["a"], truth["b"], n)
    stays = np.ones(n, dtype=bool)
    if model is ModifiedBetaGeometricNBD:
        stays = rng.random(n) >= leaving
    x, t_x, moment = np.zeros(n), np.zeros(n), np.zeros(n)
    while stays.any():
        moment = moment + rng.exponential(1, n) / rate
        stays &= moment <= end
        x[stays] += 1
        t_x[stays] = moment[stays]
        stays &= rng.random(n) >= leaving
    return np.column_stack([x, t_x, np.full(n, T)])


@pytest.mark.parametrize(
    ("model", "runs"),
    [(BetaGeometricNBD, 80), (ModifiedBetaGeometricNBD, 80), (ParetoNBD, 30)],
    ids=["BG", "MBG", "Pareto"],
)
def test_intervals_cover_planted_parameters(model: type[PurchaseModel], runs: int) -> None:
    rng = np.random.default_rng(6)
    truth = TRUTH[model]
    covered = []
    for _ in range(runs):
        X = drawn(model, 1500, 40.0, rng)
        found = model().fit(X).parameter_intervals(X, 0.9)
        covered.append([low < truth[name] < high for name, (low, high) in found.items()])

    # Four correlated parameters a run: the share of 80 runs errs by about .03.
    assert 0.82 < np.mean(covered) < 0.98


def test_intervals_cover_planted_spending() -> None:
    rng = np.random.default_rng(7)
    covered = []
    for _ in range(100):
        n = rng.integers(1, 12, 500)
        scale = rng.gamma(4.0, 1 / 20.0, 500)
        X = np.column_stack([n, rng.gamma(6.0 * n) / scale / n])
        found = GammaGamma().fit(X).parameter_intervals(X, 0.9)
        truth = {"p": 6.0, "q": 4.0, "v": 20.0}
        covered.append([low < truth[name] < high for name, (low, high) in found.items()])

    assert 0.82 < np.mean(covered) < 0.97


def test_intervals_narrow_with_more_customers_and_with_less_asked() -> None:
    rng = np.random.default_rng(9)
    few, many = (drawn(ModifiedBetaGeometricNBD, n, 40.0, rng) for n in (500, 8000))

    def width(X: Floats, level: float) -> float:
        low, high = ModifiedBetaGeometricNBD().fit(X).parameter_intervals(X, level)["r"]
        return float(np.log(high / low))

    assert width(many, 0.9) < width(few, 0.9) / 2
    assert width(many, 0.5) < width(many, 0.9) / 2


def test_histories_that_tell_nothing_apart_have_no_intervals() -> None:
    # All alike: no spread of rates, so the shape of their distribution has no limit.
    X = np.array([[3.0, 9.0, 10.0]] * 40)

    with pytest.raises(ConvergenceError, match="expected"):
        BetaGeometricNBD().fit(X).parameter_intervals(X)


@models
def test_predictions_hold_in_the_future_of_simulated_customers(
    model: type[PurchaseModel],
) -> None:
    X, later = simulated(model, 8000, 40.0, future=20.0, seed=5)

    fitted = model().fit(X)

    expected = fitted.expected_purchases(X, 20.0)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.06)
    silent = fitted.no_purchase_probability(X, 20.0)
    assert silent.mean() == pytest.approx((later == 0).mean(), abs=0.015)
    likely_lost = silent > 0.9
    assert silent[likely_lost].mean() == pytest.approx((later[likely_lost] == 0).mean(), abs=0.02)


@models
def test_analytic_gradient_is_that_of_the_likelihood(model: type[PurchaseModel]) -> None:
    X, _ = simulated(model, 200, 30.0)
    x, t_x, T = X.to_numpy(dtype=float).T
    values = np.array([0.7, 3.0, 1.2, 2.5])
    count = np.ones(len(x))

    value, gradient = model()._sum_and_gradient(values, x, t_x, T, count)

    steps = np.diag(1e-5 * values)
    sums = [model._log_likelihood(values + h, x, t_x, T).sum() for h in (*steps, *-steps)]
    numeric = (np.array(sums[:4]) - np.array(sums[4:])) / (2 * steps.diagonal())
    assert gradient == pytest.approx(numeric, rel=1e-4)
    assert value == pytest.approx(model._log_likelihood(values, x, t_x, T).sum())


@pytest.mark.parametrize("model", [BetaGeometricNBD, ModifiedBetaGeometricNBD])
def test_no_purchase_probability_has_the_published_closed_form(model: type[PurchaseModel]) -> None:
    X, _ = simulated(model, 500, 30.0)
    fitted = model().fit(X)
    p = fitted.alive_probability(X)
    age = fitted.alpha_ + X["T"]

    closed_form = 1 - p + p * (age / (age + 8.0)) ** (fitted.r_ + X["frequency"])

    assert fitted.no_purchase_probability(X, 8.0) == pytest.approx(closed_form.to_numpy())


def test_likelihood_of_one_visit_is_as_computed_by_hand() -> None:
    model = ModifiedBetaGeometricNBD()
    model.r_, model.alpha_, model.a_, model.b_ = 1.0, 10.0, 1.0, 1.0
    once = np.array([[0.0, 0.0, 10.0]])

    # Half leave at once; the others stay silent with probability 10/(10+10).
    assert np.exp(model.log_likelihood(once)) == pytest.approx(0.5 + 0.5 * 0.5)
    assert model.alive_probability(once) == pytest.approx(0.25 / 0.75)
    # Ten more silent weeks: 1/3 * 20/30 of the living.
    assert model.no_purchase_probability(once, 10.0) == pytest.approx(2 / 3 + 1 / 3 * 20 / 30)


@pytest.mark.parametrize(
    "values",
    [(0.55, 10.6, 0.6, 11.7), (0.5, 0.01, 0.6, 10.0), (2.0, 5.0, 3000.0, 30_000.0)],
    ids=["CDNOW", "early", "alike"],
)
def test_pareto_likelihood_is_the_integral_over_the_time_of_leaving(
    values: tuple[float, ...],
) -> None:
    r, alpha, s, beta = values
    x, t_x, T = np.array([[0, 0, 30], [3, 10, 30], [60, 29, 30], [3, 30, 30]], dtype=float).T

    found = ParetoNBD._log_likelihood(np.array(values), x, t_x, T)

    for i in range(len(x)):

        def density(u: float, i: int = i) -> float:
            return (alpha / (alpha + u)) ** (r + x[i]) * (beta / (beta + u)) ** (s + 1) * s / beta

        left, _ = quad(density, t_x[i], T[i], epsabs=0, epsrel=1e-11, limit=500)
        stayed = (alpha / (alpha + T[i])) ** (r + x[i]) * (beta / (beta + T[i])) ** s
        factor = gammaln(r + x[i]) - gammaln(r) - x[i] * np.log(alpha)
        assert found[i] == pytest.approx(factor + np.log(stayed + left), abs=1e-8)


def test_customers_who_all_leave_alike_are_fitted_in_time() -> None:
    rng = np.random.default_rng(2)
    T = rng.uniform(20, 40, 300)
    x = rng.poisson(rng.gamma(0.7, 4, 300)).astype(float)
    X = np.column_stack([x, np.where(x > 0, T * rng.beta(2, 1, 300), 0), T])

    fitted = ParetoNBD().fit(X)

    assert fitted.s_ > 100  # the data shows no spread in when customers leave
    assert np.isfinite(fitted.expected_purchases(X, 8.0)).all()


def test_bg_nbd_calls_every_one_time_buyer_alive() -> None:
    X, _ = simulated(BetaGeometricNBD, 500, 30.0)

    alive = BetaGeometricNBD().fit(X).alive_probability(X[X["frequency"] == 0])

    assert (alive == 1).all()


@models
def test_expected_purchases_grow_with_the_horizon_and_never_overflow(
    model: type[PurchaseModel],
) -> None:
    X, _ = simulated(model, 500, 30.0)
    fitted = model().fit(X)
    heavy = np.array([[400.0, 99.0, 100.0], [400.0, 50.0, 100.0], [0.0, 0.0, 0.0]])

    short, long = (fitted.expected_purchases(heavy, horizon) for horizon in (1.0, 50.0))

    assert np.isfinite(long).all()
    assert (short >= 0).all()
    assert (long > short).all()
    assert 20 < long[0] < 200  # four a week, for a part of fifty weeks
    assert long[1] < 1  # silent for fifty weeks


@models
def test_time_unit_changes_rates_and_nothing_else(model: type[PurchaseModel]) -> None:
    X, _ = simulated(model, 1000, 30.0)
    in_days = X * [1, 7, 7]

    weekly, daily = model().fit(X), model().fit(in_days)

    assert daily.alpha_ == pytest.approx(7 * weekly.alpha_, rel=1e-3)
    assert daily.r_ == pytest.approx(weekly.r_, rel=1e-3)
    assert daily.expected_purchases(in_days, 70) == pytest.approx(
        weekly.expected_purchases(X, 10), rel=1e-3
    )


@models
def test_nobody_who_came_back_is_an_honest_failure(model: type[PurchaseModel]) -> None:
    X = pd.DataFrame({"frequency": [0.0] * 50, "t_x": 0.0, "T": np.arange(50.0)})

    with pytest.raises(ConvergenceError, match="bought again"):
        model().fit(X)


@pytest.mark.parametrize(
    "bad", [[[1, 5, 4]], [[-1, 0, 4]], [[1, 2, np.nan]], [[1, 2]], np.empty((0, 3))]
)
def test_impossible_histories_are_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        BetaGeometricNBD().fit(np.asarray(bad, dtype=float))


def test_gamma_gamma_finds_planted_spending_again() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(1, 12, 6000)
    scale = rng.gamma(4.0, 1 / 20.0, 6000)
    mean = np.array([rng.gamma(6.0, 1 / v, k).mean() for k, v in zip(n, scale, strict=True)])

    fitted = GammaGamma().fit(np.column_stack([n, mean]))

    assert fitted.p_ == pytest.approx(6.0, rel=0.1)
    assert fitted.q_ == pytest.approx(4.0, rel=0.1)
    # The mean of the population: p v / (q - 1) = 6 * 20 / 3.
    assert fitted.p_ * fitted.v_ / (fitted.q_ - 1) == pytest.approx(40.0, rel=0.03)


def test_expected_value_lies_between_the_own_mean_and_everybodys() -> None:
    model = GammaGamma()
    model.p_, model.q_, model.v_, model.n_features_in_ = 6.0, 4.0, 20.0, 2

    once, often = model.expected_value(np.array([[1, 100.0], [50, 100.0]]))

    assert once == pytest.approx(6 * (20 + 100) / 9)  # p (v + n m) / (p n + q - 1) = 80
    assert 40 < once < often < 100


def test_zero_amounts_are_refused_instead_of_an_endless_likelihood() -> None:
    with pytest.raises(ValueError, match="positive"):
        GammaGamma().fit(np.array([[1, 5.0], [2, 0.0]]))


def test_shop_with_one_price_has_no_spread_to_learn_from() -> None:
    with pytest.raises(ConvergenceError, match="no spread"):
        GammaGamma().fit(np.array([[1, 5.0], [2, 5.0]]))
