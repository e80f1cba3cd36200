"""Drivers add up, speak in words, and answer for customers only imagined."""

import pickle
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from cloud.ml.churn import ChurnModel, fit_model, score_churn
from cloud.ml.drivers import (
    Figures,
    Scorer,
    contributions,
    drivers,
    for_loss,
    shop_drivers,
    typical_inputs,
)
from cloud.ml.features import customer_days
from cloud.ml.snapshot import Snapshot

LAST_DAY = date(2024, 3, 25)


@pytest.fixture(scope="module")
def shop(loyal_shop: pd.DataFrame) -> Snapshot:
    return Snapshot(customer_days(loyal_shop), LAST_DAY, 45)


@pytest.fixture(scope="module")
def model(shop: Snapshot) -> ChurnModel:
    return fit_model(shop, "logistic")


@pytest.fixture(scope="module")
def scorer(shop: Snapshot, model: ChurnModel) -> Scorer:
    return Scorer(model, typical_inputs(model, shop), shop.as_of)


@pytest.mark.parametrize("name", ["recency", "logistic", "boosting", "average"])
def test_contributions_add_up_to_the_score(name: str, shop: Snapshot) -> None:
    model = fit_model(shop, name)

    parts = contributions(model, shop, typical_inputs(model, shop))

    assert expit(parts.sum(axis=1).to_numpy()) == pytest.approx(model.probability(shop))


def test_contributions_add_up_over_a_longer_horizon_than_was_learnt(
    loyal_shop: pd.DataFrame,
) -> None:
    far = Snapshot(customer_days(loyal_shop), LAST_DAY, 400)
    model = fit_model(far, "logistic")

    parts = contributions(model, far, typical_inputs(model, far))

    assert model.learnt_horizon_days < 400
    assert expit(parts.sum(axis=1).to_numpy()) == pytest.approx(model.probability(far))


def test_typical_customer_has_no_contributions(shop: Snapshot, model: ChurnModel) -> None:
    typical = typical_inputs(model, shop)

    parts = contributions(model, shop, typical).drop(columns="typical")

    nobody = contributions(model, shop, typical + 0.0).drop(columns="typical")
    assert (parts.abs().sum() > 0).all()
    pd.testing.assert_frame_equal(parts, nobody)


def test_drivers_speak_in_the_rhythm_of_the_customer() -> None:
    table = pd.DataFrame(
        {
            "visits": [5, 1, 2],
            "days_since_last_visit": [26, 40, 3],
            "usual_gap_days": [9.0, np.nan, 1.0],
        }
    )

    assert drivers(table) == [
        ["usually every 9 days, now 26"],
        ["one visit so far, 40 days ago"],
        ["usually every 1 day, now 3"],
    ]


def test_what_speaks_for_a_loss_is_the_rhythm_and_what_raises_the_risk() -> None:
    told = ["usually every 9 days, now 26", "spending clearly lowers the risk",
            "recent visits raise the risk"]  # fmt: skip

    assert for_loss(told) == ["usually every 9 days, now 26", "recent visits raise the risk"]
    assert for_loss(told[:2]) == told[:1]


def test_strongest_contributions_are_told_in_words() -> None:
    table = pd.DataFrame({"visits": [5], "days_since_last_visit": [26], "usual_gap_days": [9.0]})
    parts = pd.DataFrame(
        {
            "absence": [2.0],  # is in the rhythm already
            "number of visits": [-0.3],
            "recent visits": [0.7],
            "regularity": [0.05],  # too little to be worth words
            "typical": [1.0],
        }
    )

    assert drivers(table, parts) == [
        [
            "usually every 9 days, now 26",
            "recent visits clearly raise the risk",
            "number of visits lowers the risk",
        ]
    ]


def test_shop_is_moved_by_absence_before_anything_else(shop: Snapshot, model: ChurnModel) -> None:
    found = shop_drivers(model, shop)

    assert next(iter(found)) == "absence"
    assert found["absence"] > 0.02


def test_what_if_agrees_with_a_real_customer_of_the_same_figures(
    shop: Snapshot, model: ChurnModel, scorer: Scorer
) -> None:
    once = shop.table[shop.table["visits"] == 1].iloc[0]
    place = int(np.flatnonzero(shop.table["customer_id"] == once["customer_id"])[0])

    away = int(once["days_since_last_visit"])
    answer = scorer.what_if(Figures(1, away, away, float(once["monetary_value"])))

    assert answer.probability == pytest.approx(model.probability(shop)[place])
    assert answer.drivers[0] == f"one visit so far, {away} days ago"
    assert expit(sum(answer.contributions.values())) == pytest.approx(answer.probability)


def test_what_if_rises_with_absence(scorer: Scorer) -> None:
    told = [scorer.what_if(Figures(6, away, 60 + away, 30.0)).probability for away in (2, 20, 90)]

    assert told[0] < told[1] < told[2]


@pytest.mark.parametrize(
    ("figures", "complaint"),
    [
        ((0, 3, 3, 5.0), "visits: expected at least 1"),
        ((2, -1, 9, 5.0), "days_since_last_visit: expected 0 or more"),
        ((5, 10, 12, 5.0), "tenure_days: expected at least 14"),
        ((1, 10, 12, 5.0), "expected 10 with a single visit"),
        ((2, 3, 9, 0.0), "monetary_value"),
        ((2, 3, 9, float("nan")), "monetary_value"),
    ],
)
def test_impossible_figures_are_refused(
    figures: tuple[int, int, int, float], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Figures(*figures)


def test_scorer_survives_storage_and_is_small(scorer: Scorer) -> None:
    stored = pickle.dumps(scorer)

    again = pickle.loads(stored)

    figures = Figures(6, 20, 80, 30.0)
    assert again.what_if(figures).probability == scorer.what_if(figures).probability
    assert len(stored) < 20_000  # no customer is in it


def test_no_signal_means_no_model_to_ask(random_shop: pd.DataFrame) -> None:
    assert score_churn(Snapshot(customer_days(random_shop), LAST_DAY, 45)).fitted is None
