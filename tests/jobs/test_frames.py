"""A shop's rows become frames: names as they are, the shop's own days, whole money."""

import datetime as dt
import uuid
from decimal import Decimal

import pandas as pd

from cloud.app.jobs.frames import COLUMNS, lines_of, sales, transactions_of
from cloud.app.services.purchases import NewLine, NewPurchase, record_purchase
from cloud.app.services.shops import shop_by_id
from cloud.app.store.people import Membership
from cloud.app.store.roles import act_for
from tests.jobs.conftest import NOW, Till

LATE = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)  # half past midnight in Berlin


def sell(
    till: Till, customer: uuid.UUID | None, products: list[tuple[str, int]], at: dt.datetime
) -> uuid.UUID:
    lines = [NewLine(name, Decimal(1), amount) for name, amount in products]
    amount = sum(amount for _, amount in products) or 500
    sale = NewPurchase(uuid.uuid4(), at, amount, customer, lines=lines)
    with till.session() as session:
        record_purchase(session, till.shop_id, sale, NOW)
        session.commit()
    return sale.id


def read(till: Till, as_of: dt.date) -> pd.DataFrame:
    with till.jobs.begin() as session:
        act_for(session, shop_id=till.shop_id)
        return sales(session, shop_by_id(session, till.shop_id), as_of)


def test_sales_are_copied_out_with_their_odd_names(till: Till) -> None:
    names = ["NA", "null", 'Brötchen, "groß"', "two\nlines"]
    customer_id = uuid.uuid4()
    with till.session() as session:
        session.add(Membership(shop_id=till.shop_id, id=customer_id, name="Asha"))
        session.commit()
    bought = sell(till, customer_id, [(name, 150) for name in names], LATE)
    stranger = sell(till, None, [], LATE)

    assert read(till, dt.date(2026, 3, 1)).empty  # tomorrow, by the shop's clock
    rows = read(till, dt.date(2026, 3, 2))

    assert list(rows.columns) == list(COLUMNS)
    known = rows[rows["purchase_id"] == str(bought)]
    assert sorted(known["product"]) == sorted(names)
    assert set(known["customer_id"]) == {str(customer_id)}
    assert set(known["amount"]) == {6.0}
    assert set(known["line_amount"]) == {1.5}
    assert set(rows["occurred_at"]) == {pd.Timestamp("2026-03-02 00:30")}
    unknown = rows[rows["purchase_id"] == str(stranger)]
    assert unknown[["customer_id", "product", "quantity"]].isna().all(axis=None)
    assert transactions_of(rows)["purchase_id"].tolist() == [str(bought)]
    lines = lines_of(rows)
    assert lines is not None
    assert len(lines) == len(names)


def test_a_shop_reads_its_own_sales_only(till: Till) -> None:
    sell(till, None, [], LATE)
    with till.jobs.begin() as session:
        act_for(session, shop_id=till.shop_id)
        shop = shop_by_id(session, till.shop_id)
        session.expunge(shop)
        act_for(session, shop_id=uuid.uuid4())
        assert sales(session, shop, dt.date(2026, 3, 2)).empty
