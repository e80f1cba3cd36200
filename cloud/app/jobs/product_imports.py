"""Stores a block of a list of products, and takes a list back.

Unlike customers, products are overwritten: a new list is sent because prices and stock have
changed. What was there before is kept with each row.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import insert
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Invalid
from cloud.app.domain.product_rows import ProductRow
from cloud.app.services.import_rows import ReadProduct
from cloud.app.store import import_queries
from cloud.app.store.base import Json
from cloud.app.store.purchase_queries import name_in_turns
from cloud.app.store.sales import ImportRow, Product

NOTHING_NEW = "this is known already"
_FIELDS = ("name", "sku", "price_minor", "cost_minor", "first_stocked_on")
# from what is kept as JSON
_READ: Mapping[str, Callable[[str], object]] = {
    "in_stock": Decimal,
    "stock_counted_at": dt.datetime.fromisoformat,
    "first_stocked_on": dt.date.fromisoformat,
}


class Known:
    """The products that a block can mean, by number and by name."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._by_sku = {product.sku: product for product in products if product.sku}
        self._by_name = {product.name: product for product in products}

    def add(self, product: Product) -> None:
        """Know a product by what it is called now; what it was called stays taken."""
        self._by_name[product.name] = product
        if product.sku:
            self._by_sku[product.sku] = product

    def meant(self, row: ProductRow) -> Product | None:
        """Return whom a row is about: by number, by name, or as a till has called a number.

        Raises Invalid for a name or a number that another product has.
        """
        numbered = self._by_sku.get(row.sku or "")
        named = self._by_name.get(row.name or "")
        if numbered and named and numbered is not named:
            raise Invalid("product", "a name that no other product has", repr(row.name))
        if not numbered and named and named.sku and row.sku:
            raise Invalid("sku", f"{named.sku!r}, as the product of this name has", repr(row.sku))
        return numbered or named or self._by_name.get(row.sku or "")


def store(
    session: Session,
    shop_id: uuid.UUID,
    import_id: uuid.UUID,
    block: Sequence[ReadProduct],
    counted_at: dt.datetime,
) -> list[str]:
    """Store rows with their outcomes, and return these. Stock was counted when the file came."""
    told = {text for row in block if row.product for text in (row.product.name, row.product.sku)}
    texts = {text for text in told if text}
    name_in_turns(session, shop_id)
    known = Known(import_queries.products_told(session, shop_id, texts))
    rows = [
        {
            "shop_id": shop_id,
            "import_id": import_id,
            **_stored(session, shop_id, known, row, counted_at),
        }
        for row in block
    ]
    session.flush()
    session.execute(insert(ImportRow), rows)
    return [str(row["outcome"]) for row in rows]


def take_back(session: Session, shop_id: uuid.UUID, import_id: uuid.UUID) -> dict[str, int]:
    """Delete the products that an import made and give the others back what they were; return
    what had to stay: kept_products, which were sold or changed since or are in another list, too,
    and conflicts, changed since."""
    name_in_turns(session, shop_id)
    found = import_queries.products_of(session, shop_id, import_id)
    made = {product: row for product, row in found if row.outcome == "created"}
    needed = _needed(session, shop_id, import_id, made)
    for product in made.keys() - needed:
        session.delete(product)
    session.flush()
    conflicts = 0
    for product, row in found:
        if product not in made and not _restored(session, product, row.before or {}):
            conflicts += 1
    session.flush()
    return {"kept_products": len(needed), "conflicts": conflicts}


def _needed(
    session: Session, shop_id: uuid.UUID, import_id: uuid.UUID, made: Mapping[Product, ImportRow]
) -> set[Product]:
    """Return those of the products that an import made of which others have said or sold
    something; a later list that has one would have made it."""
    ids = [product.id for product in made]
    sold = import_queries.sold(session, shop_id, ids)
    listed = import_queries.hand_products_over(session, shop_id, import_id, ids)
    return {
        product
        for product, row in made.items()
        if product.id in sold | listed or not _is_as_made(product, row.before or {})
    }


def _stored(
    session: Session, shop_id: uuid.UUID, known: Known, row: ReadProduct, counted_at: dt.datetime
) -> Json:
    plain: Json = {"line": row.line, "raw": None, "reason": None, "entity_id": None, "before": None}
    raw = [cell.replace("\0", "") for cell in row.cells]
    if row.product is None:
        return {**plain, "outcome": "rejected", "raw": raw, "reason": row.reason}
    try:
        product = known.meant(row.product)
    except Invalid as error:
        return {**plain, "outcome": "rejected", "raw": raw, "reason": str(error)}
    outcome = "updated" if product else "created"
    if product is None:
        name = row.product.name or row.product.sku
        product = Product(shop_id=shop_id, id=uuid.uuid4(), name=name)
        session.add(product)
    changes = dict(_changes(product, row.product, counted_at))
    if not changes and outcome == "updated":
        told = {"outcome": "skipped", "raw": raw, "reason": NOTHING_NEW}
        return {**plain, **told, "entity_id": product.id}
    before = {
        field: [_as_json(getattr(product, field)), _as_json(value)]
        for field, value in changes.items()
    }
    for field, value in changes.items():
        setattr(product, field, value)
    known.add(product)
    if outcome == "created":
        before["name"] = [None, product.name]
    return {**plain, "entity_id": product.id, "before": before, "outcome": outcome}


def _changes(
    product: Product, row: ProductRow, counted_at: dt.datetime
) -> Iterator[tuple[str, object]]:
    """Yield what a row says that is not known; a count only if none came after it."""
    for field in _FIELDS:
        value = getattr(row, field)
        if value is not None and value != getattr(product, field):
            yield field, value
    before = product.stock_counted_at
    if row.in_stock is not None and (before is None or before < counted_at):
        yield "in_stock", row.in_stock
        yield "stock_counted_at", counted_at


def _restored(session: Session, product: Product, changes: Json) -> bool:
    """Give fields back what they were; tell whether all were still as the import left them."""
    is_whole = True
    for field, change in changes.items():
        before, after = cast("tuple[Any, Any]", change)
        if _as_json(getattr(product, field)) != after or (
            field in ("name", "sku") and before and _is_taken(session, product, before)
        ):
            is_whole = False
            continue
        read = _READ.get(field)
        setattr(product, field, read(before) if read and before else before)
    return is_whole


def _is_as_made(product: Product, changes: Json) -> bool:
    """Tell whether a product is still what the import made of it."""
    return all(
        _as_json(getattr(product, field)) == cast("tuple[Any, Any]", change)[1]
        for field, change in changes.items()
    )


def _is_taken(session: Session, product: Product, text: str) -> bool:
    others = import_queries.products_told(session, product.shop_id, [text])
    return any(other.id != product.id for other in others)


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:.3f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value
