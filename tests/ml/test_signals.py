"""What is known besides purchases: each definition by hand, nothing past the date, never needed."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cloud.ml.analysis import COLUMNS, analyse
from cloud.ml.candidates import INPUTS, Candidate, churn_inputs
from cloud.ml.features import customer_days, features
from cloud.ml.signals import SIGNAL_COLUMNS, Signals, signal_features
from cloud.ml.snapshot import Snapshot

Transactions = Callable[..., pd.DataFrame]
AS_OF = date(2023, 9, 1)
LATER = date(2024, 1, 10)


def frame(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns.split())
    for name in table.columns:
        if name.endswith("ed_at"):
            table[name] = pd.to_datetime(table[name], format="ISO8601")
    return table


@pytest.fixture(scope="module")
def told(loyal_shop: pd.DataFrame) -> tuple[pd.DataFrame, Signals]:
    """A shop that knows everything of everybody on random days, also after AS_OF."""
    rng = np.random.default_rng(8)
    names = loyal_shop["customer_id"].unique()

    def events(n: int) -> dict[str, object]:
        days = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 450, n), unit="D")
        return {"customer_id": rng.choice(names, n), "occurred_at": days}

    sent = pd.DataFrame(events(3000))
    answered = sent["occurred_at"] + pd.to_timedelta(rng.integers(0, 9, 3000), unit="D")
    opened = pd.date_range("2023-01-01 09:00", periods=450)[rng.random(450) < 0.8]
    shop = loyal_shop.assign(product=rng.choice(["rye", "bun", "cake", "tart"], len(loyal_shop)))
    return shop, Signals(
        visits=pd.DataFrame(events(2000)),
        feedback=pd.DataFrame({**events(1500), "rating": rng.integers(1, 6, 1500)}),
        messages=sent.assign(answered_at=answered.where(rng.random(3000) < 0.4)),
        opening=pd.DataFrame({"opened_at": opened, "closed_at": opened + pd.Timedelta(hours=8)}),
    )


def known_by(day: date, shop: pd.DataFrame, signals: Signals) -> tuple[pd.DataFrame, Signals]:
    """The same with everything cut off after the day, answers too."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)

    def cut(table: pd.DataFrame | None, column: str) -> pd.DataFrame:
        assert table is not None
        return table[table[column] < end]

    messages = cut(signals.messages, "occurred_at")
    answered = messages["answered_at"]
    return cut(shop, "occurred_at"), Signals(
        visits=cut(signals.visits, "occurred_at"),
        feedback=cut(signals.feedback, "occurred_at"),
        messages=messages.assign(answered_at=answered.where(answered < end)),
        opening=cut(signals.opening, "opened_at"),
    )


def everything(shop: pd.DataFrame, signals: Signals, as_of: date) -> pd.DataFrame:
    """Every feature and every input of the models of each customer."""
    now = Snapshot(customer_days(shop), as_of, 45, signals=signals)
    inputs = pd.DataFrame(churn_inputs(now, list(INPUTS)), columns=[f"in_{n}" for n in INPUTS])
    return pd.concat([features(shop, as_of), now.signal_table, inputs], axis=1)


def test_no_feature_and_no_input_looks_past_its_date(told: tuple[pd.DataFrame, Signals]) -> None:
    known = known_by(AS_OF, *told)

    assert_frame_equal(everything(*told, AS_OF), everything(*known, AS_OF))


def test_what_comes_later_moves_every_feature(told: tuple[pd.DataFrame, Signals]) -> None:
    """Without this the test above would also pass for a feature that knows nothing at all."""
    before = everything(*told, AS_OF).set_index("customer_id")
    after = everything(*told, LATER).set_index("customer_id").loc[before.index]

    unmoved = [name for name in before if before[name].equals(after[name])]

    assert unmoved == ["first_visit"]


