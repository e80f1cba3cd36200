"""The rights of a person: to take everything along, and to be forgotten."""

import datetime as dt
import uuid

from flask import Response, current_app, json

from cloud.app.api.access import is_customer_here, person_id, signed_in, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.downloads import as_download
from cloud.app.api.limits import per_address
from cloud.app.api.people import forget_cookie, require_code
from cloud.app.api.schemas import rights as schemas
from cloud.app.domain.errors import Forbidden
from cloud.app.services import erasure, personal_data
from cloud.app.services.accounts import person_by_id
from cloud.app.services.contacts import normalised_contact

JSON = "application/json"

routes = Blueprint("rights", "To take everything along, and to be forgotten")


@routes.get("/me/export")
@per_address("10 per minute")
@signed_in
@routes.returns(200, schemas.PersonExport)
@routes.fails(429)
def export_me() -> Response:
    """Everything that is kept about the person who is signed in, over all tables and shops."""
    found = personal_data.export_person(db.session(), person_id(), _now())
    db.session.commit()
    return _download(found, "shopbell-personal-data.json")


@routes.put("/me/erasure")
@per_address("10 per minute")
@signed_in
@routes.body(schemas.Farewell)
@routes.returns(200, schemas.ErasedEverywhere)
@routes.fails(403, 409, 429)
def erase_me(sent: dict[str, str]) -> dict[str, object]:
    """Erase the account, and the person in every shop; a fresh code proves who asks."""
    contact = normalised_contact(sent["contact"])
    person = person_by_id(db.session(), person_id())
    if contact not in (person.email, person.phone):
        raise Forbidden("the code must have been sent to this account's own email or phone")
    require_code(contact, sent["code"])
    shops, kept = erasure.erase_person(db.session(), _key(), person_id(), _now())
    db.session.commit()
    forget_cookie()
    return {"shops": shops, "sales_kept": kept}


@routes.get("/me/shops/<uuid:shop_id>/export")
@is_customer_here
@routes.returns(200, schemas.CustomerExport)
@routes.fails(404)
def export_me_at_shop(shop_id: uuid.UUID, customer_id: uuid.UUID) -> Response:
    """Everything that one shop keeps about the person who is signed in."""
    return _download(
        personal_data.export_customer(db.session(), shop_id, customer_id), f"{shop_id}.json"
    )


@routes.put("/me/shops/<uuid:shop_id>/erasure")
@is_customer_here
@routes.returns(200, schemas.Erased)
@routes.fails(404, 409)
def erase_me_at_shop(shop_id: uuid.UUID, customer_id: uuid.UUID) -> dict[str, object]:
    """Be forgotten by one shop. Sales stay without the person."""
    kept = erasure.erase_at_shop(db.session(), _key(), shop_id, person_id())
    db.session.commit()
    return {"sales_kept": kept}


@routes.get("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/export", is_noted=True)
@works_here("owner")
@routes.returns(200, schemas.CustomerExport)
@routes.fails(403, 404)
def export_customer(shop_id: uuid.UUID, customer_id: uuid.UUID) -> Response:
    """Everything that the shop keeps about a customer, for one who asks for it."""
    return _download(
        personal_data.export_customer(db.session(), shop_id, customer_id), f"{customer_id}.json"
    )


@routes.delete("/shops/<uuid:shop_id>/customers/<uuid:customer_id>")
@works_here("owner")
@routes.returns(200, schemas.Erased)
@routes.fails(403, 404, 409)
def erase_customer(shop_id: uuid.UUID, customer_id: uuid.UUID) -> dict[str, object]:
    """Forget a customer who asks for it, for good. Sales stay without the person."""
    kept = erasure.erase_customer(db.session(), _key(), shop_id, customer_id)
    db.session.commit()
    return {"sales_kept": kept}


def _download(found: dict[str, object], filename: str) -> Response:
    return as_download(Response(json.dumps(found, indent=2), mimetype=JSON), filename)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
