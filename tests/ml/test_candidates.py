"""The candidates: priors that give way to data, inputs without units, horizons carried on."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

from cloud.ml.candidates import CANDIDATES, Candidate, PriorLogistic, churn_inputs, level_shift
from cloud.ml.features import customer_days
from cloud.ml.snapshot import Snapshot

Transactions = Callable[..., pd.DataFrame]
LAST_DAY = date(2024, 3, 25)


def test_prior_logistic_passes_the_checks_of_scikit_learn() -> None:
    check_estimator(PriorLogistic())


def test_without_a_prior_it_is_plain_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = rng.random(300) < 1 / (1 + np.exp(-(0.5 + X @ [1.0, -2.0])))

    ours = PriorLogistic(np.zeros(3), np.full(3, 1e4)).fit(X, y)
    theirs = LogisticRegression(C=np.inf, tol=1e-8).fit(X, y)

    assert ours.coef_ == pytest.approx(theirs.coef_[0], rel=1e-3)
    assert ours.intercept_ == pytest.approx(theirs.intercept_[0], rel=1e-3)


def test_prior_speaks_alone_without_data_and_gives_way_to_much() -> None:
    rng = np.random.default_rng(1)
    prior = (np.array([0.0, 3.0]), np.array([0.3, 0.3]))
    X = rng.normal(size=(20_000, 1))
    y = rng.random(20_000) < 1 / (1 + np.exp(-X[:, 0]))  # the truth is 1

    nothing = PriorLogistic(*prior).fit_labels(np.empty((0, 1)), np.empty(0, dtype=bool), 1.0)
    little = PriorLogistic(*prior).fit_labels(X[:30], y[:30], 1.0)
    much = PriorLogistic(*prior).fit_labels(X, y, 1.0)

    assert nothing.coef_[0] == pytest.approx(3.0)
    assert 1.5 < little.coef_[0] < 3.0
    assert much.coef_[0] == pytest.approx(1.0, abs=0.06)


def test_intervals_of_coefficients_cover_planted_truths() -> None:
    truth = np.array([-0.5, 1.0, -0.7])
    rng = np.random.default_rng(2)
    covered = []
    for _ in range(200):
        X = rng.normal(size=(150, 2))
        y = rng.random(150) < 1 / (1 + np.exp(-(truth[0] + X @ truth[1:])))
        model = PriorLogistic().fit(X, y)
        error = np.sqrt(np.diag(model.covariance_))
        found = np.array([model.intercept_, *model.coef_])
        covered.append(np.abs(found - truth) < 1.645 * error)

    assert 0.85 < np.mean(covered) < 0.95  # of 90 % intervals


@pytest.mark.parametrize("times", [0.01, 100.0])
def test_inputs_know_no_currency(times: float, loyal_shop: pd.DataFrame) -> None:
    dear = loyal_shop.assign(amount=loyal_shop["amount"] * times * 100)
    cheap = loyal_shop.assign(amount=loyal_shop["amount"] * 100)

    inputs = [
        churn_inputs(Snapshot(customer_days(shop), LAST_DAY, 45), Candidate.inputs)
        for shop in (dear, cheap)
    ]

    assert inputs[0] == pytest.approx(inputs[1], abs=0.02)  # cents are rounded


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_candidates_look_at_nothing_past_their_date(
    candidate: type[Candidate], loyal_shop: pd.DataFrame
) -> None:
    days = customer_days(loyal_shop)
    cut_off = date(2023, 12, 1)
    told = []
    for known in (days, days[days["day"] <= pd.Timestamp(cut_off)]):
        now = Snapshot(known, cut_off, 45)
        told.append(candidate().fit([now.earlier(1), now.earlier(2)]).churn_probability(now))

    assert told[0] == pytest.approx(told[1], abs=0)


def test_level_is_carried_to_a_longer_horizon_by_the_purchase_model(
    loyal_shop: pd.DataFrame,
) -> None:
    far = Snapshot(customer_days(loyal_shop), LAST_DAY, 90)
    near = far.with_horizon(30)
    learnt = np.clip(1 - near.no_purchase_probability, 0.01, 0.99)  # an order of its own

    shift = level_shift(learnt, near, far)

    change = far.no_purchase_logit - near.no_purchase_logit
    carried = expit(logit(learnt) + shift)
    assert change.min() <= shift <= change.max() <= 0
    # On average as if each customer's odds had moved as the purchase model says.
    assert carried.mean() == pytest.approx(expit(logit(learnt) + change).mean())
