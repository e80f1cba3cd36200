"""`shopbell analyse`: one file in, two files out, and every complaint names line and reason."""

import csv
import gzip
import json
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cloud.app.jobs.analyse import analyse, read_purchases

HEADER = [
    "customer_id", "visits", "days_since_last_visit", "tenure_days", "monetary_value",
    "average_order_value", "usual_gap_days", "segment", "tier", "churn_probability", "risk",
    "expected_visits", "clv", "clv_low", "clv_high", "value_if_kept", "value_at_risk",
    "past_spend", "last_horizon_spend", "drivers",
]  # fmt: skip


def run(folder: Path, content: str | bytes, *options: str, name: str = "till.csv") -> Result:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CliRunner().invoke(analyse, [str(file), "--out", str(folder / "out"), *options])


def customers(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "out" / "customers.csv").open(newline="") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


def summary(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "out" / "summary.json").read_text())
    return found


def shop(seed: int = 1) -> str:
    """Two years of 200 customers who differ in rhythm and leave."""
    rng = np.random.default_rng(seed)
    lines = ["customer,date,amount"]
    for number in range(200):
        day, gap_days = rng.uniform(0, 400), rng.gamma(2, 10) + 2
        while day < 720:
            when = date(2022, 1, 1) + timedelta(days=int(day))
            lines.append(f"{number:04},{when},{rng.gamma(4, 8) + 1:.2f}")
            if rng.random() < 0.1:
                break
            day += rng.exponential(gap_days) + 1
    return "\n".join(lines)


def test_file_becomes_customers_and_a_summary(tmp_path: Path) -> None:
    result = run(tmp_path, shop())

    assert result.exit_code == 0, result.output
    assert "customer=customer,date=date,amount=amount" in result.stderr
    found = customers(tmp_path)
    assert list(found["0007"]) == HEADER  # leading zeros survive
    assert len(found) == 200
    assert all(0 <= float(row["churn_probability"]) <= 1 for row in found.values())
    told = summary(tmp_path)
    assert told["verdict"] == "signal"
    assert told["customers"] == 200
    assert {"as_of", "horizon_days", "model", "backtest", "kpis"} <= told.keys()
    assert "NaN" not in (tmp_path / "out" / "summary.json").read_text()
    assert "nan" not in (tmp_path / "out" / "customers.csv").read_text().lower()


