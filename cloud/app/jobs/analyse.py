"""`shopbell analyse`: the analysis of one file of purchases, without any server."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pandas as pd

from cloud.app.domain import columns
from cloud.app.domain.columns import DateOrder, DecimalMark
from cloud.app.domain.errors import Invalid
from cloud.app.domain.languages import LANGUAGES
from cloud.app.domain.tables import Table, TableError, open_table
from cloud.app.jobs.report import most_at_risk, report_content, report_input, write_report
from cloud.app.jobs.report_words import Words
from cloud.app.jobs.typesetting import ReportError
from cloud.ml.analysis import COLUMNS, MAX_HORIZON_DAYS, Analysis
from cloud.ml.analysis import analyse as analyse_transactions
from cloud.ml.clv import Terms
from cloud.ml.drivers import Figures

PRODUCT_NAME = "product name"
ROLES = ("customer", "date", "amount", "invoice", "product", "quantity", "price")
DECIMALS = {"churn_probability": 4, "expected_visits": 4, "usual_gap_days": 1}
MONEY = (
    "monetary_value",
    "average_order_value",
    "clv",
    "clv_low",
    "clv_high",
    "value_if_kept",
    "value_at_risk",
    "past_spend",
    "last_horizon_spend",
)
MONEY_DECIMALS = 2
MAX_SAID_AT_RISK = 5


@dataclass
class Cells:
    """The cells of one column as text, and for each distinct text the line it first stood on."""

    texts: list[str] = field(default_factory=list)
    first_line: dict[str, int] = field(default_factory=dict)

    def append(self, text: str, line: int) -> None:
        self.first_line.setdefault(text, line)
        self.texts.append(text)

    def parsed(self, filename: str, parse: Callable[[str], Any]) -> list[Any]:
        """Each cell's value; parses every distinct text once and names the line of a bad one."""
        values = {}
        for text, line in self.first_line.items():
            try:
                values[text] = parse(text)
            except Invalid as error:
                where = f"{filename}, line {line}: {error.field}"
                raise Invalid(where, error.expected, error.found) from error
        return [values[text] for text in self.texts]


@dataclass(frozen=True)
class Purchases:
    """A file's purchases and what happened to its rows."""

    transactions: pd.DataFrame
    rows_read: int
    rows_without_customer: int
    # products on receipts, where they were asked for and the file has both
    lines: pd.DataFrame | None = None


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last known day.")
@click.option("--horizon-days", type=click.IntRange(1, MAX_HORIZON_DAYS))
@click.option(
    "--columns",
    "chosen",
    default="",
    metavar="ROLE=COLUMN,...",
    help=f"Names or numbers (from 1) of the columns for {', '.join(ROLES)}.",
)
@click.option("--date-order", type=click.Choice(["ymd", "dmy", "mdy"]))
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="Decimal mark of amounts.")
@click.option("--margin", type=float, help="Share of revenue that is margin, above 0 up to 1.")
@click.option("--discount-rate", type=float, default=0.0, help="A year, 0 to 1.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also typeset a PDF to read.",
)
@click.option("--shop", help="The shop's name, for the report.")
@click.option("--currency", type=click.STRING, help="Such as EUR, for what is said and the report.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Of what is said here and of the report.",
)
@click.option(
    "--what-if",
    type=(int, int, int, float),
    metavar="VISITS DAYS_SINCE_LAST_VISIT TENURE_DAYS MONETARY_VALUE",
    help="Also score a customer with these figures.",
)
def analyse(
    file: Path,
    out: Path,
    as_of: datetime | None,
    horizon_days: int | None,
    chosen: str,
    date_order: DateOrder | None,
    decimal: str | None,
    margin: float | None,
    discount_rate: float,
    report: Path | None,
    shop: str | None,
    currency: str | None,
    language: str,
    what_if: tuple[int, int, int, float] | None,
) -> None:
    """Analyse the purchases in FILE (CSV, also gzipped) into customers.csv and summary.json."""
    mark: DecimalMark | None = {"point": ".", "comma": ","}.get(decimal or "")  # type: ignore[assignment]  # the values are marks
    today = datetime.now(UTC).date()
    try:
        terms = Terms(margin, discount_rate)
        figures = Figures(*what_if) if what_if else None
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    try:
        told = _told_columns(chosen)
        purchases = read_purchases(file, told, date_order, mark, with_products=bool(report))
        last_day = as_of.date() if as_of else _last_known_day(purchases.transactions, today)
        analysis = analyse_transactions(
            purchases.transactions, as_of=last_day, horizon_days=horizon_days, terms=terms
        )
    except Invalid as error:
        raise click.ClickException(str(error)) from error
    write(out, analysis, purchases)
    _say(analysis, currency, Words(language))
    for name in ("customers.csv", "summary.json"):
        click.echo(str(out / name))
    if report:
        titles = {"shop": shop or file.stem, "currency": currency}
        _write_report(report, analysis, purchases, titles, language)
        click.echo(str(report))
    if figures:
        _say_what_if(analysis, figures)


