"""Segments are an exact partition that depends on values alone; tiers fall slowly."""

import numpy as np
import pandas as pd
import pytest

from cloud.ml.segments import (
    DEFAULT_REWARDS,
    GUIDE,
    SEGMENTS,
    TIERS,
    TierRule,
    frequency_scores,
    moves,
    recency_scores,
    rewards,
    rfm_segments,
    tiers,
)


def customers(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "days_since_last_visit": rng.integers(0, 60, n),
            "visits": rng.geometric(0.1, n),
            "recent_net_amount": rng.gamma(2.0, 50.0, n).round(2),
        }
    )


def test_every_customer_has_one_of_eleven_segments() -> None:
    found = set(rfm_segments(customers(3000)))

    assert len(SEGMENTS) == 11
    assert found == set(SEGMENTS)


def test_reordered_rows_change_no_segment_and_no_tier() -> None:
    table = customers(500)
    shuffled = table.sample(frac=1, random_state=1)

    assert (rfm_segments(table)[shuffled.index] == rfm_segments(shuffled)).all()
    assert (tiers(table)[shuffled.index] == tiers(shuffled)).all()


def test_equal_customers_have_equal_segments() -> None:
    table = customers(300)
    table["segment"] = rfm_segments(table)

    per_kind = table.groupby(["days_since_last_visit", "visits"])["segment"].nunique()

    assert (per_kind == 1).all()


def test_recency_is_scored_in_fifths_with_the_latest_best() -> None:
    assert recency_scores(np.array([50.0, 40, 30, 20, 10])).tolist() == [1, 2, 3, 4, 5]
    assert recency_scores(np.array([7.0, 7, 7])).tolist() == [4, 4, 4]  # ranks 2 of 3: .67


def test_one_visit_is_frequency_one_and_returners_share_the_rest() -> None:
    assert frequency_scores(np.array([1.0, 1, 1, 2, 3, 4, 9])).tolist() == [1, 1, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("away", "visits", "segment"),
    [(1, 9, "Champions"), (1, 1, "New Customers"), (99, 1, "Lost"), (99, 9, "Cannot Lose")],
)
def test_corners_of_the_map_have_their_names(away: int, visits: int, segment: str) -> None:
    others = pd.DataFrame(
        {"days_since_last_visit": [20, 30, 40, 50, 60], "visits": [2, 3, 4, 5, 6]}
    )
    own = pd.DataFrame({"days_since_last_visit": [away], "visits": [visits]})

    assert rfm_segments(pd.concat([others, own], ignore_index=True))[-1] == segment


def test_tiers_follow_the_recent_net_amount() -> None:
    table = customers(100)
    table["recent_net_amount"] = np.arange(100.0, 0, -1)

    found = tiers(table)

    assert pd.Series(found).value_counts().to_dict() == {
        "Platinum": 5, "Gold": 15, "Silver": 30, "Bronze": 50,
    }  # fmt: skip
    assert (found[:5] == "Platinum").all()


@pytest.mark.parametrize(
    ("position", "before", "now"),
    [
        (5, None, "Gold"),  # 5.5 % from the top: just below Platinum's 5 %
        (5, "Platinum", "Platinum"),  # and kept by who had it, up to 6.25 %
        (7, "Platinum", "Gold"),  # 7.5 %: too far
        (2, "Bronze", "Platinum"),  # rising is immediate
        (30, "Platinum", "Silver"),  # who falls far is not held at Gold
    ],
)
def test_falling_waits_and_rising_does_not(position: int, before: str | None, now: str) -> None:
    table = customers(100)
    table["recent_net_amount"] = np.arange(100.0, 0, -1)
    previous = {f"c{position}": before} if before else None

    assert tiers(table, previous)[position] == now


def test_who_spent_nothing_in_a_year_is_bronze() -> None:
    table = customers(3)
    table["recent_net_amount"] = [0.0, 0.0, -5.0]

    assert (tiers(table, {"c0": "Platinum"}) == "Bronze").all()


def test_tier_shares_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="platinum < gold"):
        TierRule(platinum=0.3, gold=0.2)


def test_no_customers_have_no_segments() -> None:
    assert len(rfm_segments(customers(0))) == len(tiers(customers(0))) == 0


def run_of(**customers: tuple[str, str]) -> pd.DataFrame:
    rows = [(name, segment, tier) for name, (segment, tier) in customers.items()]
    return pd.DataFrame(rows, columns=["customer_id", "segment", "tier"])


def test_every_segment_says_what_it_means_and_what_to_do() -> None:
    assert set(GUIDE) == set(SEGMENTS)
    assert all(meaning and action.endswith(".") for meaning, action in GUIDE.values())


def test_moves_log_who_changed_and_nobody_else() -> None:
    before = run_of(
        anna=("Loyal", "Gold"), ben=("Loyal", "Gold"), cleo=("At Risk", "Silver"),
        dana=("Lost", "Bronze"),
    )  # fmt: skip
    after = run_of(
        anna=("Loyal", "Gold"), ben=("At Risk", "Silver"), cleo=("At Risk", "Platinum"),
        emil=("New Customers", "Bronze"),
    )  # fmt: skip

    log = moves(before, after)

    assert log.values.tolist() == [
        ["ben", "segment", "Loyal", "At Risk", "changed"],
        ["ben", "tier", "Gold", "Silver", "down"],
        ["cleo", "tier", "Silver", "Platinum", "up"],
        ["dana", "segment", "Lost", None, "gone"],
        ["dana", "tier", "Bronze", None, "gone"],
        ["emil", "segment", None, "New Customers", "new"],
        ["emil", "tier", None, "Bronze", "new"],
    ]


def test_first_run_logs_everybody_as_new() -> None:
    log = moves(run_of(), run_of(anna=("Loyal", "Gold")))

    assert log["direction"].tolist() == ["new", "new"]


def test_two_equal_runs_log_nothing() -> None:
    table = run_of(anna=("Loyal", "Gold"))

    assert moves(table, table.sample(frac=1)).empty
    assert moves(run_of(), run_of()).empty


def test_owner_may_edit_rewards() -> None:
    found = rewards({"Gold": " A free coffee ", "Bronze": ""})

    assert found == {**DEFAULT_REWARDS, "Gold": "A free coffee", "Bronze": ""}
    assert tuple(rewards()) == TIERS


@pytest.mark.parametrize("wrong", [{"Diamond": "all"}, {"Gold": "x" * 201}])
def test_reward_for_no_tier_or_without_end_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="rewards: expected"):
        rewards(wrong)
