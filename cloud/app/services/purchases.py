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
from cloud.app.store.membership_queries import keep_found
from cloud.app.store.merge_queries import keep_who_remains
from cloud.app.store.purchase_queries import (
    buyer_of,
    keep_import_of,
    lines_of,
    name_in_turns,
    refunded,
)
from cloud.app.store.sales import Product, Purchase, PurchaseLine
from cloud.app.store.shops import Shop

SOURCE = "api"
CLOCK_ERROR = dt.timedelta(days=1)
# what is before was typed wrong, and would stretch every figure of the shop
EARLIEST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)


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
    _check(new, now)
    if new.refunds_id:
        # an undo locks the import before its customers and purchases
        keep_import_of(session, shop_id, new.refunds_id)
    new = _of_known_customer(session, shop_id, new)
    if new.refunds_id:
        new = _of_what_it_refunds(session, shop_id, new, new.refunds_id)
    purchase = session.scalar(_insert(shop_id, new))
    if purchase is not None:
        _add_lines(session, shop_id, new)
        return purchase, True
    stored = session.get_one(Purchase, (shop_id, new.id))
    if _described(session, stored) != new:
        raise Conflict("this id belongs to another purchase")
    return stored, False


def _check(new: NewPurchase, now: dt.datetime) -> None:
    if new.occurred_at > now + CLOCK_ERROR:
        raise Invalid("occurred_at", "a time that is not in the future", str(new.occurred_at))
    if new.occurred_at < EARLIEST:
        raise Invalid("occurred_at", f"a time since {EARLIEST.year}", str(new.occurred_at))
    if new.lines and sum(line.amount_minor for line in new.lines) != new.amount_minor:
        total = sum(line.amount_minor for line in new.lines)
        raise Invalid("lines", f"amounts that add up to {new.amount_minor}", str(total))


def _of_known_customer(session: Session, shop_id: uuid.UUID, new: NewPurchase) -> NewPurchase:
    """A till that was offline may not know yet that its customer was merged into another."""
    if new.customer_id is None:
        return new
    customer_id = keep_who_remains(session, shop_id, new.customer_id)
    if customer_id is None:
        raise Invalid("customer_id", "a customer of this shop", str(new.customer_id))
    return replace(new, customer_id=customer_id)


def _of_what_it_refunds(
    session: Session, shop_id: uuid.UUID, new: NewPurchase, refunds_id: uuid.UUID
) -> NewPurchase:
    """Return a refund as one of the customer who bought. Raises Invalid.

    No more is given back than was paid: refunds of a purchase wait for each other.
    """
    if new.amount_minor > 0:
        raise Invalid("amount_minor", "at most 0 for a refund", str(new.amount_minor))
    # the customer is locked before the purchase, as a merge does
    keep_found(session, shop_id, lambda: buyer_of(session, shop_id, refunds_id))
    bought = session.get(Purchase, (shop_id, refunds_id), with_for_update=True)
    if bought is None or bought.refunds_id is not None:
        raise Invalid("refunds_id", "a purchase of this shop", str(refunds_id))
    if new.customer_id not in (None, bought.membership_id):
        raise Invalid("customer_id", "the customer who bought it", str(new.customer_id))
    left = bought.amount_minor + refunded(session, shop_id, refunds_id, but=new.id)
    if -new.amount_minor > left:
        raise Invalid("amount_minor", f"a refund of at most {max(left, 0)}", str(new.amount_minor))
    return replace(new, customer_id=bought.membership_id)


def _insert(shop_id: uuid.UUID, new: NewPurchase) -> ReturningInsert[Purchase]:
    return (
        insert(Purchase)
        .values(
            shop_id=shop_id,
            id=new.id,
            membership_id=new.customer_id,
            occurred_at=new.occurred_at,
            amount_minor=new.amount_minor,
            currency=select(Shop.currency).where(Shop.id == shop_id).scalar_subquery(),
            source=SOURCE,
            refunds_id=new.refunds_id,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "id"])
        .returning(Purchase)
    )


def _add_lines(session: Session, shop_id: uuid.UUID, new: NewPurchase) -> None:
    if not new.lines:
        return
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
    named = select(Product.name).where(Product.shop_id == shop_id, Product.name.in_(names))
    are_known = set(session.scalars(named)) == names
    if not are_known:
        name_in_turns(session, shop_id)
    # sorted: two tills that sell the same products must not wait for each other in a circle
    new = [{"shop_id": shop_id, "id": uuid.uuid4(), "name": name} for name in sorted(names)]
    # in the order in which an import locks them; the undo of one may take some back meanwhile
    of_names = (
        select(Product.name, Product.id)
        .where(Product.shop_id == shop_id, Product.name.in_(names))
        .order_by(Product.id)
        .with_for_update(read=True, key_share=True)
    )
    found = dict(session.execute(of_names).all()) if are_known else {}
    while found.keys() != names:
        session.execute(insert(Product).values(new).on_conflict_do_nothing())
        found = dict(session.execute(of_names).all())
    return found


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