def _say(analysis: Analysis, currency: str | None, words: Words) -> None:
    """What an owner wants to know first, in the words of the report."""
    summary = analysis.summary
    at_risk = []
    if summary["customers"]:
        at_risk = most_at_risk(analysis.customers, summary["horizon_days"])[:MAX_SAID_AT_RISK]
    content = report_content({"summary": summary, "currency": currency, "at_risk": at_risk}, words)
    if content["kpis"]:
        click.echo(content["lead"])
    click.echo(content["verdict"])
    if content["at_risk"]:
        labels = content["labels"]
        heads = (labels[name] for name in ("customer", "chance", "atStake", "why"))
        click.echo(f"{labels['lookAfter']}:\n  {' · '.join(heads)}")
    for row in content["at_risk"]:
        click.echo(
            "  " + " · ".join(row[k] for k in ("customer", "probability", "value", "reason"))
        )
    for note in content["notes"]:
        click.echo(note)


def _write_report(
    path: Path,
    analysis: Analysis,
    purchases: Purchases,
    titles: Mapping[str, str | None],
    language: str,
) -> None:
    found = report_input(
        analysis.summary,
        analysis.customers,
        purchases.transactions,
        lines=purchases.lines,
        currency=titles["currency"],
    )
    try:
        write_report({**found, **titles}, path, language=language)
    except (ReportError, OSError) as error:
        raise click.ClickException(f"{path}: the report could not be written: {error}") from error


def _say_what_if(analysis: Analysis, figures: Figures) -> None:
    if analysis.scorer is None:
        click.echo("What if: no score, for the same reason.")
        return
    answer = analysis.scorer.what_if(figures)
    click.echo(
        f"What if: churn probability {answer.probability:.2f}, risk {answer.risk} "
        f"({'; '.join(answer.drivers)})"
    )


def read_purchases(
    path: Path,
    told: Mapping[str, str],
    order: DateOrder | None = None,
    mark: DecimalMark | None = None,
    *,
    with_products: bool = False,
) -> Purchases:
    """The transactions in a file, with `told` columns (by name or number) and guessed others.

    Rows without a customer are skipped and counted. Raises Invalid, naming file, line and reason.
    """
    table = open_table(path, path.name)
    places = _places(table, told, path.name)
    if with_products and "product" not in told:
        places |= _names_of_products(table, places)
    _say_what_was_guessed(table, places, told)
    cells, rows_read = _cells(table, places, path.name, with_products=with_products)
    frame = {
        "customer_id": cells["customer"].texts,
        "purchase_id": cells["invoice"].texts if "invoice" in cells else None,
        "occurred_at": pd.Series(_dates(cells["date"], path.name, order), dtype="datetime64[us]"),
        "amount": pd.Series(_amounts(cells, path.name, mark), dtype=float),
    }
    transactions = pd.DataFrame(frame)
    # An empty invoice cell is no invoice: otherwise all such rows would be one purchase.
    transactions["purchase_id"] = transactions["purchase_id"].replace("", None)
    lines = _lines(transactions, cells, path.name, mark)
    return Purchases(transactions, rows_read, rows_read - len(transactions), lines)


