"""Rows of a till's export read as sales, by a mapping of columns to roles."""

import datetime as dt
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cloud.app.domain.columns import ROLES, DateOrder, DecimalMark, parse_amount, parse_date
from cloud.app.domain.errors import Invalid
from cloud.app.domain.money import to_minor

Identity = tuple[str, str]
Normalise = Callable[[str], str]

# what tells customers apart, the surest first
IDENTITIES = ("customer", "phone", "email", "name")
CONTACTS = ("name", "phone", "email")
EARLIEST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
CLOCK_ERROR = dt.timedelta(days=1)
TEXT_MAX_LENGTH = 200
MONEY_MAX = 10**14
QUANTITY_MAX = 10**9
MEMO_MAX = 65_536

_WHOLE_AS_FLOAT = re.compile(r"(\d+)\.0")
_ONE = Decimal(1)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Reading:
    """How the cells of a table are to be read."""

    columns: Mapping[str, int]
    date_order: DateOrder
    decimal: DecimalMark
    zone: ZoneInfo
    currency: str
    now: dt.datetime


class Sale(NamedTuple):
    """One row of the table: a line of a receipt, or a receipt of its own."""

    occurred_at: dt.datetime
    amount_minor: int
    identity: Identity | None
    contact: Mapping[str, str]
    receipt: str | None
    product: str | None
    quantity: Decimal


def check_columns(columns: Mapping[str, int], width: int) -> None:
    """Raise Invalid unless the mapping names existing columns, each once, and the needed roles."""
    check_indexes(columns, width, ROLES)
    if "date" not in columns:
        raise Invalid("mapping.date", "a column", "none")
    if "amount" not in columns and "price" not in columns:
        raise Invalid("mapping.amount", "a column for amount, or for price", "none")


def check_indexes(columns: Mapping[str, int], width: int, roles: Sequence[str]) -> None:
    """Raise Invalid unless the mapping gives some of these roles to existing columns, each once."""
    for role, index in columns.items():
        if role not in roles:
            raise Invalid(f"mapping.{role}", f"one of {', '.join(roles)}", role)
        if not 0 <= index < width:
            raise Invalid(f"mapping.{role}", f"a column 0..{width - 1}", str(index))
    if len(set(columns.values())) < len(columns):
        raise Invalid("mapping", "each column once", "a column with two roles")


class SaleReader:
    """Reads the rows of one table.

    What a cell says is worked out once: the lines of a receipt repeat their date and customer, and
    a shop has few prices. `normalise` writes a phone or an email as they are compared; one that
    is none counts only where it is all that a row says of its customer.
    """

    def __init__(self, reading: Reading, normalise: Mapping[str, Normalise] | None = None) -> None:
        self._reading = reading
        self._normalise = normalise or {}
        columns = reading.columns
        self._width = max(columns.values()) + 1
        self._date = columns["date"]
        self._quantity = columns.get("quantity")
        self._amount = columns.get("amount", columns.get("price", 0))
        self._is_price = "amount" not in columns
        self._receipt = columns.get("invoice")
        self._product = columns.get("product")
        self._customer = [role for role in IDENTITIES if role in columns]
        self._customer_cells = _picking([columns[role] for role in self._customer])
        self._moments = _Memo(self._moment)
        self._days = _Memo(self._day)
        self._clocks = _Memo(dt.time.fromisoformat)
        self._quantities = _Memo(self._quantity_of)
        self._amounts = _Memo(self._price_minor if self._is_price else self._amount_minor)
        self._customers = _Memo(self._customer_of)
        self._products = _Memo(plain)

    def read(self, cells: Sequence[str]) -> Sale:
        """Return what a row says. Raises Invalid with the column's role, expected and found."""
        occurred_at, amount_minor, (identity, contact), quantity = self.figures(cells)
        return Sale(
            occurred_at,
            amount_minor,
            identity,
            contact,
            None if self._receipt is None else plain(cells[self._receipt]) or None,
            None if self._product is None else self._products[cells[self._product]] or None,
            quantity,
        )

    def figures(
        self, cells: Sequence[str]
    ) -> tuple[dt.datetime, int, tuple[Identity | None, Mapping[str, str]], Decimal]:
        """Return time, amount, customer and quantity: what can be wrong. Raises Invalid."""
        if len(cells) < self._width:
            raise Invalid("row", f"{self._width} or more cells", str(len(cells)))
        quantity = _ONE if self._quantity is None else self._quantities[cells[self._quantity]]
        occurred_at = self._moments[cells[self._date]]
        cell = cells[self._amount]
        amount_minor = self._amounts[(cell, quantity) if self._is_price else cell]
        return occurred_at, amount_minor, self._customers[self._customer_cells(cells)], quantity

    def _moment(self, cell: str) -> dt.datetime:
        text = plain(cell)
        utc = _utc(self._local(text), self._reading.zone)
        if not EARLIEST <= utc <= self._reading.now + CLOCK_ERROR:
            raise Invalid("date", "a date between 1970 and today", repr(text))
        return utc

    def _local(self, text: str) -> dt.datetime:
        """Read day and time of day apart: there are few of both."""
        day, _, clock = text.rpartition(" ")
        if day and ":" not in day and _CLOCK.fullmatch(clock):
            with suppress(Invalid):
                return dt.datetime.combine(self._days[day], self._clocks[clock])
        return parse_date(text, self._reading.date_order)

    def _day(self, text: str) -> dt.date:
        return parse_date(text, self._reading.date_order).date()

    def _quantity_of(self, cell: str) -> Decimal:
        text = plain(cell)
        quantity = amount_of("quantity", text, self._reading.decimal) if text else _ONE
        within("quantity", quantity, QUANTITY_MAX)
        return quantity

    def _price_minor(self, key: tuple[str, Decimal]) -> int:
        price, pieces = key
        return self._minor(pieces * amount_of("price", plain(price), self._reading.decimal))

    def _amount_minor(self, cell: str) -> int:
        return self._minor(amount_of("amount", plain(cell), self._reading.decimal))

    def _minor(self, amount: Decimal) -> int:
        amount_minor = to_minor(amount, self._reading.currency)
        within("amount", amount_minor, MONEY_MAX)
        return amount_minor

    def _customer_of(
        self, picked: str | Sequence[str]
    ) -> tuple[Identity | None, Mapping[str, str]]:
        cells = [picked] if isinstance(picked, str) else picked
        texts = {role: plain(cell) for role, cell in zip(self._customer, cells, strict=True)}
        known_by = next((role for role in IDENTITIES if texts.get(role)), None)
        for role, normalise in self._normalise.items():
            if not texts.get(role):
                continue
            try:
                texts[role] = normalise(texts[role])
            except Invalid:
                if role == known_by:
                    raise
                del texts[role]
        identity = (known_by, texts[known_by]) if known_by else None
        return identity, {role: texts[role] for role in CONTACTS if texts.get(role)}