def test_margin_scales_the_value_and_a_customer_can_be_asked_for(tmp_path: Path) -> None:
    run(tmp_path, shop())
    revenue = {name: float(row["clv"]) for name, row in customers(tmp_path).items()}

    result = run(tmp_path, shop(), "--margin", "0.4", "--what-if", "6", "20", "80", "30")

    assert result.exit_code == 0, result.output
    margin = {name: float(row["clv"]) for name, row in customers(tmp_path).items()}
    assert sum(margin.values()) == pytest.approx(0.4 * sum(revenue.values()), rel=1e-3)
    assert "What if: churn probability 0." in result.output
    assert "usually every 12 days, now 20" in result.output


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--margin", "40"), "margin: expected a share above 0 up to 1, found 40"),
        (("--what-if", "6", "20", "22", "30"), "tenure_days: expected at least 25"),
    ],
)
def test_impossible_terms_and_figures_are_refused(
    options: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    result = run(tmp_path, shop(), *options)

    assert result.exit_code == 1
    assert complaint in result.output


def test_gzipped_file_gives_the_same(tmp_path: Path) -> None:
    run(tmp_path, shop())
    plain = (tmp_path / "out" / "customers.csv").read_bytes()

    result = run(tmp_path, gzip.compress(shop().encode(), mtime=0), name="till.csv.gz")

    assert result.exit_code == 0
    assert (tmp_path / "out" / "customers.csv").read_bytes() == plain


def test_date_and_horizon_can_be_told(tmp_path: Path) -> None:
    result = run(tmp_path, shop(), "--as-of", "2023-06-30", "--horizon-days", "60")

    assert result.exit_code == 0
    assert summary(tmp_path)["as_of"] == "2023-06-30"
    assert summary(tmp_path)["horizon_days"] == 60


def test_lines_of_an_invoice_are_one_purchase_of_quantity_times_price(tmp_path: Path) -> None:
    run(
        tmp_path,
        "Invoice,Customer,Date,Quantity,Price\n"
        "1,anna,2024-01-20,2,1.50\n"
        "1,anna,2024-01-20,1,7.00\n"
        "2,anna,2024-01-20,3,10.00\n"
        "3,,2024-01-20,1,99.00\n"
        "4,bert,2024-01-21,1,5.00\n"
        "5,bert,2024-01-21,-1,2.00\n",
    )

    found = customers(tmp_path)
    assert found["anna"]["monetary_value"] == "40.0"
    assert found["anna"]["average_order_value"] == "20.0"
    assert found["bert"]["monetary_value"] == "3.0"
    assert summary(tmp_path)["rows"] == {"read": 6, "without_customer": 1, "used": 5}


def test_semicolons_decimal_commas_and_windows_letters_are_read(tmp_path: Path) -> None:
    content = "Kundennr;Datum;Betrag\nMüller;13.01.2024;1.012,50 €\nMüller;14.01.2024;7,50 €\n"

    result = run(tmp_path, content.encode("cp1252"))

    assert result.exit_code == 0, result.output
    assert customers(tmp_path)["Müller"]["monetary_value"] == "510.0"


def test_file_without_header_is_guessed_and_said(tmp_path: Path) -> None:
    content = " 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n"

    result = run(tmp_path, content)

    assert "no header line" in result.stderr
    assert "date=3,amount=5,customer=1" in result.stderr
    assert customers(tmp_path)["00004"]["visits"] == "2"


def test_columns_can_be_told_by_name_and_by_number(tmp_path: Path) -> None:
    content = "x,y,z,total\nanna,2024-01-13,5.00,9.00\n"

    result = run(tmp_path, content, "--columns", "customer=X,date=2,amount=z")

    assert result.exit_code == 0, result.output
    assert customers(tmp_path)["anna"]["monetary_value"] == "5.0"


def test_told_price_wins_over_a_guessed_amount(tmp_path: Path) -> None:
    content = "customer,date,total,n,each\nanna,2024-01-13,5.00,3,2.00\n"

    run(tmp_path, content, "--columns", "quantity=n,price=each")

    assert customers(tmp_path)["anna"]["monetary_value"] == "6.0"


def test_future_day_is_a_typing_error_and_left_out(tmp_path: Path) -> None:
    result = run(tmp_path, "customer,date,amount\na,2024-01-13,5\na,2150-01-01,5\n")

    assert result.exit_code == 0
    assert summary(tmp_path)["as_of"] == "2024-01-13"
    assert "not known yet" in str(summary(tmp_path)["notes"])


def test_an_owner_reads_how_it_went_whom_to_look_after_and_what_was_left_out(
    tmp_path: Path,
) -> None:
    file = shop() + "\n0007,2150-01-01,9.00"

    english = run(tmp_path, file, "--currency", "EUR").stdout.splitlines()
    german = run(tmp_path, file, "--currency", "EUR", "--language", "de").stdout.splitlines()

    assert re.fullmatch(
        r"\d+ of 200 customers came in the last 45 days and .+ EUR\. .+", english[0]
    )
    assert english[1].startswith("Signal. Past purchases tell who will be lost: of two customers")
    assert english[2:4] == [
        "Look after these first:", "  Customer · Chance of loss · At stake · Why"
    ]  # fmt: skip
    first = customers(tmp_path)[english[4].split(" · ")[0].strip()]
    assert float(first["value_at_risk"]) == max(
        float(row["value_at_risk"]) for row in customers(tmp_path).values()
    )
    assert first["drivers"].startswith("usually every ")
    assert re.fullmatch(r"  \d{4} · \d+% · \d+ EUR · Usually every \d+ days, now .+", english[4])
    assert "Days of customers after 2023-12-20 are not known yet and left out: 1." in english
    assert "Kunden kamen in den letzten 45 Tagen" in german[0]
    assert german[2] == "Um diese zuerst kümmern:"


def test_file_with_a_header_only_has_too_little_data(tmp_path: Path) -> None:
    result = run(tmp_path, "customer,date,amount\n")

    assert result.exit_code == 0, result.output
    assert summary(tmp_path)["verdict"] == "too little data"
    assert customers(tmp_path) == {}


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        (
            "customer,date,amount\na,2024-01-13,5\na,soon,5\n",
            (),
            "till.csv, line 3: date: expected a date such as 2024-12-31, got 'soon'",
        ),
        (
            "customer,date,amount\na,2024-01-13,5\n\na,2024-01-13,five\n",
            (),
            "till.csv, line 4: amount: expected an amount such as 12.50, got 'five'",
        ),
        (
            "customer,date,amount\na,2024-01-13,5\na,2024-01-13\n",
            (),
            "till.csv, line 3: expected 3 cells, got 2",
        ),
        (
            "customer,date,amount\na,01/02/2024,5\n",
            (),
            "say it with --date-order",
        ),
        (
            "customer,date,amount\na,2024-01-13,1.234\n",
            (),
            "say it with --decimal",
        ),
        (
            "who,when,much\na,2024-01-13,5\n",
            (),
            "columns for customer, date, amount (or quantity and price); name them with --columns",
        ),
        (
            "customer,date,amount\na,2024-01-13,5\n",
            ("--columns", "customer=nobody"),
            "--columns: expected a number from 1 to 3 or one of: customer, date, amount, "
            "got 'nobody'",
        ),
        (
            "customer,date,amount\na,2024-01-13,5\n",
            ("--columns", "buyer=1"),
            "--columns: expected ROLE=COLUMN",
        ),
        ("", (), "expected a table, got an empty file"),
    ],
)
def test_bad_file_is_refused_with_line_and_reason(
    tmp_path: Path, content: str, options: tuple[str, ...], complaint: str
) -> None:
    result = run(tmp_path, content, *options)

    assert result.exit_code == 1
    assert complaint in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("row", "options", "day"),
    [
        ("a,01/02/2024,5\n", ("--date-order", "mdy"), "2024-01-02"),
        ("a,01/02/2024,5\n", ("--date-order", "dmy"), "2024-02-01"),
    ],
)
def test_told_order_of_dates_is_followed(
    tmp_path: Path, row: str, options: tuple[str, ...], day: str
) -> None:
    run(tmp_path, "customer,date,amount\n" + row, *options)

    assert summary(tmp_path)["as_of"] == day


