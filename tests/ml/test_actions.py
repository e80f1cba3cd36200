"""The next best action pays, is allowed, comes in time, and says why."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cloud.ml.actions import (
    ACTIONS,
    Action,
    Effect,
    Policy,
    at_stake,
    measured_effect,
    next_best_actions,
    uplift_interval,
    with_effects,
)

REMINDER = Action("reminder", ("sms", "email"), cost=0.10, gift=0.0, effect=Effect(0.05))
OFFER = Action("offer", ("sms",), cost=0.10, gift=0.10, effect=Effect(0.20))


def customer(**columns: Any) -> pd.DataFrame:
    """Away for too long, worth 100 if kept, lost with 1 in 2, and may be written to."""
    usual = {
        "customer_id": "anna", "churn_probability": 0.5, "value_if_kept": 100.0,
        "average_order_value": 20.0, "days_since_last_visit": 26, "usual_gap_days": 9.0,
        "consents": ("sms",), "days_since_last_message": None, "messages_90_days": 0,
    }  # fmt: skip
    return pd.DataFrame([{**usual, **columns}])


def best(frame: pd.DataFrame, *actions: Action) -> dict[str, Any]:
    row: dict[str, Any] = next_best_actions(frame, actions=actions or ACTIONS).iloc[0].to_dict()
    return row


def test_expected_value_by_hand() -> None:
    found = best(customer(), OFFER)

    # .5 * .2 * (100 - 2) - .5 * 2 - .10
    assert found["expected_value"] == pytest.approx(8.7)
    assert found["cost"] == pytest.approx(2.1)
    assert (found["action"], found["channel"]) == ("offer", "sms")


def test_reason_names_rhythm_risk_value_and_what_is_assumed() -> None:
    assert best(customer(), OFFER)["reason"] == (
        "Usually every 9 days, now 26; lost with 50%, worth 100.00 if kept. "
        "An offer prevents 20% of losses (an assumption)."
    )
    once = customer(usual_gap_days=np.nan)
    assert best(once, OFFER)["reason"].startswith("Away for 26 days; lost with 50%")


def test_gift_is_not_given_to_who_comes_anyway() -> None:
    # lost with 1 in 10: the offer costs 1.80 in gifts to save .02 * 98
    faithful = customer(churn_probability=0.1)

    assert best(faithful, OFFER)["action"] is None
    assert best(customer(churn_probability=0.9), OFFER)["action"] == "offer"


def test_the_most_valuable_of_the_possible_is_chosen() -> None:
    assert best(customer(), REMINDER, OFFER)["action"] == "offer"
    assert best(customer(consents=("email",)), REMINDER, OFFER)["action"] == "reminder"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"consents": ()}, "No consent on any channel; ask at the next visit."),
        ({"consents": ("call",)}, "No action is possible on the channels that are allowed."),
        ({"days_since_last_message": 20}, "Got a message 20 days ago; wait 21 days."),
        ({"messages_90_days": 3}, "Got 3 messages in 90 days; that is enough."),
        ({"days_since_last_visit": 9}, "Not due yet: usually every 9 days, now 9."),
        ({"churn_probability": None}, "Risk and value are not known well enough"),
        ({"value_if_kept": np.nan}, "Risk and value are not known well enough"),
        ({"value_if_kept": 5.0}, "Nothing is worth it: the best, a reminder, would bring 0.0"),
    ],
)
def test_nothing_is_done_and_the_reason_is_said(columns: dict[str, Any], reason: str) -> None:
    found = best(customer(**columns), REMINDER)

    assert found["action"] is None
    assert found["channel"] is None
    assert found["expected_value"] == 0
    assert found["reason"].startswith(reason)


@pytest.mark.parametrize("seed", range(5))
def test_no_action_is_ever_proposed_without_consent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    consents = [
        tuple(rng.permutation(["sms", "email", "call"])[: rng.integers(4)]) for _ in range(300)
    ]
    frames = [
        customer(
            customer_id=f"c{number}",
            consents=allowed,
            churn_probability=rng.random(),
            value_if_kept=rng.gamma(1, 500),
        )
        for number, allowed in enumerate(consents)
    ]

    found = next_best_actions(pd.concat(frames)).set_index("customer_id")

    for number, allowed in enumerate(consents):
        channel = found.loc[f"c{number}", "channel"]
        assert channel is None or channel in allowed
    assert found["action"].notna().any()


def test_most_valuable_customers_come_first() -> None:
    table = pd.concat([customer(customer_id="b", value_if_kept=v) for v in (50.0, 500.0, 5.0)])

    assert next_best_actions(table)["expected_value"].is_monotonic_decreasing


def test_policy_is_the_owners() -> None:
    frame = customer(days_since_last_message=10)

    relaxed = next_best_actions(frame, policy=Policy(days_between_messages=7))

    assert relaxed["action"].notna().all()


def test_campaign_moves_the_assumption_by_its_size() -> None:
    small = measured_effect(Effect(0.1), treated=20, treated_lost=2, held_out=20, held_out_lost=10)
    large = measured_effect(
        Effect(0.1), treated=2000, treated_lost=200, held_out=2000, held_out_lost=1000
    )

    # seen .8; weights 20 and 2000 against 200
    assert small.share == pytest.approx((0.1 * 200 + 0.8 * 20) / 220)
    assert large.share == pytest.approx((0.1 * 200 + 0.8 * 2000) / 2200)
    assert large.customers == 4000
    assert (
        "measured on 4000 customers"
        in best(customer(), *with_effects((OFFER,), {"offer": large}))["reason"]
    )


def test_campaign_that_harmed_prevents_nothing() -> None:
    harmed = measured_effect(
        Effect(0.1), treated=1000, treated_lost=500, held_out=1000, held_out_lost=250
    )

    assert harmed.share == 0


def test_campaign_without_a_holdout_measures_nothing() -> None:
    empty = measured_effect(Effect(0.1), treated=9, treated_lost=1, held_out=0, held_out_lost=0)

    assert empty == Effect(0.1)
    assert uplift_interval(treated=9, treated_lost=1, held_out=0, held_out_lost=0) is None


def test_uplift_interval_agrees_with_the_published_example() -> None:
    # Newcombe (1998), method 10: 56/70 against 48/80
    low, high = uplift_interval(treated=80, treated_lost=48, held_out=70, held_out_lost=56) or (
        0,
        0,
    )

    assert (low, high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"missing \['consents'\]"):
        next_best_actions(customer().drop(columns="consents"))
    with pytest.raises(ValueError, match=r"found \['pigeon'\]"):
        next_best_actions(customer(consents=("pigeon",)))
    with pytest.raises(ValueError, match="between 0 and 1"):
        Effect(5)
    with pytest.raises(ValueError, match="no more lost"):
        measured_effect(Effect(0.1), treated=1, treated_lost=2, held_out=1, held_out_lost=1)


def test_no_customers_have_no_actions() -> None:
    assert next_best_actions(customer().iloc[:0]).empty


def test_stake_is_the_loss_of_who_is_still_here() -> None:
    table = pd.DataFrame(
        {
            "customer_id": ["ben", "anna", "cleo", "dana"],
            "value_at_risk": [16.0, 40.0, 0.0, None],
            "days_since_last_visit": [6, 5, 30, 5],
        }
    )

    found = at_stake(table, horizon_days=30)

    # cleo is gone, of dana nothing is known
    assert found["customer_id"].tolist() == ["anna", "ben"]
    assert found["at_stake"].tolist() == [40.0, 16.0]
