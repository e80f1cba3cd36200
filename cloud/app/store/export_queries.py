"""The tables that a shop can take home, row by row."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, Select, null, select
from sqlalchemy.orm import Session

from cloud.app.store.people import Membership
from cloud.app.store.purchase_queries import IN_STOCK
from cloud.app.store.sales import Product, Purchase, PurchaseLine
from cloud.app.store.scores import Score, ScoreRun

EXPORTS = ("customers", "purchases", "products", "scores")
ROWS_AT_ONCE = 1000


def rows(
    session: Session, shop_id: uuid.UUID, noun: str, *, with_names: bool
) -> tuple[Sequence[str], Iterator[Row[Any]]]:
    """Return the names of the columns, and the rows as they come from the database."""
    queries = {
        "customers": _customers, "purchases": _purchases, "products": _products, "scores": _scores
    }  # fmt: skip
    query = queries[noun](shop_id, with_names)
    found = session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    return list(found.keys()), iter(found)


def _customers(shop_id: uuid.UUID, with_names: bool) -> Select[Any]:
    return (
        select(
            Membership.id.label("customer_id"),
            Membership.reference,
            *_names(with_names),
            Membership.tags,
            Membership.joined_at,
            Membership.purchases,
            Membership.visits,
            Membership.spent_minor,
            Membership.last_purchase_at,
        )
        .where(Membership.shop_id == shop_id)
        .order_by(Membership.joined_at, Membership.id)
    )


def _purchases(shop_id: uuid.UUID, with_names: bool) -> Select[Any]:
    return (
        select(
            Purchase.id.label("purchase_id"),
            Purchase.reference.label("receipt"),
            Purchase.occurred_at,
            Purchase.membership_id.label("customer_id"),
            *_names(with_names)[:1],
            Purchase.amount_minor.label("total_minor"),
            Purchase.currency,
            Purchase.refunds_id,
            Product.name.label("product"),
            PurchaseLine.quantity,
            PurchaseLine.amount_minor,
        )
        .outerjoin(
            Membership,
            (Membership.shop_id == Purchase.shop_id) & (Membership.id == Purchase.membership_id),
        )
        .outerjoin(
            PurchaseLine,
            (PurchaseLine.shop_id == Purchase.shop_id) & (PurchaseLine.purchase_id == Purchase.id),
        )
        .outerjoin(
            Product,
            (Product.shop_id == PurchaseLine.shop_id) & (Product.id == PurchaseLine.product_id),
        )
        .where(Purchase.shop_id == shop_id)
        .order_by(Purchase.occurred_at, Purchase.id, PurchaseLine.line)
    )


def _products(shop_id: uuid.UUID, _with_names: bool) -> Select[Any]:
    columns: tuple[Any, ...] = (
        Product.id.label("product_id"),
        Product.name,
        Product.sku,
        Product.price_minor,
        Product.cost_minor,
        IN_STOCK.label("in_stock"),
        Product.stock_counted_at,
        Product.first_stocked_on,
    )
    return select(*columns).where(Product.shop_id == shop_id).order_by(Product.name)


def _scores(shop_id: uuid.UUID, with_names: bool) -> Select[Any]:
    known = ("shop_id", "run_id", "membership_id", "recommendations")
    columns = [column for column in Score.__table__.c if column.name not in known]
    return (
        select(
            Membership.id.label("customer_id"),
            Membership.reference,
            *_names(with_names)[:1],
            ScoreRun.as_of,
            ScoreRun.horizon_days,
            *columns,
        )
        .join(Score, (Score.shop_id == Membership.shop_id) & (Score.membership_id == Membership.id))
        .join(ScoreRun, (ScoreRun.shop_id == Score.shop_id) & (ScoreRun.id == Score.run_id))
        .where(Membership.shop_id == shop_id)
        .order_by(Score.revenue_at_risk_minor.desc().nulls_last(), Membership.id)
    )


def _names(with_names: bool) -> list[Any]:
    columns = (Membership.name, Membership.phone, Membership.email)
    return [c if with_names else null().label(c.name) for c in columns]