@dataclass
class PurchaseIds:
    """Gives each sale the id of its purchase, the same whenever and in whatever file it comes.

    Lines of one receipt are one purchase: the same number, day and customer, because tills begin
    to count anew. Without receipts a row is known by what it says, and the second one that says
    the same by being the second.
    """

    shop_id: uuid.UUID
    zone: ZoneInfo
    _seen: Counter[int] = field(default_factory=Counter)
    # the lines of a receipt follow one another
    _last: tuple[object, ...] = ()
    _last_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def id_of(self, sale: Sale) -> uuid.UUID:
        told = (sale.receipt, sale.identity, sale.occurred_at)
        if sale.receipt and told == self._last:
            return self._last_id
        self._last = told
        self._last_id = self._made(sale)
        return self._last_id

    def _made(self, sale: Sale) -> uuid.UUID:
        customer = "=".join(sale.identity) if sale.identity else ""
        if sale.receipt:
            day = sale.occurred_at.astimezone(self.zone).date()
            return uuid.uuid5(self.shop_id, f"receipt|{sale.receipt}|{day}|{customer}")
        said = f"{customer}|{sale.occurred_at}|{sale.amount_minor}|{sale.product}|{sale.quantity}"
        said_before = self._seen[hash(said)]
        self._seen[hash(said)] += 1
        return uuid.uuid5(self.shop_id, f"row|{said}|{said_before}")


def plain(cell: str) -> str:
    """Return the text of a cell, without what only its spreadsheet needs."""
    # most cells have nothing to mend, and a till's export has millions of them
    if cell.isalnum() and len(cell) <= TEXT_MAX_LENGTH:
        return cell
    text = cell if cell.isprintable() else _CONTROLS.sub(" ", cell)
    text = text.strip()[:TEXT_MAX_LENGTH]
    # what a spreadsheet made of a number
    whole = _WHOLE_AS_FLOAT.fullmatch(text) if text.endswith(".0") else None
    return whole[1] if whole else text


def amount_of(role: str, text: str, decimal: DecimalMark) -> Decimal:
    """Return the number that a cell says. Raises Invalid with its role."""
    try:
        return parse_amount(text, decimal)
    except Invalid as error:
        raise Invalid(role, error.expected, error.found) from None


def within(role: str, number: Decimal | int, most: int) -> None:
    """Raise Invalid for a number that is too large in either direction."""
    if not -most <= number <= most:
        raise Invalid(role, f"at most {most}", str(number))


def _utc(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _picking(indexes: Sequence[int]) -> Callable[[Sequence[str]], Any]:
    """Return what picks cells: one as it is, several as a tuple."""
    return itemgetter(*indexes) if indexes else lambda _cells: ()


class _Memo(dict[Any, Any]):
    """What a function has said before; what it has refused is asked again."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work

    def __missing__(self, key: Any) -> Any:
        if len(self) >= MEMO_MAX:
            self.clear()
        value = self[key] = self._work(key)
        return value
