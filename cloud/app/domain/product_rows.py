"""Rows of a price or stock list read as products, by a mapping of columns to roles."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from cloud.app.domain.columns import PRODUCT_ROLES, parse_date
from cloud.app.domain.errors import Invalid
from cloud.app.domain.money import to_minor
from cloud.app.domain.sales_rows import (
    MONEY_MAX,
    QUANTITY_MAX,
    Reading,
    amount_of,
    check_indexes,
    plain,
    within,
)

EARLIEST = dt.date(1970, 1, 1)


class ProductRow(NamedTuple):
    """What one row says of a product; None is what it does not say."""

    name: str | None
    sku: str | None
    price_minor: int | None
    cost_minor: int | None
    in_stock: Decimal | None
    first_stocked_on: dt.date | None


def check_product_columns(columns: Mapping[str, int], width: int) -> None:
    """Raise Invalid unless the mapping names existing columns, each once, and the needed roles."""
    check_indexes(columns, width, PRODUCT_ROLES)
    if "product" not in columns and "sku" not in columns:
        raise Invalid("mapping.product", "a column for the product's name, or its sku", "none")


class ProductReader:
    """Reads the rows of one table. A product that comes a second time is refused."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._columns = reading.columns
        self._width = max(reading.columns.values()) + 1
        self._today = reading.now.astimezone(reading.zone).date()
        self._rows: dict[tuple[str, str], int] = {}
        self._row = 0

    def read(self, cells: Sequence[str]) -> ProductRow:
        """Return what a row says. Raises Invalid with the column's role, expected and found."""
        self._row += 1
        if len(cells) < self._width:
            raise Invalid("row", f"{self._width} or more cells", str(len(cells)))
        texts = {role: plain(cells[index]) for role, index in self._columns.items()}
        row = ProductRow(
            texts.get("product") or None,
            texts.get("sku") or None,
            self._money("price", texts),
            self._money("cost", texts),
            self._stock(texts.get("stock", "")),
            self._day(texts.get("first_stocked", "")),
        )
        self._check_once(row)
        return row

    def _check_once(self, row: ProductRow) -> None:
        key = ("sku", row.sku) if row.sku else ("product", row.name or "")
        if not key[1]:
            raise Invalid("product", "a name or a sku", "nothing")
        first = self._rows.setdefault(key, self._row)
        if first != self._row:
            raise Invalid(key[0], "each product once", f"{key[1]!r} again, first in row {first}")

    def _money(self, role: str, texts: Mapping[str, str]) -> int | None:
        if not texts.get(role):
            return None
        amount = amount_of(role, texts[role], self._reading.decimal)
        amount_minor = to_minor(amount, self._reading.currency)
        if amount_minor < 0:
            raise Invalid(role, "an amount of 0 or more", repr(texts[role]))
        within(role, amount_minor, MONEY_MAX)
        return amount_minor

    def _stock(self, text: str) -> Decimal | None:
        if not text:
            return None
        pieces = amount_of("stock", text, self._reading.decimal)
        if pieces < 0:
            raise Invalid("stock", "0 pieces or more", repr(text))
        within("stock", pieces, QUANTITY_MAX)
        return pieces.quantize(Decimal("0.001"))

    def _day(self, text: str) -> dt.date | None:
        if not text:
            return None
        try:
            day = parse_date(text, self._reading.date_order).date()
        except Invalid as error:
            raise Invalid("first_stocked", error.expected, error.found) from None
        if not EARLIEST <= day <= self._today:
            raise Invalid("first_stocked", "a day between 1970 and today", repr(text))
        return day