def write(out: Path, analysis: Analysis, purchases: Purchases) -> None:
    """Write customers.csv and summary.json into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    customers = analysis.customers[[*COLUMNS, "drivers"]].copy()
    customers["drivers"] = customers["drivers"].str.join("; ")
    for name in MONEY:
        customers[name] = customers[name].astype(float).round(MONEY_DECIMALS)
    for name, decimals in DECIMALS.items():
        customers[name] = customers[name].astype(float).round(decimals)
    customers.to_csv(out / "customers.csv", index=False)
    rows = {
        "read": purchases.rows_read,
        "without_customer": purchases.rows_without_customer,
        "used": len(purchases.transactions),
    }
    text = json.dumps({**analysis.summary, "rows": rows}, indent=2, ensure_ascii=False)
    (out / "summary.json").write_text(text + "\n", encoding="utf-8")


def _told_columns(chosen: str) -> dict[str, str]:
    """The pairs of `--columns`, for example customer=Client,date=3."""
    told = {}
    for pair in filter(None, chosen.split(",")):
        role, equals, column = (part.strip() for part in pair.partition("="))
        if role not in ROLES or not equals or not column:
            raise Invalid("--columns", f"ROLE=COLUMN with a role of {', '.join(ROLES)}", repr(pair))
        told[role] = column
    return told


def _places(table: Table, told: Mapping[str, str], filename: str) -> dict[str, int]:
    guessed = columns.guess(table.columns, table.sample)
    places = {role: place for role, place in guessed.items() if role in ROLES}
    if told:
        named = {role: _place(table, column) for role, column in told.items()}
        free = {role: place for role, place in places.items() if place not in named.values()}
        places = {**free, **named}
        if "price" in told and "amount" not in told:
            places.pop("amount", None)  # told to multiply: a guessed amount must not win
    missing = [role for role in ("customer", "date") if role not in places]
    if "amount" not in places and not {"quantity", "price"} <= places.keys():
        missing.append("amount (or quantity and price)")
    if missing:
        found = ", ".join(filter(None, table.columns)) or f"{len(table.columns)} without names"
        expected = f"columns for {', '.join(missing)}; name them with --columns"
        raise TableError(filename, expected, found)
    return places


def _names_of_products(table: Table, places: Mapping[str, int]) -> dict[str, int]:
    """The column that names the products in words, where the guessed one holds their numbers."""
    guessed = columns.guess(table.columns, table.sample, columns.PRODUCT_NAMES)
    place = guessed.get("product")
    if "product" not in places or place is None or place in places.values():
        return {}
    return {PRODUCT_NAME: place}


def _place(table: Table, column: str) -> int:
    lowered = [name.casefold() for name in table.columns]
    if column.casefold() in lowered:
        return lowered.index(column.casefold())
    if column.isdecimal() and 1 <= int(column) <= len(table.columns):
        return int(column) - 1
    names = ", ".join(filter(None, table.columns))
    expected = f"a number from 1 to {len(table.columns)}" + (
        f" or one of: {names}" if names else ""
    )
    raise Invalid("--columns", expected, repr(column))


def _say_what_was_guessed(table: Table, places: Mapping[str, int], told: Mapping[str, str]) -> None:
    guesses = [
        f"{role}={table.columns[place] or place + 1}"
        for role, place in places.items()
        if role not in told
    ]
    header = "" if table.has_header else " (no header line: judged by the cells)"
    if guesses:
        click.echo(f"Guessed columns{header}: {','.join(guesses)}", err=True)


def _lines(
    transactions: pd.DataFrame, cells: Mapping[str, Cells], filename: str, mark: DecimalMark | None
) -> pd.DataFrame | None:
    if not {"product", "invoice"} <= cells.keys():
        return None
    # an empty cell is no product
    product = pd.Series(cells["product"].texts, dtype=object).replace("", None)
    if PRODUCT_NAME in cells:
        product = _named(product, pd.Series(cells[PRODUCT_NAME].texts, dtype=object))
    lines = pd.DataFrame({"basket_id": transactions["purchase_id"], "product": product})
    if "quantity" in cells:
        lines["quantity"] = [float(q) for q in _numbers(cells["quantity"], filename, mark)]
    return lines


def _named(product: "pd.Series[str]", name: "pd.Series[str]") -> "pd.Series[str]":
    """The name that each product has most often; its number where it has none."""
    pairs = pd.DataFrame({"product": product, "name": name.replace("", None)})
    counts = pairs.value_counts(["product", "name"]).reset_index()
    usual = counts.sort_values(["count", "name"], ascending=[False, True]).drop_duplicates(
        "product"
    )
    return product.map(usual.set_index("product")["name"]).fillna(product)


def _cells(
    table: Table, places: Mapping[str, int], filename: str, *, with_products: bool
) -> tuple[dict[str, Cells], int]:
    """The cells of every needed column in the rows that name a customer, and all rows' number."""
    needed = ["customer", "date", "invoice"]
    needed += ["amount"] if "amount" in places else ["quantity", "price"]
    needed += ["product", PRODUCT_NAME, "quantity"] if with_products else []
    wanted = [role for role in dict.fromkeys(needed) if role in places]
    cells = {role: Cells() for role in wanted}
    appends = [(cells[role].append, places[role]) for role in wanted]
    rows_read, width, customer = 0, len(table.columns), places["customer"]
    for line, row in table.rows:
        rows_read += 1
        if len(row) != width:
            raise TableError(filename, f"{width} cells", str(len(row)), line)
        if row[customer].strip():
            for append, place in appends:
                append(row[place].strip(), line)
    return cells, rows_read


