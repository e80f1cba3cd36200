"""Features as of a date: only what was known then, and each definition by hand."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cloud.ml import features as ml_features
from cloud.ml.features import btyd_summary, customer_days, features, features_of_days

Transactions = Callable[..., pd.DataFrame]


def one(table: pd.DataFrame, name: str) -> float:
    assert len(table) == 1
    return float(table.iloc[0][name])


def test_features_use_only_what_was_known_at_the_date(loyal_shop: pd.DataFrame) -> None:
    as_of = date(2023, 9, 1)
    known = loyal_shop[loyal_shop["occurred_at"] < "2023-09-02"]
    assert 0 < len(known) < len(loyal_shop)

    assert_frame_equal(features(loyal_shop, as_of), features(known, as_of))
    assert_frame_equal(
        btyd_summary(customer_days(loyal_shop), as_of), btyd_summary(customer_days(known), as_of)
    )


def test_refund_after_the_date_is_not_known_yet(purchases: Transactions) -> None:
    shop = purchases(("a", "2024-01-01", 50), ("a", "2024-02-01", -50))

    assert one(features(shop, date(2024, 1, 31)), "net_amount") == 50
    assert one(features(shop, date(2024, 2, 1)), "net_amount") == 0


def test_visit_is_a_day_with_positive_net_amount(purchases: Transactions) -> None:
    shop = purchases(
        ("a", "2024-01-01 09:00", 10),
        ("a", "2024-01-01 17:00", 5),  # same day: one visit
        ("a", "2024-01-02 09:00", 20),
        ("a", "2024-01-02 10:00", -20),  # refunded the same day: no visit
        ("a", "2024-01-03 09:00", -5),  # refund only: no visit
    )

    table = features(shop, date(2024, 1, 11))

    assert one(table, "visits") == 1
    assert one(table, "days_since_last_visit") == 10
    assert one(table, "net_amount") == 10


def test_customer_whose_purchases_were_all_refunded_has_no_row(purchases: Transactions) -> None:
    shop = purchases(("a", "2024-01-01", 10), ("a", "2024-01-01", -10), ("b", "2024-01-01", -3))

    assert features(shop, date(2024, 1, 2)).empty


def test_cents_that_cancel_out_are_no_visit(purchases: Transactions) -> None:
    shop = purchases(("a", "2024-01-01", 0.1), ("a", "2024-01-01", 0.2), ("a", "2024-01-01", -0.3))

    assert features(shop, date(2024, 1, 2)).empty


def test_monetary_value_is_per_visit_and_order_value_per_purchase(
    purchases: Transactions,
) -> None:
    shop = purchases(
        ("a", "2024-01-01", 10, "r1"),
        ("a", "2024-01-01", 20, "r1"),  # two lines of one receipt
        ("a", "2024-01-01", 30, "r2"),
        ("a", "2024-01-05", 30, "r3"),
    )

    table = features(shop, date(2024, 1, 5))

    assert one(table, "monetary_value") == 45  # 90 in 2 visits
    assert one(table, "average_order_value") == 30  # 90 in 3 purchases


def test_free_goods_count_for_the_rhythm_but_are_no_visit(purchases: Transactions) -> None:
    days = customer_days(purchases(("a", "2024-01-01", 10), ("a", "2024-01-08", 0)))

    summary = btyd_summary(days, date(2024, 1, 15))

    assert summary.loc["a"].tolist() == [1, 1, 2, 0]  # frequency, t_x, T in weeks, repeat value


@pytest.mark.parametrize(
    ("gaps", "away", "usual"),
    [
        ([10, 20, 30], 5, 20),  # running gap below all: 4 at risk, censored at once
        ([10, 20, 30], 100, 20),  # survival 3/4, 1/2 at 20
        ([10], 3, 10),
        ([10], 500, 10),
        ([4, 8], 20, 8),  # survival 2/3 at 4, 1/3 at 8
        ([4, 8], 5, 8),  # 2/3 at 4, the running gap leaves, then 0 at 8
        ([2, 4, 6, 8], 1, 4),  # four at risk after the running gap: 3/4, 1/2 at 4
    ],
)
def test_usual_gap_counts_the_running_gap_as_censored(
    purchases: Transactions, gaps: list[int], away: int, usual: int
) -> None:
    start = pd.Timestamp("2024-01-01")
    moments = [start + pd.Timedelta(days=sum(gaps[:i])) for i in range(len(gaps) + 1)]
    shop = purchases(*[("a", moment, 5) for moment in moments])

    table = features(shop, (moments[-1] + pd.Timedelta(days=away)).date())

    assert one(table, "usual_gap_days") == usual


def test_first_visit_has_no_usual_gap(purchases: Transactions) -> None:
    table = features(purchases(("a", "2024-01-01", 10)), date(2024, 3, 1))

    assert table["usual_gap_days"].isna().all()


def test_day_is_the_one_on_the_clock_of_the_file(purchases: Transactions) -> None:
    shop = purchases(("a", "2024-01-01 23:30+05:00", 10))

    assert features(shop, date(2024, 1, 1)).iloc[0]["days_since_last_visit"] == 0


def test_frame_without_amounts_is_refused_with_the_name(purchases: Transactions) -> None:
    with pytest.raises(ValueError, match="missing \\['amount'\\]"):
        features(purchases(("a", "2024-01-01", 1)).drop(columns="amount"), date(2024, 1, 1))


def test_products_count_once_and_only_from_the_day_they_were_first_bought(
    purchases: Transactions,
) -> None:
    shop = purchases(
        ("a", "2024-01-01", 5),
        ("a", "2024-01-01", 5),
        ("a", "2024-01-08", 5),
        ("a", "2024-01-09", 5),
        ("a", "2024-01-10", -5),
        ("b", "2024-01-08", 5),
    ).assign(product=["rye", "bun", "rye", None, "cake", "rye"])

    first, last = (features(shop, date(2024, 1, day)) for day in (7, 31))

    assert first["distinct_products"].tolist() == [2]
    assert last["distinct_products"].tolist() == [2, 1]  # a refund is no product bought
    assert (
        features(shop.drop(columns="product"), date(2024, 1, 31))["distinct_products"].isna().all()
    )


@pytest.mark.parametrize(
    ("days", "trend"),
    [
        (["01-01"], 0.0),
        (["01-01", "01-02", "01-03", "01-04"], -3 / 4),  # all repeat visits early
        (["01-01", "01-28", "01-29", "01-30"], 3 / 4),
        (["01-01", "01-02", "01-30"], 0.0),
    ],
)
def test_trend_compares_the_halves_of_the_tenure(
    purchases: Transactions, days: list[str], trend: float
) -> None:
    shop = purchases(*[("a", f"2024-{day}", 5) for day in days])

    assert one(features(shop, date(2024, 1, 31)), "trend") == pytest.approx(trend)


def test_season_is_what_the_customer_did_a_year_ago(purchases: Transactions) -> None:
    shop = purchases(
        ("a", "2023-01-01", 5),
        ("a", "2023-11-30", 5),  # the day itself, a year ago
        ("a", "2023-12-01", 5),
        ("a", "2024-02-29", 5),  # 91 days later
        ("a", "2024-03-01", 5),
    )

    assert one(features(shop, date(2024, 11, 29)), "season_visits") == 2
    young = features(shop, date(2023, 12, 31))
    assert young["season_visits"].isna().all()  # the shop was not there yet


def test_receipt_number_that_is_used_again_is_another_receipt(purchases: Transactions) -> None:
    shop = purchases(
        ("a", "2024-01-01", 10, "1"),
        ("a", "2024-01-01", -10, "1"),
        ("a", "2024-01-02", 7, "1"),
        ("b", "2024-01-02", 9, "1"),
    )

    days = customer_days(shop)

    assert days["net_amount"].tolist() == [0.0, 7.0, 9.0]
    assert days["purchases"].tolist() == [0, 1, 1]


def test_coins_of_a_thousandth_are_kept(purchases: Transactions) -> None:
    assert one(features(purchases(("a", "2024-01-01", 1.375)), date(2024, 1, 1)), "net_amount") == (
        1.375
    )


@pytest.mark.parametrize("rows_a_part", [1, 10, 300])
def test_a_large_shop_is_computed_in_parts_with_the_same_result(
    loyal_shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, rows_a_part: int
) -> None:
    # two lines a receipt, refunds, products, and rows in no order
    lines = pd.concat([loyal_shop, loyal_shop.assign(amount=-1.5)], ignore_index=True)
    lines["purchase_id"] = [f"r{number % len(loyal_shop)}" for number in range(len(lines))]
    lines["product"] = [f"p{number % 7}" for number in range(len(lines))]
    lines = lines.sample(frac=1.0, random_state=1)
    as_of = date(2023, 9, 1)
    whole = customer_days(lines)

    monkeypatch.setattr(ml_features, "ROWS_A_PART", rows_a_part)
    in_parts = customer_days(lines)

    assert len(lines) > 300
    assert_frame_equal(in_parts, whole, check_exact=True)
    assert_frame_equal(
        features_of_days(in_parts, as_of), features_of_days(whole, as_of), check_exact=True
    )