def test_a_report_is_typeset_with_bundles_from_the_receipts(tmp_path: Path) -> None:
    rows = ["customer,date,invoice,product,quantity,price"]
    for number in range(120):
        day = date(2025, 1, 1) + timedelta(days=number)
        items = ("Rye bread", "Butter") if number % 2 else ("Cake",)
        rows += [f"{number % 30},{day},{number},{item},1,2.50" for item in items]
    report = tmp_path / "reports" / "january.pdf"

    options = ("--report", str(report), "--shop", "Bakery", "--currency", "EUR")
    result = run(tmp_path, "\n".join(rows), *options)

    assert result.exit_code == 0, result.output
    assert report.read_bytes().startswith(b"%PDF-")
    assert str(report) in result.output


def test_products_are_called_what_they_are_called_most_often(tmp_path: Path) -> None:
    file = tmp_path / "till.csv"
    file.write_text(
        "CustomerID,InvoiceNo,InvoiceDate,StockCode,Description,Quantity,UnitPrice\n"
        "a,1,2025-01-02,10,RYE BREAD,1,3\n"
        "a,1,2025-01-02,11,,1,3\n"
        "b,2,2025-01-03,10,Rye bread,1,3\n"
        "b,3,2025-01-04,10,Rye bread,2,3\n"
    )

    asked = read_purchases(file, {}, with_products=True)
    told = read_purchases(file, {"product": "StockCode"}, with_products=True)

    assert asked.lines is not None
    assert asked.lines["product"].tolist() == ["Rye bread", "11", "Rye bread", "Rye bread"]
    assert told.lines is not None
    assert told.lines["product"].tolist() == ["10", "11", "10", "10"]


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    file = "customer,date,amount\n1,2026-01-02,3.50\n"
    result = run(tmp_path, file, "--report", "/proc/none/x.pdf")
    assert result.exit_code == 1
    assert "the report could not be written" in result.output
