"""Lists page by page: a cursor is the sort key of the last row, so that pages never shift."""

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, bindparam, tuple_
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Invalid

Item = TypeVar("Item")


@dataclass(frozen=True)
class Order:
    """What a list is sorted by. The key is never null; the id makes it unique."""

    key: ColumnElement[Any]
    id: ColumnElement[Any]
    is_descending: bool = False

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """What stands behind ORDER BY."""
        columns = (self.key, self.id)
        return [c.desc() if self.is_descending else c.asc() for c in columns]


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some rows of a list, and where the next ones begin."""

    items: Sequence[Item]
    next_cursor: str | None

    def map(self, show: Callable[[Item], dict[str, object]]) -> dict[str, object]:
        """Return the page as it leaves the API."""
        return {"items": [show(item) for item in self.items], "next_cursor": self.next_cursor}


def fetch_page(
    session: Session,
    rows: Select[Any],
    order: Order,
    *,
    limit: int,
    cursor: str | None,
    values: Mapping[str, object] | None = None,
) -> Page[Row[Any]]:
    """Return the rows after the cursor; `values` are of parameters that the rows leave open.

    Raises Invalid for a cursor that is not ours.
    """
    found = session.execute(one_page(rows, order, limit=limit, cursor=cursor), values)
    return page_of(found.all(), limit)


def one_page(rows: Select[Any], order: Order, *, limit: int, cursor: str | None) -> Select[Any]:
    """Return a query of the rows after the cursor, with `sort_key` and `sort_id`, and of one more
    that tells whether the page is the last. Raises Invalid for a cursor that is not ours."""
    if cursor is not None:
        rows = rows.where(_after(order, cursor))
    columns = [order.key.label("sort_key"), order.id.label("sort_id")]
    return rows.add_columns(*columns).order_by(*order.columns).limit(limit + 1)


def page_of(found: Sequence[Row[Any]], limit: int) -> Page[Row[Any]]:
    """Return what `one_page` found as a page."""
    page = found[:limit]
    return Page(page, _cursor(page[-1]) if len(found) > limit else None)


def _after(order: Order, cursor: str) -> ColumnElement[bool]:
    key, row_id = _decoded(cursor, order)
    last = tuple_(
        bindparam(None, key, type_=order.key.type), bindparam(None, row_id, type_=order.id.type)
    )
    columns = tuple_(order.key, order.id)
    return columns < last if order.is_descending else columns > last


def _cursor(row: Row[Any]) -> str:
    text = json.dumps([row.sort_key, row.sort_id], default=_as_text)
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decoded(cursor: str, order: Order) -> tuple[Any, Any]:
    try:
        key, row_id = json.loads(base64.urlsafe_b64decode(cursor))
        return _as(order.key.type.python_type, key), _as(order.id.type.python_type, row_id)
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise Invalid("cursor", "the next_cursor of a page", "another text") from None


def _as_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _as(kind: type[Any], key: Any) -> Any:
    if kind is dt.datetime:
        return dt.datetime.fromisoformat(key)
    if kind is uuid.UUID:
        return uuid.UUID(key)
    if kind is float and type(key) is int:
        return float(key)
    if type(key) is not kind or (kind is str and "\0" in key):
        raise ValueError
    if kind is int and abs(key) >= 2**63:
        raise ValueError
    return key
