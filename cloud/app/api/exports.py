"""What a shop can take home: its data as CSV, and its poster."""

import datetime as dt
import uuid

from flask import Response, current_app

from cloud.app.api.access import sees_names, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.downloads import CSV, as_download, csv_response
from cloud.app.services.exports import export
from cloud.app.services.posters import poster_pdf, poster_svg
from cloud.app.services.shops import shop_by_id
from cloud.app.store.shops import Shop

SVG = "image/svg+xml"
PDF = "application/pdf"

routes = Blueprint("exports", "What a shop can take home")


@routes.get("/shops/<uuid:shop_id>/exports/customers", is_noted=True)
@works_here("analyst")
@routes.file(
    200,
    "Customers, what they bought, and their tags",
    CSV,
    "customer_id,reference,name,phone,email,tags,joined_at,purchases,visits,spent,"
    "last_purchase_at\r\n",
)
@routes.fails(404)
def export_customers(shop_id: uuid.UUID) -> Response:
    """All customers as CSV; for an analyst without names, phones and emails."""
    return _exported(shop_id, "customers")


@routes.get("/shops/<uuid:shop_id>/exports/purchases", is_noted=True)
@works_here("analyst")
@routes.file(
    200,
    "Purchases, one row for each line",
    CSV,
    "purchase_id,receipt,occurred_at,customer_id,name,total,currency,refunds_id,product,quantity,"
    "amount\r\n",
)
@routes.fails(404)
def export_purchases(shop_id: uuid.UUID) -> Response:
    """All purchases as CSV, one row for each line of them."""
    return _exported(shop_id, "purchases")


@routes.get("/shops/<uuid:shop_id>/exports/products")
@works_here("analyst")
@routes.file(200, "Products", CSV, "product_id,name,price,cost,in_stock,stock_counted_at\r\n")
@routes.fails(404)
def export_products(shop_id: uuid.UUID) -> Response:
    """All products as CSV, with prices, costs and stock."""
    return _exported(shop_id, "products")


@routes.get("/shops/<uuid:shop_id>/exports/scores", is_noted=True)
@works_here("analyst")
@routes.file(
    200, "The latest scores", CSV, "customer_id,reference,name,as_of,horizon_days,visits\r\n"
)
@routes.fails(404)
def export_scores(shop_id: uuid.UUID) -> Response:
    """The latest scores as CSV, those first whose absence would cost most."""
    return _exported(shop_id, "scores")


@routes.get("/shops/<uuid:shop_id>/poster.svg")
@works_here("analyst")
@routes.file(200, "An A4 poster", SVG, "<svg></svg>")
@routes.fails(404)
def get_poster_svg(shop_id: uuid.UUID) -> Response:
    """A poster with the code that opens the page to join the shop at."""
    shop = shop_by_id(db.session(), shop_id)
    svg = poster_svg(shop, _join_url(shop))
    return as_download(Response(svg, mimetype=SVG), f"poster-{shop.slug}.svg")


@routes.get("/shops/<uuid:shop_id>/poster.pdf")
@works_here("analyst")
@routes.file(200, "An A4 poster", PDF, "%PDF-1.4")
@routes.fails(404)
def get_poster_pdf(shop_id: uuid.UUID) -> Response:
    """The same poster as a page that every copy shop can print."""
    shop = shop_by_id(db.session(), shop_id)
    pdf = poster_pdf(shop, _join_url(shop))
    return as_download(Response(pdf, mimetype=PDF), f"poster-{shop.slug}.pdf")


def _exported(shop_id: uuid.UUID, noun: str) -> Response:
    with_names = sees_names()
    return csv_response(
        shop_id,
        lambda session: export(session, shop_id, noun, with_names=with_names),
        f"{noun}-{dt.datetime.now(dt.UTC):%Y-%m-%d}.csv",
    )


def _join_url(shop: Shop) -> str:
    return f"{current_app.config['PUBLIC_URL']}/s/{shop.slug}/join"
