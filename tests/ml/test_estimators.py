"""What scikit-learn expects of every estimator, as far as histories of customers allow it.

Its other checks fit random numbers of any sign and shape, which are no histories.
"""

import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from cloud.ml.btyd import BetaGeometricNBD, GammaGamma, ModifiedBetaGeometricNBD, ParetoNBD

Floats = npt.NDArray[np.float64]
PURCHASES = (BetaGeometricNBD, ModifiedBetaGeometricNBD, ParetoNBD)
every = pytest.mark.parametrize("model", [*PURCHASES, GammaGamma], ids=lambda model: model.__name__)
# Those that need no data.
CHECKS: tuple[Callable[..., None], ...] = (
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_mixin_order,
)


def data(model: type[Any]) -> Floats:
    """Histories of customers who differ, or numbers and means of their purchases."""
    rng = np.random.default_rng(2)
    if model is GammaGamma:
        return np.column_stack([rng.integers(1, 9, 300), rng.gamma(3, 10, 300)])
    T = rng.uniform(30, 50, 300)
    alive = np.minimum(T, rng.exponential(1 / rng.gamma(0.9, 1 / 9, 300)))
    x = rng.poisson(rng.gamma(0.8, 1 / 3, 300) * alive).astype(float)
    return np.column_stack([x, np.where(x > 0, alive * rng.beta(np.maximum(x, 1), 1), 0), T])


def learnt(fitted: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(fitted).items() if name.endswith("_")}


def asked(model: type[Any]) -> Callable[[Any, Floats], Floats]:
    if model is GammaGamma:
        return lambda fitted, X: fitted.expected_value(X)
    return lambda fitted, X: fitted.expected_purchases(X, 8.0)


@every
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_checks_without_data_are_passed(model: type[Any], check: Callable[..., None]) -> None:
    check(model.__name__, model())


@every
def test_fit_returns_itself_and_leaves_data_and_parameters_alone(model: type[Any]) -> None:
    X = data(model)
    before, estimator = X.copy(), model()
    params = deepcopy(estimator.get_params())

    assert estimator.fit(X) is estimator
    assert (before == X).all()
    assert estimator.get_params() == params
    assert estimator.n_features_in_ == X.shape[1]


@every
def test_second_fit_forgets_the_first(model: type[Any]) -> None:
    X = data(model)

    again = model().fit(X[:150]).fit(X)

    assert learnt(again) == learnt(model().fit(X))


@every
def test_frames_and_any_order_of_customers_mean_the_same(model: type[Any]) -> None:
    X = data(model)
    order = np.random.default_rng(0).permutation(len(X))
    fitted, ask = model().fit(X), asked(model)

    frame = model().fit(pd.DataFrame(X[order]))

    assert learnt(frame) == pytest.approx(learnt(fitted), rel=1e-4)
    assert ask(fitted, X[order]) == pytest.approx(ask(fitted, X)[order])
    assert ask(fitted, X[:3]) == pytest.approx(ask(fitted, X)[:3])


@every
def test_unfitted_estimators_say_so_and_clones_are_unfitted(model: type[Any]) -> None:
    X, ask = data(model), asked(model)

    for unfitted in (model(), clone(model().fit(X))):
        with pytest.raises(NotFittedError):
            ask(unfitted, X)


@every
def test_pickled_estimators_answer_alike(model: type[Any]) -> None:
    X, ask = data(model), asked(model)
    fitted = model().fit(X)

    kept = pickle.loads(pickle.dumps(fitted))  # our own

    assert (ask(kept, X) == ask(fitted, X)).all()


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_numbers_that_are_no_history_are_refused(model: type[Any], bad: float) -> None:
    X = data(model)
    X[3, 1] = bad

    with pytest.raises(ValueError, match="expected"):
        model().fit(X)
