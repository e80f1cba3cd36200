"""Rows of an uploaded file, read as sales, and what they come to before anything is stored."""

import datetime as dt
import io
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cloud.app.domain.errors import Invalid
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
    identities: set[Identity] = field(default_factory=set)
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


def totals_of(content: bytes, filename: str, reader: SaleReader) -> Totals:
    """Return what a file comes to, or as much of it as can be read in some seconds."""
    end = time.monotonic() + TOTALS_WITHIN_S
    totals = Totals()
    for line, cells in open_table(io.BytesIO(content), filename).rows:
        if totals.rows % LOOK_AT_CLOCK_ROWS == 0 and totals.rows and time.monotonic() > end:
            return totals
        totals.rows += 1
        try:
            sale = reader.read(cells)
        except Invalid as error:
            _refuse(totals, line, error)
        else:
            _add(totals, sale)
    totals.is_whole = True
    return totals


def _add(totals: Totals, sale: Sale) -> None:
    at, amount_minor = sale.occurred_at, sale.amount_minor
    totals.total_minor += amount_minor
    if amount_minor < 0:
        totals.refunds += 1
        totals.refunded_minor += amount_minor
    if totals.first_at is None or at < totals.first_at:
        totals.first_at = at
    if totals.last_at is None or at > totals.last_at:
        totals.last_at = at
    if sale.identity:
        totals.identities.add(sale.identity)


def _refuse(totals: Totals, line: int, error: Invalid) -> None:
    kind = error.field, error.expected
    totals.refused.setdefault(kind, Reason(str(error), line)).rows += 1
