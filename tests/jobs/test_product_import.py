"""A list of products is imported: prices and stock are taken over, and given back by an undo."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import select

from cloud.app.jobs.imports import undo_import
from cloud.app.services import imports
from cloud.app.services.exports import BOM, rejected_rows
from cloud.app.services.purchases import NewLine, NewPurchase, record_purchase
from cloud.app.store.sales import ImportRow, Product
from tests.jobs.conftest import NOW, Till
from tests.jobs.test_import_job import Killed, killed_after
from tests.waiting import wait_for_lock

COLUMNS = {"product": 0, "sku": 1, "price": 2, "cost": 3, "stock": 4, "first_stocked": 5}
LIST = """name,sku,price,cost,in stock,first stocked
Rye bread,4711,4.50,1.80,12,2026-02-01
Roll,4712,0.45,,,
Jam,,3.20,1.10,40.5,
"""
SALES = {"customer": 0, "date": 1, "product": 2, "amount": 3}


def products(till: Till) -> dict[str, Product]:
    with till.session() as session:
        return {product.name: product for product in session.scalars(select(Product))}


def counts(outcome: dict[str, object]) -> list[object]:
    return [outcome[name] for name in ("created", "updated", "skipped", "rejected")]


def undo(till: Till, import_id: uuid.UUID) -> tuple[object, object]:
    with till.session() as session:
        imports.undo(session, shop_id=till.shop_id, import_id=import_id, now=NOW)
        session.commit()
    undo_import(till.jobs, shop_id=till.shop_id, import_id=import_id, now=NOW)
    outcome = till.batch(import_id).outcome or {}
    return outcome["kept_products"], outcome["conflicts"]


def test_a_list_of_products_is_taken_over(till: Till) -> None:
    assert counts(till.imported(LIST, COLUMNS, "products")) == [3, 0, 0, 0]
    bread = products(till)["Rye bread"]
    assert (bread.sku, bread.price_minor, bread.cost_minor) == ("4711", 450, 180)
    assert (bread.in_stock, bread.first_stocked_on) == (Decimal(12), dt.date(2026, 2, 1))
    assert bread.stock_counted_at is not None
    roll = products(till)["Roll"]
    assert (roll.price_minor, roll.cost_minor, roll.in_stock) == (45, None, None)


def test_the_same_list_again_changes_nothing_and_a_new_one_what_is_new(till: Till) -> None:
    till.imported(LIST, COLUMNS, "products")
    counted_at = products(till)["Jam"].stock_counted_at
    assert counts(till.imported(LIST, COLUMNS, "products")) == [0, 0, 3, 0]
    assert products(till)["Jam"].stock_counted_at == counted_at
    dearer = (
        "name,sku,price,cost,in stock,first stocked\nRye bread,4711,4.80,,12,\nRoll,4712,0.45,,,\n"
    )
    assert counts(till.imported(dearer, COLUMNS, "products")) == [0, 1, 1, 0]
    bread = products(till)["Rye bread"]
    assert (bread.price_minor, bread.cost_minor) == (480, 180)
    assert bread.stock_counted_at is not None
    assert counted_at is not None
    assert bread.stock_counted_at > counted_at


def test_a_product_is_known_by_its_number_also_where_a_till_has_called_it_so(till: Till) -> None:
    till.imported("customer,date,product,amount\n1,2026-03-14,4711,4.50\n", SALES)
    before = products(till)["4711"].id
    assert counts(till.imported(LIST, COLUMNS, "products")) == [2, 1, 0, 0]
    assert products(till)["Rye bread"].id == before
    till.imported("customer,date,product,amount\n1,2026-03-15,4711,4.50\n", SALES)
    assert set(products(till)) == {"Rye bread", "Roll", "Jam"}


def test_a_row_that_says_nothing_useful_is_rejected_with_its_reason(till: Till) -> None:
    till.imported(LIST, COLUMNS, "products")
    rows = [
        "Rye bread,9999,1,1,1,",
        "Roll,4711,1,1,1,",
        "Jam,,cheap,,,",
        "Tea,,-1,,,",
        "Tea,,1,,-2,",
        "Tea,,1,,,2099-01-01",
        "Tea,,1,,,",
        "Tea,,2,,,",
        ",,1,,,",
        "Tea",
    ]
    content = "\n".join(["name,sku,price,cost,stock,since", *rows]) + "\n"
    import_id = till.upload(content, COLUMNS, "products")
    till.run(import_id)
    with till.session() as session:
        found = session.scalars(
            select(ImportRow)
            .where(ImportRow.import_id == import_id, ImportRow.outcome == "rejected")
            .order_by(ImportRow.line)
        ).all()
        csv_text = "".join(rejected_rows(session, till.batch(import_id))).removeprefix(BOM)
    assert [(row.line, row.reason) for row in found] == [
        (2, "sku: expected '4711', as the product of this name has, got '9999'"),
        (3, "product: expected a name that no other product has, got 'Roll'"),
        (4, "price: expected an amount such as 12.50, got 'cheap'"),
        (5, "price: expected an amount of 0 or more, got '-1'"),
        (6, "stock: expected 0 pieces or more, got '-2'"),
        (7, "first_stocked: expected a day between 1970 and today, got '2099-01-01'"),
        (9, "product: expected each product once, got 'Tea' again, first in row 7"),
        (10, "product: expected a name or a sku, got nothing"),
        (11, "row: expected 6 or more cells, got 1"),
    ]
    assert csv_text.splitlines()[0] == "name,sku,price,cost,stock,since,error"
    assert products(till)["Tea"].price_minor == 100


def test_a_list_that_is_killed_goes_on_where_it_was(till: Till) -> None:
    import_id = till.upload(LIST, COLUMNS, "products")
    for blocks in (1, 2):
        mortal = Till(till.shop_id, till.app, killed_after(till.jobs, blocks, Killed()))
        with pytest.raises(Killed):
            mortal.run(import_id, block_rows=1)
    till.run(import_id, block_rows=1)
    assert counts(dict(till.batch(import_id).outcome or {})) == [3, 0, 0, 0]
    assert len(products(till)) == 3


def test_what_another_list_has_too_survives_an_undo_until_that_one_is_undone(till: Till) -> None:
    first, second = (till.upload(LIST, COLUMNS, "products") for _ in range(2))
    till.run(first)
    dearer = "name,sku,price,cost,in stock,first stocked\nRoll,4712,0.50,,,\n"
    third = till.upload(dearer, COLUMNS, "products")
    for import_id in (second, third):
        till.run(import_id)
    assert undo(till, first) == (3, 0)
    assert undo(till, second) == (1, 0)  # the roll is in the third list
    assert set(products(till)) == {"Roll"}
    assert products(till)["Roll"].price_minor == 50
    assert undo(till, third) == (0, 0)
    assert products(till) == {}


def test_a_product_that_somebody_has_changed_by_hand_survives_an_undo(till: Till) -> None:
    import_id = till.upload(LIST, COLUMNS, "products")
    till.run(import_id)
    with till.session() as session:
        for name, change in (("Jam", {"price_minor": 350}), ("Roll", {"name": "Sesame roll"})):
            product = session.scalars(select(Product).where(Product.name == name)).one()
            for field, value in change.items():
                setattr(product, field, value)
        session.commit()
    assert undo(till, import_id) == (2, 0)
    assert set(products(till)) == {"Jam", "Sesame roll"}


def test_an_undo_gives_back_what_was_known_and_keeps_what_others_build_on(till: Till) -> None:
    with till.session() as session:
        session.add(Product(shop_id=till.shop_id, name="Rye bread", price_minor=400))
        session.add(Product(shop_id=till.shop_id, name="Roll", price_minor=40))
        session.commit()
    import_id = till.upload(LIST, COLUMNS, "products")
    till.run(import_id)
    till.imported("customer,date,product,amount\n1,2026-03-15,Jam,3.20\n", SALES)
    with till.session() as session:
        roll = session.scalars(select(Product).where(Product.name == "Roll")).one()
        roll.price_minor = 55
        session.commit()

    assert undo(till, import_id) == (1, 1)  # the jam was sold, the roll's price changed since

    found = products(till)
    bread, roll = found["Rye bread"], found["Roll"]
    assert (bread.sku, bread.price_minor, bread.cost_minor, bread.in_stock) == (
        None,
        400,
        None,
        None,
    )
    assert (bread.stock_counted_at, bread.first_stocked_on) == (None, None)
    assert (roll.sku, roll.price_minor) == (None, 55)
    assert "Jam" in found
    assert counts(till.imported(LIST, COLUMNS, "products")) == [0, 3, 0, 0]


def test_a_list_and_a_sale_of_several_products_do_not_wait_for_each_other(till: Till) -> None:
    names = ("Rye bread", "Roll", "Jam")
    with till.session() as session:
        for number, name in enumerate(names, start=1):
            session.add(Product(shop_id=till.shop_id, id=uuid.UUID(int=number), name=name))
        session.commit()
    import_id = till.upload(LIST, COLUMNS, "products")
    lines = [NewLine(name, Decimal(1), 100) for name in ("Jam", "Rye bread")]
    new = NewPurchase(uuid.uuid4(), NOW, 200, lines=lines)

    def sell() -> None:
        with till.session() as session:
            record_purchase(session, till.shop_id, new, NOW)
            session.commit()

    with till.session() as session, ThreadPoolExecutor(2) as pool:
        between = till.shop_id, uuid.UUID(int=2)
        session.get_one(Product, between, with_for_update=True)  # as a change of its price does
        listed = pool.submit(till.run, import_id)
        wait_for_lock(session, "the list to wait for the change")
        sold = pool.submit(sell)
        wait_for_lock(session, "the sale to wait for the list", transactions=2)
        session.commit()
        listed.result()
        sold.result()
    assert {product.price_minor for product in products(till).values()} == {450, 45, 320}


def test_a_product_that_a_till_sells_first_is_the_one_of_the_list(till: Till) -> None:
    import_id = till.upload(LIST, COLUMNS, "products")
    new = NewPurchase(uuid.uuid4(), NOW, 320, lines=[NewLine("Jam", Decimal(1), 320)])
    with till.session() as session, ThreadPoolExecutor(1) as pool:
        record_purchase(session, till.shop_id, new, NOW)
        listed = pool.submit(till.run, import_id)
        wait_for_lock(session, "the list to wait for the sale")
        session.commit()
        listed.result()
    batch = till.batch(import_id)
    assert batch.state == "done", batch.error
    assert products(till)["Jam"].price_minor == 320
