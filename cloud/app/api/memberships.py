"""A customer's own shops."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app

from cloud.app.api.access import is_customer_here, person_id, sees_names, signed_in, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.customers import happening
from cloud.app.api.database import db
from cloud.app.api.limits import per_address
from cloud.app.api.schemas import memberships as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.api.schemas.customers import Timeline
from cloud.app.domain.errors import Invalid
from cloud.app.services import joining
from cloud.app.services.accounts import person_by_id
from cloud.app.services.consents import consent_of, record_consent
from cloud.app.services.live import public_status_of
from cloud.app.services.shops import shop_by_id
from cloud.app.store import customer_queries, membership_queries
from cloud.app.store.notes import count_notes
from cloud.app.store.pages import Order, fetch_page
from cloud.app.store.people import Membership, Referral
from cloud.app.store.shops import Shop
from cloud.app.store.timeline import OPEN_KINDS, timeline

routes = Blueprint("memberships", "A customer's own shops")

_KNOWN = ("name", "phone", "email", "reference", "tags")
_BOUGHT = ("purchases", "spent_minor", "last_purchase_at")


@routes.get("/me/shops")
@signed_in
@routes.returns(200, schemas.JoinedShops)
def list_my_shops() -> dict[str, object]:
    """Every shop that one is a customer of, also those whose owner typed one's contact in."""
    joining.take_what_is_theirs(db.session(), person_by_id(db.session(), person_id()), _now())
    mine = membership_queries.memberships_of(db.session(), person_id())
    db.session.commit()
    return {"items": [_shown(*one) for one in mine], "next_cursor": None}


@routes.post("/me/shops")
@per_address("30 per minute")
@signed_in
@routes.body(schemas.Joining)
@routes.returns(200, schemas.JoinedShop)
@routes.fails(403, 404, 410, 429)
def join_shop(wanted: dict[str, Any]) -> dict[str, object]:
    """Become a customer of a shop; needs a proven contact. Doing it again changes nothing."""
    consents = _agreed(wanted.pop("consents"), wanted.pop("wording"))
    membership = joining.join(
        db.session(), person_id(), consents=consents, source="web", now=_now(), **wanted
    )
    shop = shop_by_id(db.session(), membership.shop_id)
    db.session.commit()
    return _shown(membership, shop)


@routes.get("/me/shops/<uuid:shop_id>")
@is_customer_here
@routes.returns(200, schemas.JoinedShopDetails)
@routes.fails(404)
def get_my_shop(shop_id: uuid.UUID, customer_id: uuid.UUID) -> dict[str, object]:
    """Everything that one may see and decide as a customer of a shop."""
    shop = shop_by_id(db.session(), shop_id)
    membership = membership_queries.membership_by_id(db.session(), shop_id, customer_id)
    score = customer_queries.score_of(db.session(), shop_id, customer_id)
    _, holds = consent_of(db.session(), shop_id, customer_id)
    found = {
        **_shown(membership, shop),
        "known": {
            **{field: getattr(membership, field) for field in _KNOWN},
            **{field: getattr(membership, field) for field in _BOUGHT},
            "notes": count_notes(db.session(), shop_id, customer_id),
            "is_scored": score is not None,
        },
        "channels": joining.channels_of(membership),
        "holds": holds,
        "referrals": _referrals(membership, shop),
    }
    db.session.commit()
    return found


@routes.get("/me/shops/<uuid:shop_id>/timeline")
@is_customer_here
@routes.query(PageQuery)
@routes.returns(200, Timeline)
@routes.fails(404)
def get_my_timeline(
    query: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """What happened between a customer and a shop, the newest first."""
    time_zone = shop_by_id(db.session(), shop_id).time_zone
    page = timeline(
        db.session(), shop_id, customer_id, time_zone=time_zone, kinds=OPEN_KINDS, **query
    )
    return page.map(happening)


@routes.delete("/me/shops/<uuid:shop_id>")
@is_customer_here
@routes.returns(204)
@routes.fails(404)
def leave_shop(shop_id: uuid.UUID, customer_id: uuid.UUID) -> None:
    """Leave a shop: it may write by no channel any more, whatever it imports."""
    joining.leave(db.session(), shop_id, customer_id, _now())
    db.session.commit()


@routes.post("/me/shops/<uuid:shop_id>/consents")
@is_customer_here
@routes.body(schemas.MyConsent)
@routes.returns(200, schemas.Holdings)
@routes.fails(404)
def switch_channel(
    event: dict[str, str | None], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """Allow a shop to write by a channel, or do not any more."""
    if event["action"] == "grant":
        _agreed([str(event["channel"])], event["wording"])
    marketing = {**event, "purpose": joining.MARKETING}
    record_consent(
        db.session(), shop_id, customer_id, marketing, source="web", person_id=person_id()
    )
    _, holds = consent_of(db.session(), shop_id, customer_id)
    db.session.commit()
    return {"holds": holds}


@routes.get("/shops/<uuid:shop_id>/referrals")
@works_here("analyst")
@routes.query(PageQuery)
@routes.returns(200, schemas.Referrals)
@routes.fails(404)
def list_referrals(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Who brought whom, and since when the friend pays; for an analyst without names."""
    columns = Referral.__table__.c
    order = Order(columns.joined_at, columns.friend_id, is_descending=True)
    rows = membership_queries.referrals(shop_id)
    page = fetch_page(db.session(), rows, order, **query)
    return page.map(
        lambda row: {
            "friend_id": row.Referral.friend_id,
            "friend": row.friend if sees_names() else None,
            "referrer_id": row.Referral.referrer_id,
            "referrer": row.referrer if sees_names() else None,
            "joined_at": row.Referral.joined_at,
            "first_purchase_at": row.first_purchase_at,
        }
    )


def _agreed(channels: list[str], wording: str | None) -> dict[str, str]:
    if channels and not wording:
        raise Invalid("wording", "what was agreed to, as it was shown", "nothing")
    return dict.fromkeys(channels, wording or "")


def _shown(membership: Membership, shop: Shop) -> dict[str, object]:
    return {
        **public_status_of(db.session(), shop, _now()),
        "delete_at": shop.delete_at,
        "id": shop.id,
        "currency": shop.currency,
        "joined_at": membership.joined_at,
        "left_at": membership.left_at,
    }


def _referrals(membership: Membership, shop: Shop) -> dict[str, object]:
    page = f"{current_app.config['PUBLIC_URL']}/s/{shop.slug}/join"
    url = joining.referral_url(db.session(), membership, page)
    friends = membership_queries.friends_of(db.session(), shop.id, membership.id)
    return {
        **friends._mapping,
        "url": url,
        "whatsapp_url": joining.whatsapp_referral_url(shop, url),
    }


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
