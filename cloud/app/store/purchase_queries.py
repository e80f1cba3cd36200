"""Purchases and products, page by page."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, case, func, null, select, text
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.sales import ImportBatch, Product, Purchase, PurchaseLine

NamedLine = tuple[PurchaseLine, str]

_NAME_IN_TURNS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('names of products of ' || :shop_id, 0))"
)


def purchases(
    session: Session,
    shop_id: uuid.UUID,
    *,
    customer_id: uuid.UUID | None = None,
    since: dt.datetime | None = None,
    before: dt.datetime | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Row[Any]]:
    """Return a page of purchases, the newest first."""
    rows = select(Purchase).where(Purchase.shop_id == shop_id)
    if since is not None:
        rows = rows.where(Purchase.occurred_at >= since)
    if before is not None:
        rows = rows.where(Purchase.occurred_at < before)
    if customer_id is not None:
        rows = rows.where(Purchase.membership_id == customer_id)
    columns = Purchase.__table__.c
    order = Order(columns.occurred_at, columns.id, is_descending=True)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def lines_of(
    session: Session, shop_id: uuid.UUID, purchase_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[NamedLine]]:
    """Return the lines of some purchases, each with its product's name, in their order."""
    if not purchase_ids:
        return defaultdict(list)
    rows = session.execute(
        select(PurchaseLine, Product.name)
        .join(
            Product,
            (Product.shop_id == PurchaseLine.shop_id) & (Product.id == PurchaseLine.product_id),
        )
        .where(PurchaseLine.shop_id == shop_id, PurchaseLine.purchase_id.in_(purchase_ids))
        .order_by(PurchaseLine.purchase_id, PurchaseLine.line)
    )
    lines: dict[uuid.UUID, list[NamedLine]] = defaultdict(list)
    for line, name in rows:
        lines[line.purchase_id].append((line, name))
    return lines


def keep_import_of(session: Session, shop_id: uuid.UUID, purchase_id: uuid.UUID) -> None:
    """Let the import that brought a purchase, if one did, not be undone until the transaction
    ends."""
    brought = select(Purchase.import_id).where(
        Purchase.shop_id == shop_id, Purchase.id == purchase_id
    )
    batch = select(ImportBatch.id).where(
        ImportBatch.shop_id == shop_id, ImportBatch.id == brought.scalar_subquery()
    )
    session.execute(batch.with_for_update(read=True, key_share=True))


def buyer_of(session: Session, shop_id: uuid.UUID, purchase_id: uuid.UUID) -> uuid.UUID | None:
    """Return whose purchase this is; None for nobody's, or no purchase."""
    return session.scalar(
        select(Purchase.membership_id).where(
            Purchase.shop_id == shop_id, Purchase.id == purchase_id
        )
    )


def refunded(
    session: Session, shop_id: uuid.UUID, purchase_id: uuid.UUID, *, but: uuid.UUID
) -> int:
    """Return what was given back for a purchase, 0 or less, leaving one refund out."""
    given_back = select(func.coalesce(func.sum(Purchase.amount_minor), 0)).where(
        Purchase.shop_id == shop_id, Purchase.refunds_id == purchase_id, Purchase.id != but
    )
    return int(session.scalars(given_back).one())


def name_in_turns(session: Session, shop_id: uuid.UUID) -> None:
    """Wait for whoever gives products names or numbers; to be called before one is locked.

    A list of products looks first which there are, and must not find its names taken afterwards.
    """
    session.execute(_NAME_IN_TURNS, {"shop_id": str(shop_id)})


def products(
    session: Session, shop_id: uuid.UUID, *, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of rows of Product and in_stock by name."""
    columns = Product.__table__.c
    rows = select(*_STOCKED).where(Product.shop_id == shop_id)
    order = Order(columns.name, columns.id)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def product(session: Session, shop_id: uuid.UUID, product_id: uuid.UUID) -> Row[Any]:
    """Return a row of Product and in_stock. Raises NotFound."""
    rows = select(*_STOCKED).where(Product.shop_id == shop_id, Product.id == product_id)
    row = session.execute(rows).one_or_none()
    if row is None:
        raise NotFound("there is no such product")
    return row


_sold_since_counting = (
    select(func.coalesce(func.sum(PurchaseLine.quantity), 0))
    .join(
        Purchase,
        (Purchase.shop_id == PurchaseLine.shop_id) & (Purchase.id == PurchaseLine.purchase_id),
    )
    .where(
        PurchaseLine.shop_id == Product.shop_id,
        PurchaseLine.product_id == Product.id,
        Purchase.occurred_at > Product.stock_counted_at,
    )
    .correlate(Product)
    .scalar_subquery()
)
# what was counted, less what was sold since; null stays null
IN_STOCK = case(
    (Product.in_stock.is_(None), null()),
    else_=func.greatest(Product.in_stock - _sold_since_counting, 0),
)
_STOCKED: tuple[Any, ...] = (Product, IN_STOCK.label("in_stock"))
