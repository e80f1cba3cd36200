"""Pairs are found where they were planted, and never in shuffled baskets."""

import numpy as np
import pandas as pd
import pytest

from cloud.ml.baskets import (
    PairRule,
    associated_pairs,
    associated_triples,
    baskets_of,
    false_discovery_rates,
    size_factor,
)
from cloud.ml.itemsets import frequent_triples


def lines(*baskets: str) -> pd.DataFrame:
    """One basket per text, one product per letter."""
    rows = [(number, product) for number, basket in enumerate(baskets) for product in basket]
    return pd.DataFrame(rows, columns=["basket_id", "product"])


def till(n_baskets: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Baskets of very different sizes, products of very different popularity, no taste."""
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, 61)
    products = [f"p{number:02}" for number in range(60)]
    rows = [
        (basket, product)
        for basket in range(n_baskets)
        for product in rng.choice(
            products, size=1 + rng.geometric(0.3), replace=False, p=popularity / popularity.sum()
        )
    ]
    return pd.DataFrame(rows, columns=["basket_id", "product"])


def with_planted(frame: pd.DataFrame, products: tuple[str, ...], times: int) -> pd.DataFrame:
    chosen = frame["basket_id"].drop_duplicates().sample(times, random_state=3)
    planted = [(basket, product) for basket in chosen for product in products]
    return pd.concat([frame, pd.DataFrame(planted, columns=frame.columns)]).drop_duplicates()


def test_size_factor_of_equal_baskets_by_hand() -> None:
    # four baskets of 3: 4 * (4 * 3 * 2) / 12^2
    assert size_factor(np.array([3.0, 3, 3, 3])) == pytest.approx(96 / 144)


def test_lift_divides_by_what_sizes_explain() -> None:
    frame = lines(*["ab"] * 30, *["c"] * 30, *["d"] * 40)

    found = associated_pairs(baskets_of(frame)).iloc[0]

    factor = 100 * (30 * 2) / 130**2
    assert (found["product"], found["other_product"], found["together"]) == ("a", "b", 30)
    assert found["expected"] == pytest.approx(30 * 30 / 100 * factor)
    assert found["lift"] == pytest.approx(30 / (9 * factor))
    assert found["support"] == pytest.approx(0.3)
    assert found["confidence"] == found["confidence_back"] == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_baskets_give_no_pair_and_no_triple(seed: int) -> None:
    frame = with_planted(till(seed=seed), ("p30", "p31", "p32"), 60)
    rng = np.random.default_rng(seed)
    frame["product"] = rng.permutation(frame["product"].to_numpy())

    baskets = baskets_of(frame)

    assert associated_pairs(baskets).empty
    assert associated_triples(baskets).empty


def test_planted_pair_is_the_first() -> None:
    frame = with_planted(till(), ("p30", "p41"), 25)

    found = associated_pairs(baskets_of(frame))

    assert list(found.loc[0, ["product", "other_product"]]) == ["p30", "p41"]


def test_planted_triple_is_found_beyond_its_pairs() -> None:
    frame = with_planted(till(), ("p20", "p30", "p41"), 40)

    assert associated_triples(baskets_of(frame))["products"].tolist() == [("p20", "p30", "p41")]


def test_asking_about_few_products_finds_their_weaker_company() -> None:
    frame = with_planted(till(), ("p30", "p41"), 12)
    baskets = baskets_of(frame)

    about = associated_pairs(baskets, about=["p41"])

    assert associated_pairs(baskets).empty
    assert about[["product", "other_product"]].values.tolist() == [["p30", "p41"]]


@pytest.mark.parametrize("seed", range(10))
def test_asking_about_few_products_of_shuffled_baskets_finds_nothing(seed: int) -> None:
    baskets = baskets_of(till(seed=seed))

    for about in (["p10"], ["p30", "p31", "p59"], []):
        assert associated_pairs(baskets, about=about).empty


def test_triple_that_its_pairs_explain_is_none() -> None:
    # a and b always together, c wherever it likes
    frame = lines(*["abc"] * 50, *["abd"] * 50, *["cd"] * 50, *["c"] * 25, *["d"] * 25)

    assert associated_triples(baskets_of(frame)).empty


def test_rows_in_another_order_change_nothing() -> None:
    frame = with_planted(till(), ("p30", "p41", "p42"), 25)

    pairs = associated_pairs(baskets_of(frame))
    again = associated_pairs(baskets_of(frame.sample(frac=1, random_state=5)))

    pd.testing.assert_frame_equal(pairs, again)


def test_product_counts_once_a_basket_and_refunds_not_at_all() -> None:
    frame = lines("aab", "ab").assign(quantity=1)
    refund = pd.DataFrame({"basket_id": [9], "product": ["a"], "quantity": [-1]})

    baskets = baskets_of(pd.concat([frame, refund]))

    assert baskets.matrix.toarray().tolist() == [[1, 1], [1, 1]]


def test_few_baskets_give_no_pair() -> None:
    assert associated_pairs(baskets_of(lines(*["ab"] * 40))).empty
    assert associated_triples(baskets_of(lines(*["abc"] * 40))).empty


def test_no_lines_are_no_baskets() -> None:
    baskets = baskets_of(lines())

    assert baskets.matrix.shape == (0, 0)
    assert associated_pairs(baskets).empty


def test_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected columns basket_id and product.*\['product'\]"):
        baskets_of(pd.DataFrame({"basket_id": [1]}))


def test_false_discovery_rates_by_hand() -> None:
    rates = false_discovery_rates(np.array([0.04, 0.01, 0.03]))

    harmonic = 1 + 1 / 2 + 1 / 3
    assert rates == pytest.approx([0.04 * harmonic, 0.03 * harmonic, 0.04 * harmonic])


def test_tests_that_found_nothing_count_too() -> None:
    rates = false_discovery_rates(np.array([0.01]), n_tests=4)

    assert rates == pytest.approx([0.04 * (1 + 1 / 2 + 1 / 3 + 1 / 4)])


def test_fp_growth_counts_as_counting_by_hand_does() -> None:
    frame = till(n_baskets=300)
    matrix = baskets_of(frame).matrix
    dense = matrix.toarray().astype(bool)

    found = frequent_triples(matrix, 10)

    columns = range(dense.shape[1])
    expected = {
        (a, b, c): int((dense[:, a] & dense[:, b] & dense[:, c]).sum())
        for a in columns
        for b in columns
        for c in columns
        if a < b < c and (dense[:, a] & dense[:, b] & dense[:, c]).sum() >= 10
    }
    assert found == expected
    assert len(found) > 20


def test_senseless_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="false_discovery_rate between 0 and 1"):
        PairRule(false_discovery_rate=1.5)
