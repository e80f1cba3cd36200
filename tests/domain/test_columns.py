"""Columns of a foreign table: roles guessed, dates and amounts read, doubts said aloud."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from cloud.app.domain.columns import (
    DateOrder,
    DecimalMark,
    date_order,
    decimal_mark,
    guess,
    parse_amount,
    parse_date,
)
from cloud.app.domain.errors import Invalid


def test_a_german_till_calls_a_receipt_bon() -> None:
    row = ["M001", "02.02.2026", "12,50", "B0001"]
    assert guess(["Kundennr", "Datum", "Betrag", "Bon"], [row]) == {
        "customer": 0, "date": 1, "amount": 2, "invoice": 3,
    }  # fmt: skip


def test_names_of_a_gift_shop_are_understood() -> None:
    columns = "InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country"
    row = ["536365", "85123A", "HEART", "6", "2010-12-01 08:26:00", "2.55", "17850.0", "France"]

    found = guess(columns.split(), [row])

    assert found == {
        "invoice": 0, "product": 1, "quantity": 3, "date": 4, "price": 5, "customer": 6,
    }  # fmt: skip


def test_german_names_with_umlauts_are_understood() -> None:
    found = guess(
        ["Kunden-Nr.", "Stückpreis", "Menge", "Rechnungsdatum", "Straße"],
        [["007", "1,50", "2", "03.04.2024", "Am Markt 1"]],
    )

    assert found == {"customer": 0, "price": 1, "quantity": 2, "date": 3}


def test_customer_list_has_name_phone_and_email() -> None:
    found = guess(
        ["Name", "Mobile phone", "E-Mail", "Customer no."],
        [["Ada", "+44 20 7946 0000", "ada@example.org", "12"]],
    )

    assert found == {"name": 0, "phone": 1, "email": 2, "customer": 3}


def test_name_is_not_believed_against_its_cells() -> None:
    found = guess(["customer", "date", "total"], [["a", "no date here", "many"]])

    assert found == {"customer": 0}


def test_columns_without_names_are_judged_by_their_cells() -> None:
    rows = [
        ["00004", "0001", "19970101", "2", "29.33"],
        ["00004", "0001", "19970118", "2", "29.73"],
        ["00021", "0002", "19970101", "3", "63.34"],
    ]

    assert guess([""] * 5, rows) == {"date": 2, "amount": 4, "customer": 0, "quantity": 3}


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2024-12-31", "ymd", "2024-12-31T00:00:00"),
        ("2024/1/5 8:26", "ymd", "2024-01-05T08:26:00"),
        ("2024-12-31T23:59:58", "ymd", "2024-12-31T23:59:58"),
        ("19970118", "ymd", "1997-01-18T00:00:00"),
        ("03.04.2024", "dmy", "2024-04-03T00:00:00"),
        ("3/4/2024 14:05", "dmy", "2024-04-03T14:05:00"),
        ("3/4/24", "mdy", "2024-03-04T00:00:00"),
        ("12/1/2010 8:26 PM", "mdy", "2010-12-01T20:26:00"),
        ("12/1/2010 12:05 am", "mdy", "2010-12-01T00:05:00"),
        ("5. März 2024", "dmy", "2024-03-05T00:00:00"),
        ("5 Dec 2024", "dmy", "2024-12-05T00:00:00"),
        ("December 5, 2024", "mdy", "2024-12-05T00:00:00"),
        ("2024-02-29", "dmy", "2024-02-29T00:00:00"),
    ],
)
def test_dates_are_read(text: str, order: DateOrder, expected: str) -> None:
    assert parse_date(text, order).isoformat() == expected


def test_offset_of_a_time_is_kept() -> None:
    found = parse_date("2024-12-31T23:30:00+02:00")

    assert found.utcoffset() == timedelta(hours=2)
    assert found == datetime(2024, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    "text", ["", "soon", "2023-02-29", "31/12/2024", "2024-13-01", "0001-01-01", "1.5", "20240199"]
)
def test_no_date_is_an_error_with_what_was_found(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_date(text, "mdy")

    assert caught.value.field == "date"
    assert caught.value.found == repr(text)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2024", "13/02/2024"], "dmy"),
        (["01/02/2024", "02/13/2024"], "mdy"),
        (["01.02.2024"], "dmy"),  # nobody writes the month first with dots
        (["05/05/2024"], "dmy"),  # both ways the same day
        (["2024-01-02"], "dmy"),
    ],
)
def test_order_of_day_and_month_is_judged_by_the_whole_column(
    texts: list[str], order: DateOrder
) -> None:
    assert date_order(texts) == order


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["01/02/2024", "03/04/2024"], "both ways"),
        (["01/02/2024", "99/02/2024", "13/14/2024"], "both ways"),
        (["13/02/2024", "02/13/2024"], "day first.*month first"),
    ],
)
def test_doubtful_order_is_said_and_not_guessed(texts: list[str], found: str) -> None:
    with pytest.raises(Invalid, match=found):
        date_order(texts)


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("12.50", ".", "12.50"),
        ("-3", ".", "-3"),
        ("3-", ".", "-3"),
        ("(4.20)", ".", "-4.20"),
        ("−7,10", ",", "-7.10"),
        ("1,234,567.89", ".", "1234567.89"),
        ("1.234,5", ",", "1234.5"),
        ("1 234,50 €", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("$ 5", ".", "5"),
        ("-$5.00", ".", "-5"),
        ("EUR 5,00", ",", "5"),
        (".99", ".", "0.99"),
    ],
)
def test_amounts_are_read_exactly(text: str, mark: DecimalMark, expected: str) -> None:
    assert parse_amount(text, mark) == Decimal(expected)


@pytest.mark.parametrize(
    "text", ["", "free", "1.2.3", "12,50,0", "nan", "inf", "1e9", "--5", "5 apples", "9" * 13]
)
def test_no_amount_is_an_error_with_what_was_found(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_amount(text, ".")

    assert caught.value.found == repr(text)


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,234", "5.5"], "."),
        (["1.234", "5,5"], ","),
        (["1.234.567"], ","),
        (["1,234.00"], "."),
        (["0.125"], "."),
        (["12", "7"], "."),
        (["12,50"], ","),
    ],
)
def test_decimal_mark_is_judged_by_the_whole_column(texts: list[str], mark: DecimalMark) -> None:
    assert decimal_mark(texts) == mark


@pytest.mark.parametrize("texts", [["1.234"], ["1,234", "20"], ["1,50", "1.50"]])
def test_doubtful_decimal_mark_is_said_and_not_guessed(texts: list[str]) -> None:
    with pytest.raises(Invalid, match="decimal mark"):
        decimal_mark(texts)
