"""Purchases: recorded once by the client's id, with their lines; refunds are negative."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from cloud.app.domain.errors import Conflict, Invalid
from cloud.app.services.shops import shop_by_id
from cloud.app.store.merge_queries import survivor_of
from cloud.app.store.people import Membership
from cloud.app.store.purchase_queries import lines_of
from cloud.app.store.sales import Product, Purchase, PurchaseLine

SOURCE = "api"
CLOCK_ERROR = dt.timedelta(days=1)


@dataclass(frozen=True)
class NewLine:
    """One product on a purchase."""

    product: str
    quantity: Decimal
    amount_minor: int


@dataclass(frozen=True)
class NewPurchase:
    """A purchase as the client describes it."""

    id: uuid.UUID
    occurred_at: dt.datetime
    amount_minor: int
    customer_id: uuid.UUID | None = None
    refunds_id: uuid.UUID | None = None
    lines: Sequence[NewLine] = ()


def record_purchase(
    session: Session, shop_id: uuid.UUID, new: NewPurchase, now: dt.datetime
) -> tuple[Purchase, bool]:
    """Store a purchase and return it with True; with False when it was stored before.

    Raises Invalid, and Conflict when the id belongs to a purchase that says something else.
    """
    new = _of_survivor(session, shop_id, new)
    _check(session, shop_id, new, now)
    is_new = session.scalar(_insert(session, shop_id, new))
    purchase = session.execute(
        select(Purchase).where(Purchase.shop_id == shop_id, Purchase.id == new.id)
    ).scalar_one()
    if is_new:
        _add_lines(session, shop_id, new)
    elif _described(session, purchase) != new:
        raise Conflict("this id belongs to another purchase")
    return purchase, bool(is_new)


def _of_survivor(session: Session, shop_id: uuid.UUID, new: NewPurchase) -> NewPurchase:
    """A till that was offline may not know yet that its customer was merged into another."""
    if new.customer_id is None:
        return new
    survivor_id = survivor_of(session, shop_id, new.customer_id)
    return replace(new, customer_id=survivor_id) if survivor_id else new


def _check(session: Session, shop_id: uuid.UUID, new: NewPurchase, now: dt.datetime) -> None:
    if new.occurred_at > now + CLOCK_ERROR:
        raise Invalid("occurred_at", "a time that is not in the future", str(new.occurred_at))
    if new.lines and sum(line.amount_minor for line in new.lines) != new.amount_minor:
        total = sum(line.amount_minor for line in new.lines)
        raise Invalid("lines", f"amounts that add up to {new.amount_minor}", str(total))
    if new.customer_id and not session.get(Membership, (shop_id, new.customer_id)):
        raise Invalid("customer_id", "a customer of this shop", str(new.customer_id))
    if new.refunds_id:
        _check_refund(session, shop_id, new, new.refunds_id)


def _check_refund(
    session: Session, shop_id: uuid.UUID, new: NewPurchase, refunds_id: uuid.UUID
) -> None:
    if new.amount_minor > 0:
        raise Invalid("amount_minor", "at most 0 for a refund", str(new.amount_minor))
    if not session.get(Purchase, (shop_id, refunds_id)):
        raise Invalid("refunds_id", "a purchase of this shop", str(refunds_id))


def _insert(session: Session, shop_id: uuid.UUID, new: NewPurchase) -> ReturningInsert[uuid.UUID]:
    return (
        insert(Purchase)
        .values(
            shop_id=shop_id,
            id=new.id,
            membership_id=new.customer_id,
            occurred_at=new.occurred_at,
            amount_minor=new.amount_minor,
            currency=shop_by_id(session, shop_id).currency,
            source=SOURCE,
            refunds_id=new.refunds_id,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "id"])
        .returning(Purchase.id)
    )


def _add_lines(session: Session, shop_id: uuid.UUID, new: NewPurchase) -> None:
    products = _product_ids(session, shop_id, {line.product for line in new.lines})
    session.add_all(
        PurchaseLine(
            shop_id=shop_id,
            purchase_id=new.id,
            line=number,
            product_id=products[line.product],
            quantity=line.quantity,
            amount_minor=line.amount_minor,
        )
        for number, line in enumerate(new.lines, start=1)
    )
    session.flush()


def _product_ids(session: Session, shop_id: uuid.UUID, names: set[str]) -> dict[str, uuid.UUID]:
    if not names:
        return {}
    # sorted: two tills that sell the same products must not wait for each other in a circle
    session.execute(
        insert(Product)
        .values([{"shop_id": shop_id, "id": uuid.uuid4(), "name": name} for name in sorted(names)])
        .on_conflict_do_nothing()
    )
    rows = session.execute(
        select(Product.name, Product.id).where(Product.shop_id == shop_id, Product.name.in_(names))
    )
    return dict(rows.all())


def _described(session: Session, purchase: Purchase) -> NewPurchase:
    lines = lines_of(session, purchase.shop_id, [purchase.id])[purchase.id]
    return NewPurchase(
        id=purchase.id,
        occurred_at=purchase.occurred_at,
        amount_minor=purchase.amount_minor,
        customer_id=purchase.membership_id,
        refunds_id=purchase.refunds_id,
        lines=[NewLine(name, line.quantity, line.amount_minor) for line, name in lines],
    )
