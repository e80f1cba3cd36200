"""The scoreboard counts what happened, once, and calls a bad record bad."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from cloud.ml.features import customer_days, features_of_days
from cloud.ml.scoreboard import Scoreboard, score_past_predictions

HORIZON_DAYS = 30
TODAY = date(2024, 3, 1)


def predictions(as_of: date, **probability: float) -> pd.DataFrame:
    rows = [(name, as_of, HORIZON_DAYS, value) for name, value in probability.items()]
    return pd.DataFrame(rows, columns=["customer_id", "as_of", "horizon_days", "churn_probability"])


def coin_shop(probability: np.ndarray, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers who stay away with just the probability that was predicted."""
    rng = np.random.default_rng(seed)
    as_of = date(2024, 1, 31)
    names = [f"c{number:04}" for number in range(len(probability))]
    first = [
        pd.Timestamp("2023-12-01") + pd.Timedelta(days=int(d))
        for d in rng.integers(0, 60, len(names))
    ]
    returns = [name for name, p in zip(names, probability, strict=True) if rng.random() > p]
    visits = [
        *zip(names, first, strict=True),
        *(
            (name, pd.Timestamp("2024-02-01") + pd.Timedelta(days=number % 28))
            for number, name in enumerate(returns)
        ),
    ]
    days = pd.DataFrame(visits, columns=["customer_id", "day"])
    days = days.assign(net_amount=10.0, purchases=1, is_bought=True).sort_values(
        ["customer_id", "day"]
    )
    said = predictions(as_of, **dict(zip(names, probability, strict=True)))
    return said, days.reset_index(drop=True)


def judged(probability: np.ndarray, said: np.ndarray | None = None) -> Scoreboard:
    table, days = coin_shop(probability)
    if said is not None:
        table["churn_probability"] = said
    return score_past_predictions(table, days, TODAY)


def test_true_probabilities_are_reliable() -> None:
    found = judged(np.random.default_rng(1).uniform(0.05, 0.95, 800))

    assert found.verdict == "reliable"
    assert "better than days since the last visit alone" in found.sentence
    assert found.bands["customers"].sum() == 800
    assert (
        (found.bands["low"] < found.bands["observed"])
        & (found.bands["observed"] < found.bands["high"])
    ).all()


def test_brier_and_bands_by_hand() -> None:
    found = judged(np.repeat([0.0, 1.0], 50), said=np.repeat([0.1, 0.7], 50))

    assert found.bands["band"].tolist() == ["0-20 %", "60-80 %"]
    assert found.bands["observed"].tolist() == [0.0, 1.0]
    assert found.model is not None
    assert found.model["brier"] == pytest.approx((0.1**2 + 0.3**2) / 2)
    assert found.model["auc"] == 1.0


def test_right_order_with_wrong_percentages_is_fair() -> None:
    truth = np.random.default_rng(2).uniform(0.3, 0.9, 800)

    found = judged(truth, said=truth - 0.15)

    assert found.verdict == "fair"
    assert "the percentages were off" in found.sentence


def test_percentages_that_are_nearly_right_hold() -> None:
    truth = np.random.default_rng(2).uniform(0.1, 0.9, 20_000)

    assert judged(truth, said=truth - 0.03).verdict == "reliable"


def test_upside_down_predictions_are_unreliable() -> None:
    truth = np.random.default_rng(3).uniform(0.05, 0.95, 400)

    found = judged(truth, said=1 - truth)

    assert found.verdict == "unreliable"
    assert "worse than days since the last visit" in found.sentence


def test_predictions_whose_time_is_not_over_do_not_count() -> None:
    table, days = coin_shop(np.full(100, 0.5))

    found = score_past_predictions(table, days, date(2024, 2, 29))

    assert found.verdict == "too early to tell"
    assert found.runs == []
    assert "there are 0" in found.sentence


def test_nightly_runs_count_once_a_horizon() -> None:
    table, days = coin_shop(np.full(100, 0.5))
    nights = [table.assign(as_of=date(2024, 1, 31) - timedelta(days=n)) for n in range(3)]

    found = score_past_predictions(pd.concat(nights), days, TODAY)

    assert found.runs == [date(2024, 1, 31)]


def test_few_predictions_are_too_early() -> None:
    found = judged(np.full(20, 0.5))

    assert found.verdict == "too early to tell"
    assert (found.model, found.recency) == (None, None)
    assert found.summary()["bands"][0]["customers"] == 20


def test_recency_learns_from_before_the_run_only(loyal_shop: pd.DataFrame) -> None:
    days = customer_days(loyal_shop)
    as_of = date(2023, 11, 1)
    table = features_of_days(days, as_of)
    away = table["days_since_last_visit"]
    said = pd.DataFrame(
        {"customer_id": table["customer_id"], "churn_probability": away / (away + 15)}
    )
    said = said.assign(as_of=as_of, horizon_days=HORIZON_DAYS)
    found = score_past_predictions(said, days, date(2024, 3, 1))
    later = days["day"] > pd.Timestamp(as_of) + pd.Timedelta(days=HORIZON_DAYS)

    by_strangers = days.assign(customer_id=days["customer_id"].where(~later, "stranger"))
    by_strangers = by_strangers.sort_values(["customer_id", "day"], ignore_index=True)
    again = score_past_predictions(said, by_strangers, date(2024, 3, 1))

    assert found.recency is not None
    assert found.recency["auc"] > 0.7
    assert again.summary() == found.summary()


def test_no_horizon_runs_while_the_shop_is_shut() -> None:
    sold = [*pd.date_range("2024-01-01", "2024-02-17"), *pd.date_range("2024-03-10", "2024-03-25")]
    stayed = [f"a{number:02}" for number in range(20)]
    came = [f"b{number:02}" for number in range(20)]
    visits = [
        *((name, pd.Timestamp("2024-02-10")) for name in stayed + came),
        *((name, pd.Timestamp("2024-03-12")) for name in came),
        *(("stranger", day) for day in sold),
    ]
    days = pd.DataFrame(visits, columns=["customer_id", "day"]).sort_values(["customer_id", "day"])
    days = days.assign(net_amount=10.0, purchases=1, is_bought=True).reset_index(drop=True)
    said = predictions(date(2024, 2, 14), **dict.fromkeys(stayed, 0.9), **dict.fromkeys(came, 0.1))
    said = said.assign(horizon_days=10)

    found = score_past_predictions(said, days, date(2024, 3, 16))
    too_soon = score_past_predictions(said, days, date(2024, 3, 15))

    # three days before the holiday and seven after it
    assert found.runs == [date(2024, 2, 14)]
    assert found.bands["observed"].tolist() == [0.0, 1.0]
    assert too_soon.runs == []


def test_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"missing \['churn_probability'\]"):
        score_past_predictions(
            predictions(TODAY).drop(columns="churn_probability"), pd.DataFrame(), TODAY
        )
