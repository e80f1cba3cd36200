"""What small shops borrow: stored priors are sound, and learning finds what was planted."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cloud.ml.btyd import ModifiedBetaGeometricNBD
from cloud.ml.candidates import Candidate, MbgCandidate, RecencyCandidate
from cloud.ml.features import customer_days
from cloud.ml.learning import learn
from cloud.ml.priors import LEAST_DEVIATION, btyd_prior, coefficient_prior, pooled
from cloud.ml.snapshot import Snapshot

LAST_DAY = date(2024, 3, 25)


def test_stored_priors_know_every_input_of_the_candidates() -> None:
    for candidate in (RecencyCandidate, MbgCandidate, Candidate):
        mean, deviation = coefficient_prior(candidate.name, candidate.inputs)

        assert len(mean) == 1 + len(candidate.inputs)
        assert (deviation >= LEAST_DEVIATION).all()
        assert mean[1] > 0.5  # away for longer, or silent more surely, is more at risk
    assert set(btyd_prior()) == {"r", "alpha", "a", "b"}


def test_input_that_no_shop_has_taught_is_expected_to_mean_nothing() -> None:
    mean, deviation = coefficient_prior("logistic", ["p0", "never heard of"])

    assert mean[2] == 0.0
    assert deviation[2] == LEAST_DEVIATION


def test_pooling_takes_mean_and_spread_over_shops() -> None:
    found = pooled([{"x": 1.0}, {"x": 3.0}], least=0.5)

    assert found == {"x": [2.0, round(float(np.sqrt(2)), 3)]}
    assert pooled([{"x": 1.0}, {"x": 1.0}], least=0.5) == {"x": [1.0, 0.5]}


def test_learning_from_shops_finds_that_the_purchase_model_counts(loyal_shop: pd.DataFrame) -> None:
    days = customer_days(loyal_shop)
    shops = [Snapshot(days, LAST_DAY - pd.Timedelta(days=shift), 45) for shift in (0, 30, 60)]

    found = learn(shops)

    assert set(found) == {"purchases", "recency", "mbg_nbd", "logistic"}
    assert found["mbg_nbd"]["p0"][0] > 0.5
    assert found["recency"]["away"][0] > 0.5


def test_learning_needs_two_shops(loyal_shop: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="at least 2 shops"):
        learn([Snapshot(customer_days(loyal_shop), LAST_DAY, 45)])


def test_purchase_model_with_a_prior_needs_no_customer_who_came_back() -> None:
    X = pd.DataFrame({"frequency": [0.0] * 20, "t_x": 0.0, "T": np.arange(20.0)})

    model = ModifiedBetaGeometricNBD(btyd_prior()).fit(X)

    silent = model.no_purchase_probability(X, 4.0)
    assert np.isfinite(model.log_likelihood_)
    assert (silent > 0.5).all()
    assert (silent < 1).all()


def test_prior_gives_way_to_many_customers() -> None:
    rng = np.random.default_rng(0)
    x = rng.poisson(rng.gamma(0.8, 1 / 5.0, 8000) * 40)
    t_x = np.where(x > 0, 40 * rng.beta(np.maximum(x, 1), 1), 0.0)
    X = np.column_stack([x, t_x, np.full(8000, 40.0)])

    free, bound = (ModifiedBetaGeometricNBD(p).fit(X) for p in (None, btyd_prior()))

    assert bound.r_ == pytest.approx(free.r_, rel=0.1)
    assert bound.r_ / bound.alpha_ == pytest.approx(free.r_ / free.alpha_, rel=0.02)