def _dates(cells: Cells, filename: str, order: DateOrder | None) -> Iterable[datetime]:
    """Days on the shop's own clock: an offset in the file is not converted, but left off."""
    known = order or _asking("--date-order", columns.date_order, cells.first_line)
    parsed = cells.parsed(filename, lambda text: columns.parse_date(text, known))
    return [moment.replace(tzinfo=None) for moment in parsed]


def _amounts(cells: Mapping[str, Cells], filename: str, mark: DecimalMark | None) -> list[float]:
    if "amount" in cells:
        return [float(amount) for amount in _numbers(cells["amount"], filename, mark)]
    quantities = _numbers(cells["quantity"], filename, mark)
    prices = _numbers(cells["price"], filename, mark)
    return [float(q * p) for q, p in zip(quantities, prices, strict=True)]


def _numbers(cells: Cells, filename: str, mark: DecimalMark | None) -> list[Decimal]:
    known = mark or _asking("--decimal", columns.decimal_mark, cells.first_line)
    return cells.parsed(filename, lambda text: columns.parse_amount(text, known))


def _asking(option: str, decide: Callable[[Iterable[str]], Any], texts: Iterable[str]) -> Any:
    """What a whole column says; when it can be read both ways, the option that tells us."""
    try:
        return decide(texts)
    except Invalid as error:
        raise Invalid(
            error.field, error.expected, f"{error.found}; say it with {option}"
        ) from error


def _last_known_day(transactions: pd.DataFrame, today: date) -> date:
    """The last day in the file; a day in the future is a typing error and not known yet."""
    if transactions.empty:
        return today
    past = transactions.loc[transactions["occurred_at"].dt.date <= today, "occurred_at"]
    return past.max().date() if len(past) else today
