"""Rows of a till's export, read as sales."""

import datetime as dt
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cloud.app.domain.errors import Invalid
from cloud.app.domain.sales_rows import PurchaseIds, Reading, Sale, SaleReader, check_columns

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = {"customer": 0, "invoice": 1, "date": 2, "amount": 3}
SHOP = uuid.UUID(int=1)


def reading(columns: dict[str, int] = COLUMNS, currency: str = "EUR") -> Reading:
    return Reading(columns, "dmy", ",", BERLIN, currency, NOW)


def read(*cells: str) -> Sale:
    return SaleReader(reading()).read(cells)


def test_a_row_is_read_by_its_mapping() -> None:
    sale = read("17", "R1", "14.03.2026 09:26", "1.204,50")
    assert sale.occurred_at == dt.datetime(2026, 3, 14, 8, 26, tzinfo=dt.UTC)
    assert sale.amount_minor == 120450
    assert sale.identity == ("customer", "17")
    assert (sale.receipt, sale.product) == ("R1", None)


def test_price_times_quantity_is_rounded_once() -> None:
    columns = {"date": 0, "quantity": 1, "price": 2}
    sale = SaleReader(reading(columns)).read(["14.03.2026", "3", "0,335"])
    assert (sale.amount_minor, sale.quantity) == (100, Decimal(3))


def test_a_given_amount_is_not_multiplied() -> None:
    columns = {"date": 0, "quantity": 1, "amount": 2}
    assert SaleReader(reading(columns)).read(["14.03.2026", "3", "9,00"]).amount_minor == 900


def test_a_refund_is_negative() -> None:
    assert read("17", "C1", "14.03.2026", "-3,50").amount_minor == -350


def test_a_number_that_a_spreadsheet_made_a_fraction_is_the_number() -> None:
    assert read("17850.0", "", "14.03.2026", "1").identity == ("customer", "17850")


def test_a_sale_without_customer_is_somebodys() -> None:
    sale = read("", "", "14.03.2026", "1")
    assert (sale.identity, sale.receipt) == (None, None)


def test_a_phone_tells_a_customer_where_there_is_no_number() -> None:
    columns = {"customer": 0, "phone": 1, "name": 2, "date": 3, "amount": 4}
    sale = SaleReader(reading(columns)).read(["", "0151 1", "Asha", "14.03.2026", "1"])
    assert sale.identity == ("phone", "0151 1")
    assert sale.contact == {"phone": "0151 1", "name": "Asha"}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["17", "R1", "tomorrow", "1"], "date: expected a date such as 2024-12-31, got 'tomorrow'"),
        (["17", "R1", "31.02.2026", "1"], "date: expected a date"),
        (["17", "R1", "01.01.2027", "1"], "date: expected a date between 1970 and today"),
        (["17", "R1", "01.01.1900", "1"], "date: expected a date between 1970 and today"),
        (["17", "R1", "14.03.2026", "free"], "amount: expected an amount"),
        (["17", "R1", "14.03.2026", ""], "amount: expected an amount"),
        (["17", "R1", "14.03.2026", "9" * 40], "amount: expected an amount below"),
        (["17", "R1"], "row: expected 4 or more cells, got 2"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(cells: list[str], message: str) -> None:
    with pytest.raises(Invalid) as error:
        read(*cells)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"amount": 1}, "mapping.date"),
        ({"date": 0, "quantity": 1}, "mapping.amount"),
        ({"date": 0, "amount": 9}, "mapping.amount"),
        ({"date": 0, "amount": 0}, "mapping"),
        ({"date": 0, "amount": 1, "shoe size": 2}, "mapping.shoe size"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(columns: dict[str, int], field: str) -> None:
    with pytest.raises(Invalid) as error:
        check_columns(columns, width=4)
    assert error.value.field == field


def test_lines_of_a_receipt_are_one_purchase() -> None:
    ids = PurchaseIds(SHOP, BERLIN)
    first = ids.id_of(read("17", "R1", "14.03.2026 09:26", "3,50"))
    assert ids.id_of(read("17", "R1", "14.03.2026 09:27", "1,00")) == first


def test_a_receipt_number_used_anew_is_another_purchase() -> None:
    ids = PurchaseIds(SHOP, BERLIN)
    first = ids.id_of(read("17", "R1", "14.03.2026", "3,50"))
    assert ids.id_of(read("17", "R1", "15.03.2026", "3,50")) != first
    assert ids.id_of(read("18", "R1", "14.03.2026", "3,50")) != first
    assert PurchaseIds(uuid.UUID(int=2), BERLIN).id_of(
        read("17", "R1", "14.03.2026", "3,50")
    ) != first  # fmt: skip


def test_without_receipts_a_repeated_row_is_a_second_purchase_in_every_file_alike() -> None:
    row = read("17", "", "14.03.2026", "3,50")
    today, later = PurchaseIds(SHOP, BERLIN), PurchaseIds(SHOP, BERLIN)
    first, second = today.id_of(row), today.id_of(row)
    assert first != second
    assert [later.id_of(row), later.id_of(row)] == [first, second]
