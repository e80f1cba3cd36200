"""Groups that are there are found, groups that are not are not claimed."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from cloud.ml.clusters import COLUMNS, METHODS, Method, cluster


def cloud(n: int, visits: float, away: float, amount: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    means = np.log([visits, away, amount])
    values = np.exp(rng.normal(means, 0.25, size=(n, 3)))
    return pd.DataFrame(values, columns=list(COLUMNS))


def three_kinds() -> tuple[pd.DataFrame, list[int]]:
    """Regulars who spend, regulars who do not, and those who have gone."""
    kinds = [
        cloud(80, 40, 5, 2000, 1),
        cloud(120, 30, 6, 150, 2),
        cloud(200, 2, 300, 40, 3),
    ]
    table = pd.concat(kinds, ignore_index=True)
    table["customer_id"] = [f"c{number:03}" for number in range(len(table))]
    return table, [0] * 80 + [1] * 120 + [2] * 200


@pytest.mark.parametrize("method", METHODS)
def test_planted_groups_are_found_with_their_number(method: Method) -> None:
    table, truth = three_kinds()

    found = cluster(table, method=method)

    assert len(found.table) == 3
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert found.verdict == "groups"
    assert found.stability is not None
    assert found.stability > 0.9


def test_clusters_have_words_sizes_and_the_best_first() -> None:
    table, _ = three_kinds()

    found = cluster(table).table

    assert found["customers"].tolist() == [80, 120, 200]
    assert found["name"].tolist() == [
        "Come often, were here recently and have spent very much",
        "Come often and were here recently",
        "Come rarely, have been away and have spent little",
    ]
    assert found["net_amount"].is_monotonic_decreasing


def test_one_cloud_is_called_a_division() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(np.exp(rng.normal(3, 0.4, size=(400, 3))), columns=list(COLUMNS))
    table["customer_id"] = [str(number) for number in range(400)]

    found = cluster(table)

    assert found.verdict == "division"
    assert "cloud without groups" in found.reason


def test_chosen_number_is_kept() -> None:
    table, _ = three_kinds()

    assert len(cluster(table, n_clusters=5).table) == 5


@pytest.mark.parametrize("method", METHODS)
def test_rows_in_another_order_change_nothing(method: Method) -> None:
    table, _ = three_kinds()
    shuffled = table.sample(frac=1, random_state=1)

    before, after = cluster(table, method=method), cluster(shuffled, method=method)

    assert (before.labels[shuffled.index] == after.labels).all()
    pd.testing.assert_frame_equal(before.table, after.table)


def test_a_few_large_customers_are_no_cluster() -> None:
    table = pd.concat([cloud(400, 10, 20, 100, 1), cloud(3, 300, 1, 1e6, 2)], ignore_index=True)
    table["customer_id"] = [str(number) for number in range(len(table))]

    found = cluster(table)

    assert found.table["customers"].min() > 3


def test_ward_of_many_customers_is_sampled() -> None:
    table = pd.concat([cloud(6000, 40, 5, 2000, 1), cloud(6000, 2, 300, 40, 2)])
    table["customer_id"] = [str(number) for number in range(len(table))]

    found = cluster(table, method="ward", n_clusters=2)

    assert found.table["customers"].tolist() == [6000, 6000]


@pytest.mark.parametrize("n", [0, 1, 29])
def test_few_customers_are_not_grouped(n: int) -> None:
    table = cloud(n, 5, 5, 5, 1).assign(customer_id=[str(number) for number in range(n)])

    found = cluster(table)

    assert found.verdict == "too little data"
    assert found.labels.tolist() == [0] * n
    assert found.table.empty


def test_equal_customers_are_not_grouped() -> None:
    table = pd.DataFrame(dict.fromkeys(COLUMNS, [3.0] * 50))
    table["customer_id"] = [str(number) for number in range(50)]

    assert cluster(table).verdict == "too little data"


def test_amount_in_all_may_come_from_the_mean() -> None:
    table, truth = three_kinds()
    table["monetary_value"] = table.pop("net_amount") / table["visits"]

    assert adjusted_rand_score(truth, cluster(table).labels) > 0.95


@pytest.mark.parametrize("wrong", [{"method": "magic"}, {"n_clusters": 1}, {"n_clusters": 50}])
def test_senseless_wish_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        cluster(three_kinds()[0], **wrong)  # type: ignore[arg-type]