def test_definitions_by_hand(purchases: Transactions) -> None:
    table = features(purchases(("a", "2024-01-10", 5), ("b", "2024-01-12", 5)), date(2024, 1, 20))
    signals = Signals(
        visits=frame(
            "customer_id occurred_at",
            ("a", "2024-01-10"),  # the day of the purchase itself
            ("a", "2024-01-15 09:00"),
            ("a", "2024-01-15 17:00"),
            ("a", "2024-01-21"),  # not known yet
            ("c", "2024-01-15"),  # no customer yet
        ),
        feedback=frame(
            "customer_id occurred_at rating",
            ("a", "2024-01-12", 5), ("a", "2024-01-11", 2), ("a", "2024-01-21", 1),
        ),
        messages=frame(
            "customer_id occurred_at answered_at",
            ("a", "2024-01-02", "2024-01-03"),
            ("a", "2024-01-19", "2024-01-21"),  # its answer is not known yet
            ("a", "2023-09-01", None),  # more than a quarter ago
            ("a", "2022-12-01", "2022-12-01"),  # more than a year ago
        ),
        opening=frame(
            "opened_at closed_at",
            ("2024-01-12 09:00", "2024-01-12 18:00"),
            ("2024-01-12 19:00", "2024-01-13 01:00"),  # past midnight: another day
            ("2024-01-20 09:00", None),
            ("2024-01-21 09:00", None),
        ),
    )  # fmt: skip

    found = signal_features(signals, table, date(2024, 1, 20))

    assert list(found.columns) == list(SIGNAL_COLUMNS)
    # 11 January is before the first session; open on the 12th, 13th and 20th
    assert found["open_days_since_last_visit"].tolist() == [4, 2]
    assert found["visits_without_purchase"].tolist() == [1, 0]
    assert found["last_rating"].iloc[0] == 5
    assert found["messages_received"].tolist() == [2, 0]
    assert found["answered_share"].iloc[0] == pytest.approx(1 / 3)
    assert found.iloc[1][["last_rating", "answered_share"]].isna().all()


def test_shop_that_knows_nothing_else_has_the_same_scores(loyal_shop: pd.DataFrame) -> None:
    plain, empty = (analyse(loyal_shop, horizon_days=45, signals=s) for s in (None, Signals()))

    assert list(plain.customers.columns) == [*COLUMNS, "drivers"]
    assert_frame_equal(plain.customers, empty.customers[plain.customers.columns])


def test_empty_frames_are_no_fault(loyal_shop: pd.DataFrame) -> None:
    nothing = Signals(
        visits=frame("customer_id occurred_at"),
        feedback=frame("customer_id occurred_at rating"),
        messages=frame("customer_id occurred_at answered_at"),
        opening=frame("opened_at closed_at"),
    )

    found = analyse(loyal_shop, horizon_days=45, signals=nothing)

    assert found.customers["churn_probability"].between(0, 1).all()


def test_bad_rating_that_foretells_churn_is_learnt_and_told(loyal_shop: pd.DataFrame) -> None:
    last = loyal_shop.groupby("customer_id")["occurred_at"].max()
    rng = np.random.default_rng(3)
    leaves = last < "2024-01-01"
    rating = np.where(leaves, 1, 5)
    rating = np.where(rng.random(len(last)) < 0.15, 6 - rating, rating)
    feedback = pd.DataFrame({"customer_id": last.index, "occurred_at": last, "rating": rating})

    found = analyse(loyal_shop, horizon_days=45, signals=Signals(feedback=feedback))

    told = found.customers.set_index("customer_id")
    assert found.summary["backtest"]["candidates"][found.summary["model"]]["auc"] > 0.8
    assert "contact" in found.summary["drivers"]
    assert any("contact" in " ".join(words) for words in told["drivers"])
    assert found.scorer is not None


def test_closed_days_are_told_beside_the_rhythm(loyal_shop: pd.DataFrame) -> None:
    opened = pd.date_range("2023-01-01 09:00", "2024-03-10 09:00")  # closed for the last fortnight
    opening = pd.DataFrame({"opened_at": opened, "closed_at": opened + pd.Timedelta(hours=8)})

    found = analyse(loyal_shop, horizon_days=45, signals=Signals(opening=opening))

    away = found.customers["days_since_last_visit"] > 20
    words = found.customers.loc[away, "drivers"].map(lambda told: told[0])
    assert words.str.endswith("(closed on 15 of them)").all()


@pytest.mark.parametrize(
    ("kind", "columns", "row", "message"),
    [
        (
            "visits",
            "customer_id",
            ("a",),
            "visits: expected columns .* missing \\['occurred_at'\\]",
        ),
        ("feedback", "customer_id occurred_at rating", ("a", "2024-01-01", 6), "from 1 to 5"),
        ("feedback", "customer_id occurred_at rating", (None, "2024-01-01", 4), "customer_id"),
        ("opening", "opened_at closed_at", (None, "2024-01-01"), "opened_at in every row"),
    ],
    ids=["column", "rating", "customer", "session"],
)
def test_malformed_signals_are_refused_by_name(
    kind: str, columns: str, row: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Signals(**{kind: frame(columns, row)})


def test_signals_are_learnt_beside_the_usual_inputs(told: tuple[pd.DataFrame, Signals]) -> None:
    shop, signals = told
    now = Snapshot(customer_days(shop), LATER, 45, signals=signals)

    model = Candidate().fit([now.earlier(1), now.earlier(2)])

    assert model.inputs == (*Candidate.inputs, "closed", "seen", "rating", "written", "answered")
    assert len(model.model_.coef_) == len(model.inputs)
