"""Shops and their sites."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app
from sqlalchemy import select

from cloud.app.api.access import person_id, signed_in, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import shops as schemas
from cloud.app.services import accounts, closing, shops
from cloud.app.services.posters import whatsapp_share_url
from cloud.app.store.shops import Shop, Site

_MORE = ("opening_hours", "capacity", "language", "delete_at")

routes = Blueprint("shops", "Shops and their doors")


@routes.get("/shops")
@signed_in
@routes.returns(200, schemas.Shops)
def list_shops() -> dict[str, object]:
    """The shops that the signed-in person works for."""
    mine = accounts.shops_of(db.session(), person_id())
    return {"items": [_shown(shop) for shop, _ in mine], "next_cursor": None}


@routes.post("/shops")
@signed_in
@routes.body(schemas.NewShop)
@routes.returns(201, schemas.Shop)
@routes.fails(409)
def create_shop(profile: dict[str, Any]) -> dict[str, object]:
    """Open a shop with one door; who calls becomes its owner."""
    shop = shops.open_shop(db.session(), owner_id=person_id(), profile=profile)
    db.session.commit()
    return _shown(shop)


@routes.get("/shops/<uuid:shop_id>")
@works_here("analyst")
@routes.returns(200, schemas.Shop)
@routes.fails(404)
def get_shop(shop_id: uuid.UUID) -> dict[str, object]:
    """A shop's profile."""
    return _shown(shops.shop_by_id(db.session(), shop_id))


@routes.patch("/shops/<uuid:shop_id>")
@works_here("owner")
@routes.body(schemas.ShopChange)
@routes.returns(200, schemas.Shop)
@routes.fails(403, 404, 409)
def change_shop(changes: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Change a shop's profile."""
    shop = shops.change_shop(db.session(), shop_id, changes)
    db.session.commit()
    return _shown(shop)


@routes.delete("/shops/<uuid:shop_id>")
@works_here("owner")
@routes.body(schemas.ShopClosing)
@routes.returns(200, schemas.Shop)
@routes.fails(403, 404, 503)
def close_shop(typed: dict[str, str], shop_id: uuid.UUID) -> dict[str, object]:
    """Close a shop: its page and its boards end at once, everything of it is deleted 30 days later.

    Export first what is to be kept. Until `delete_at` the owner can take the closing back.
    """
    shop = closing.close_shop(
        db.session(),
        current_app.extensions["settings"],
        shop_id,
        name=typed["name"],
        now=dt.datetime.now(dt.UTC),
    )
    db.session.commit()
    return _shown(shop)


@routes.post("/shops/<uuid:shop_id>/reopen")
@works_here("owner")
@routes.returns(200, schemas.Shop)
@routes.fails(403, 404)
def reopen_shop(shop_id: uuid.UUID) -> dict[str, object]:
    """Take the closing of a shop back. Its boards stay revoked: each needs a new code."""
    shop = closing.reopen_shop(db.session(), shop_id)
    db.session.commit()
    return _shown(shop)


@routes.get("/shops/<uuid:shop_id>/sites")
@works_here("analyst")
@routes.returns(200, schemas.Sites)
@routes.fails(404)
def list_sites(shop_id: uuid.UUID) -> dict[str, object]:
    """The doors of a shop."""
    sites = db.session.scalars(
        select(Site).where(Site.shop_id == shop_id).order_by(Site.created_at, Site.id)
    )
    return {"items": sites.all(), "next_cursor": None}


def _shown(shop: Shop) -> dict[str, object]:
    fields = ("id", "slug", "name", "address", "country", "time_zone", "currency")
    shown = {field: getattr(shop, field) for field in (*fields, *_MORE)}
    url = f"{current_app.config['PUBLIC_URL']}/s/{shop.slug}"
    return {**shown, "public_url": url, "whatsapp_share_url": whatsapp_share_url(shop, url)}
