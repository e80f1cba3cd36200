"""Rows of a till's export read as sales, by a mapping of columns to roles."""

import datetime as dt
import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from cloud.app.domain.columns import ROLES, DateOrder, DecimalMark, parse_amount, parse_date
from cloud.app.domain.errors import Invalid
from cloud.app.domain.money import to_minor

# what tells customers apart, the surest first
IDENTITIES = ("customer", "phone", "email", "name")
EARLIEST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
CLOCK_ERROR = dt.timedelta(days=1)
TEXT_MAX_LENGTH = 200
MONEY_MAX = 10**14
QUANTITY_MAX = 10**9

_WHOLE_AS_FLOAT = re.compile(r"(\d+)\.0")
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


@dataclass(frozen=True)
class Sale:
    """One row of the table: a line of a receipt, or a receipt of its own."""

    occurred_at: dt.datetime
    amount_minor: int
    identity: tuple[str, str] | None
    contact: Mapping[str, str]
    receipt: str | None
    product: str | None
    quantity: Decimal


def check_columns(columns: Mapping[str, int], width: int) -> None:
    """Raise Invalid unless the mapping names existing columns, each once, and the needed roles."""
    for role, index in columns.items():
        if role not in ROLES:
            raise Invalid(f"mapping.{role}", f"one of {', '.join(ROLES)}", role)
        if not 0 <= index < width:
            raise Invalid(f"mapping.{role}", f"a column 0..{width - 1}", str(index))
    if len(set(columns.values())) < len(columns):
        raise Invalid("mapping", "each column once", "a column with two roles")
    if "date" not in columns:
        raise Invalid("mapping.date", "a column", "none")
    if "amount" not in columns and "price" not in columns:
        raise Invalid("mapping.amount", "a column for amount, or for price", "none")


def read_sale(cells: Sequence[str], reading: Reading) -> Sale:
    """Return what a row says. Raises Invalid with the column's role, expected and found."""
    texts = _texts(cells, reading.columns)
    quantity = Decimal(1)
    if texts.get("quantity"):
        quantity = _amount("quantity", texts["quantity"], reading.decimal)
        _within("quantity", quantity, QUANTITY_MAX)
    identity = next(((role, texts[role]) for role in IDENTITIES if texts.get(role)), None)
    return Sale(
        occurred_at=_moment(texts.get("date", ""), reading),
        amount_minor=_amount_minor(texts, quantity, reading),
        identity=identity,
        contact={role: texts[role] for role in ("name", "phone", "email") if texts.get(role)},
        receipt=texts.get("invoice") or None,
        product=texts.get("product") or None,
        quantity=quantity,
    )


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


def _texts(cells: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    widest = max(columns.values())
    if len(cells) <= widest:
        raise Invalid("row", f"{widest + 1} or more cells", str(len(cells)))
    return {role: _plain(cells[index]) for role, index in columns.items()}


def _plain(cell: str) -> str:
    # most cells have nothing to mend, and a till's export has millions of them
    text = cell if cell.isprintable() else _CONTROLS.sub(" ", cell)
    text = text.strip()[:TEXT_MAX_LENGTH]
    # what a spreadsheet made of a number
    whole = _WHOLE_AS_FLOAT.fullmatch(text) if text.endswith(".0") else None
    return whole[1] if whole else text


def _moment(text: str, reading: Reading) -> dt.datetime:
    utc = _utc(text, reading.date_order, reading.zone)
    if not EARLIEST <= utc <= reading.now + CLOCK_ERROR:
        raise Invalid("date", "a date between 1970 and today", repr(text))
    return utc


def _amount_minor(texts: Mapping[str, str], quantity: Decimal, reading: Reading) -> int:
    if "amount" in texts:
        amount = _amount("amount", texts["amount"], reading.decimal)
    else:
        amount = quantity * _amount("price", texts["price"], reading.decimal)
    amount_minor = to_minor(amount, reading.currency)
    _within("amount", amount_minor, MONEY_MAX)
    return amount_minor


def _amount(role: str, text: str, decimal: DecimalMark) -> Decimal:
    try:
        return _number(text, decimal)
    except Invalid as error:
        raise Invalid(role, error.expected, error.found) from None


def _within(role: str, number: Decimal | int, most: int) -> None:
    if not -most <= number <= most:
        raise Invalid(role, f"at most {most}", str(number))


# the lines of a receipt repeat their date, and a shop has few prices
@lru_cache(maxsize=65536)
def _utc(text: str, order: DateOrder, zone: ZoneInfo) -> dt.datetime:
    moment = parse_date(text, order)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


@lru_cache(maxsize=65536)
def _number(text: str, decimal: DecimalMark) -> Decimal:
    return parse_amount(text, decimal)
