"""Rows of an uploaded file, read as sales or products, and what they come to before a run."""

import datetime as dt
import io
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cloud.app.domain.errors import Invalid
from cloud.app.domain.product_rows import ProductReader, ProductRow
from cloud.app.domain.sales_rows import Identity, PurchaseIds, Reading, Sale, SaleReader
from cloud.app.domain.tables import open_table
from cloud.app.services.contacts import normalised_email, normalised_phone
from cloud.app.store.base import Json
from cloud.app.store.shops import Shop

# a million rows take half of it on two cores; whoever waits longer would rather have a part
TOTALS_WITHIN_S = 5.0
LOOK_AT_CLOCK_ROWS = 10_000


class ReadRow(NamedTuple):
    """A row of the file: the sale that it is, or the reason why it is none."""

    line: int
    cells: list[str]
    sale: Sale | None = None
    purchase_id: uuid.UUID | None = None
    reason: str | None = None


class ReadProduct(NamedTuple):
    """A row of the file: what it says of a product, or the reason why it says nothing."""

    line: int
    cells: list[str]
    product: ProductRow | None = None
    reason: str | None = None


@dataclass
class Reason:
    """Why rows are refused: the sentence of the first of them, its line, and how many there are."""

    reason: str
    line: int
    rows: int = 0


@dataclass
class Totals:
    """What rows come to. Not `is_whole`: those that could be read in time."""

    rows: int = 0
    is_whole: bool = False
    total_minor: int = 0
    refunds: int = 0
    refunded_minor: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    identities: set[Identity | None] = field(default_factory=set)
    products: int = 0
    pieces: Decimal = Decimal(0)
    # by field and what was expected there
    refused: dict[tuple[str, str], Reason] = field(default_factory=dict)


def reading_of(mapping: Json, shop: Shop, now: dt.datetime) -> Reading:
    """Return how the cells of a file are to be read for a shop."""
    chosen: dict[str, Any] = dict(mapping)
    return Reading(**chosen, zone=ZoneInfo(shop.time_zone), currency=shop.currency, now=now)


def sale_reader(reading: Reading, country: str) -> SaleReader:
    """Return a reader that knows phones of a country and emails, as the shop's customers have."""
    return SaleReader(
        reading,
        {"phone": lambda text: normalised_phone(text, country), "email": normalised_email},
    )


def read_rows(
    content: bytes, filename: str, reader: SaleReader, ids: PurchaseIds
) -> Iterator[ReadRow]:
    """Read every row of a file."""
    for line, cells in open_table(io.BytesIO(content), filename).rows:
        try:
            sale = reader.read(cells)
        except Invalid as error:
            yield ReadRow(line, cells, reason=str(error))
        else:
            yield ReadRow(line, cells, sale, ids.id_of(sale))


def read_products(content: bytes, filename: str, reader: ProductReader) -> Iterator[ReadProduct]:
    """Read every row of a list of products."""
    for line, cells in open_table(io.BytesIO(content), filename).rows:
        try:
            yield ReadProduct(line, cells, reader.read(cells))
        except Invalid as error:
            yield ReadProduct(line, cells, reason=str(error))


def totals_of(content: bytes, filename: str, reader: SaleReader | ProductReader) -> Totals:
    """Return what a file comes to, or as much of it as can be read in some seconds."""
    end = time.monotonic() + TOTALS_WITHIN_S
    totals = Totals()
    rows = open_table(io.BytesIO(content), filename).rows
    add = _add_sales if isinstance(reader, SaleReader) else _add_products
    while not totals.is_whole and (totals.rows == 0 or time.monotonic() < end):
        add(totals, reader, islice(rows, LOOK_AT_CLOCK_ROWS))  # type: ignore[arg-type] # its own
    return totals


def _add_sales(totals: Totals, reader: SaleReader, rows: Iterator[tuple[int, list[str]]]) -> None:
    count = total_minor = 0
    moments = {moment for moment in (totals.first_at, totals.last_at) if moment}
    for count, (line, cells) in enumerate(rows, start=1):  # noqa: B007 - how many there were
        try:
            occurred_at, amount_minor, (identity, _), _ = reader.figures(cells)
        except Invalid as error:
            _refuse(totals, line, error)
            continue
        total_minor += amount_minor
        moments.add(occurred_at)
        totals.identities.add(identity)
        if amount_minor < 0:
            totals.refunds += 1
            totals.refunded_minor += amount_minor
    totals.identities.discard(None)
    totals.total_minor += total_minor
    totals.first_at, totals.last_at = min(moments, default=None), max(moments, default=None)
    _count(totals, count)


def _add_products(
    totals: Totals, reader: ProductReader, rows: Iterator[tuple[int, list[str]]]
) -> None:
    count = 0
    for count, (line, cells) in enumerate(rows, start=1):  # noqa: B007 - how many there were
        try:
            product = reader.read(cells)
        except Invalid as error:
            _refuse(totals, line, error)
        else:
            totals.products += 1
            totals.pieces += product.in_stock or 0
    _count(totals, count)


def _count(totals: Totals, rows: int) -> None:
    totals.rows += rows
    totals.is_whole = rows < LOOK_AT_CLOCK_ROWS


def _refuse(totals: Totals, line: int, error: Invalid) -> None:
    kind = error.field, error.expected
    totals.refused.setdefault(kind, Reason(str(error), line)).rows += 1
