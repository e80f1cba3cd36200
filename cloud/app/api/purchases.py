"""Purchases of a shop, and the products on them."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Row

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import purchases as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.services import products
from cloud.app.services.purchases import NewLine, NewPurchase, record_purchase
from cloud.app.store import purchase_queries, score_queries
from cloud.app.store.membership_queries import membership_by_id
from cloud.app.store.pages import Page
from cloud.app.store.purchase_queries import NamedLine
from cloud.app.store.sales import Purchase

NO_BUNDLES: dict[str, Any] = {"items": [], "notes": ["They come with the first scoring."]}

routes = Blueprint("purchases", "Purchases, refunds and products")


@routes.get("/shops/<uuid:shop_id>/purchases")
@works_here("analyst")
@routes.query(schemas.PurchaseQuery)
@routes.returns(200, schemas.Purchases)
@routes.fails(404)
def list_purchases(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Purchases, the newest first; `since` and `before` name a span of time."""
    return _shown_page(shop_id, purchase_queries.purchases(db.session(), shop_id, **query))


@routes.get("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/purchases", is_noted=True)
@works_here("analyst")
@routes.query(schemas.PurchaseQuery)
@routes.returns(200, schemas.Purchases)
@routes.fails(404)
def list_customer_purchases(
    query: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """Purchases of one customer, the newest first."""
    page = purchase_queries.purchases(db.session(), shop_id, customer_id=customer_id, **query)
    if not page.items:
        membership_by_id(db.session(), shop_id, customer_id)
    return _shown_page(shop_id, page)


@routes.post("/shops/<uuid:shop_id>/purchases")
@works_here("staff")
@routes.body(schemas.NewPurchase)
@routes.returns(201, schemas.Purchase)
@routes.returns(200, schemas.Purchase, description="The same was stored before")
@routes.fails(403, 404, 409)
def create_purchase(described: dict[str, Any], shop_id: uuid.UUID) -> tuple[dict[str, object], int]:
    """Record a purchase. Sending the same again is harmless."""
    lines = [NewLine(**line) for line in described.pop("lines")]
    new = NewPurchase(**described, lines=lines)
    purchase, is_new = record_purchase(db.session(), shop_id, new, dt.datetime.now(dt.UTC))
    stored = purchase_queries.lines_of(db.session(), shop_id, [purchase.id] if lines else [])
    db.session.commit()
    return _shown(purchase, stored[purchase.id]), 201 if is_new else 200


@routes.get("/shops/<uuid:shop_id>/products")
@works_here("analyst")
@routes.query(PageQuery)
@routes.returns(200, schemas.Products)
@routes.fails(404)
def list_products(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """What the shop sells, by name."""
    page = purchase_queries.products(db.session(), shop_id, **query)
    return page.map(_shown_product)


@routes.get("/shops/<uuid:shop_id>/products/<uuid:product_id>")
@works_here("analyst")
@routes.returns(200, schemas.Product)
@routes.fails(404)
def get_product(shop_id: uuid.UUID, product_id: uuid.UUID) -> dict[str, object]:
    """One product."""
    return _shown_product(purchase_queries.product(db.session(), shop_id, product_id))


@routes.patch("/shops/<uuid:shop_id>/products/<uuid:product_id>")
@works_here("staff")
@routes.body(schemas.ProductChange)
@routes.returns(200, schemas.Product)
@routes.fails(403, 404, 409)
def change_product(
    changes: dict[str, Any], shop_id: uuid.UUID, product_id: uuid.UUID
) -> dict[str, object]:
    """Say what a product costs, what it is sold for, how much of it lies there and since when."""
    now = dt.datetime.now(dt.UTC)
    shown = _shown_product(products.change_product(db.session(), shop_id, product_id, changes, now))
    db.session.commit()
    return shown


@routes.get("/shops/<uuid:shop_id>/bundles")
@works_here("analyst")
@routes.query(schemas.BundleQuery)
@routes.returns(200, schemas.Bundles)
@routes.fails(404)
def get_bundles(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """What to sell together, at which price, and what may free the shelf of dead stock."""
    found = score_queries.insight(db.session(), shop_id, "bundles") or NO_BUNDLES
    items = found["items"] + (found.get("triples", []) if query["with_triples"] else [])
    return {"items": items, "notes": found["notes"], "next_cursor": None}


def _shown_product(row: Row[Any]) -> dict[str, object]:
    same = (
        "id",
        "name",
        "sku",
        "price_minor",
        "cost_minor",
        "stock_counted_at",
        "first_stocked_on",
    )
    return {**{field: getattr(row.Product, field) for field in same}, "in_stock": row.in_stock}


def _shown_page(shop_id: uuid.UUID, page: Page[Row[Any]]) -> dict[str, object]:
    ids = [row.Purchase.id for row in page.items]
    lines = purchase_queries.lines_of(db.session(), shop_id, ids)
    return page.map(lambda row: _shown(row.Purchase, lines[row.Purchase.id]))


def _shown(purchase: Purchase, lines: list[NamedLine]) -> dict[str, object]:
    same = ("id", "occurred_at", "amount_minor", "currency", "source", "reference", "refunds_id")
    return {
        **{field: getattr(purchase, field) for field in same},
        "customer_id": purchase.membership_id,
        "lines": [
            {"product": name, "quantity": line.quantity, "amount_minor": line.amount_minor}
            for line, name in lines
        ],
    }
