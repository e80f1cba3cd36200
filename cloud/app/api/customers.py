"""Customers of a shop."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app
from sqlalchemy import Row

from cloud.app.api.access import person_id, sees_names, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import customers as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.domain.said import ADVICE, said, told
from cloud.app.services.consents import consent_of, record_consent
from cloud.app.services.customers import add_customer, change_customer
from cloud.app.services.notes import add_note, remove_note
from cloud.app.services.outreach import note_outreach
from cloud.app.services.suppressions import require_unsuppressed
from cloud.app.store import customer_queries
from cloud.app.store.consents import ConsentEvent
from cloud.app.store.customer_queries import Customer
from cloud.app.store.membership_queries import membership_by_id, time_zone_of
from cloud.app.store.timeline import timeline

routes = Blueprint("customers", "Customers with what they bought and their scores")

_NAMES = ("name", "phone", "email")
_ACTION_FIELDS = ("action", "channel", "expected_value_minor", "cost_minor")
SEEN_TO = "Somebody saw to it, or put it off."
CONSENT_ENDED = "The consent has ended since the scores were made."


@routes.get("/shops/<uuid:shop_id>/customers")
@works_here("analyst")
@routes.query(schemas.CustomerQuery)
@routes.returns(200, schemas.Customers)
@routes.fails(404)
def list_customers(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Customers; by default those first who would cost the shop most if they stayed away."""
    narrow = ("search", "risk", "segment", "tier", "tag", "is_reachable", "has_action")
    wanted = customer_queries.CustomerFilter(
        **{name: query.pop(name) for name in narrow}, by_name=sees_names()
    )
    page = customer_queries.customers(db.session(), shop_id, wanted, **query)
    return page.map(shown)


@routes.post("/shops/<uuid:shop_id>/customers")
@works_here("staff")
@routes.body(schemas.CustomerChange)
@routes.returns(201, schemas.Customer)
@routes.fails(403, 404, 409)
def create_customer(values: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Add a customer: a name, or any of phone, email and the number in the till."""
    customer = add_customer(db.session(), shop_id, values)
    row = customer_queries.customer(db.session(), shop_id, customer.id)
    db.session.commit()
    return shown(row)


@routes.get("/shops/<uuid:shop_id>/customers/<uuid:customer_id>", is_noted=True)
@works_here("analyst")
@routes.returns(200, schemas.Customer)
@routes.fails(404)
def get_customer(shop_id: uuid.UUID, customer_id: uuid.UUID) -> dict[str, object]:
    """One customer."""
    return shown(customer_queries.customer(db.session(), shop_id, customer_id))


@routes.patch("/shops/<uuid:shop_id>/customers/<uuid:customer_id>")
@works_here("staff")
@routes.body(schemas.CustomerChange)
@routes.returns(200, schemas.Customer)
@routes.fails(403, 404, 409)
def update_customer(
    values: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """Change what the shop knows of a customer."""
    change_customer(db.session(), shop_id, customer_id, values, dt.datetime.now(dt.UTC))
    row = customer_queries.customer(db.session(), shop_id, customer_id)
    db.session.commit()
    return shown(row)


@routes.post("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/outreach")
@works_here("staff")
@routes.body(schemas.NewOutreach)
@routes.returns(201, schemas.OutreachNote)
@routes.fails(403, 404)
def create_outreach(done: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID) -> object:
    """Note that one wrote or called, put it off, or that this is no customer any more."""
    added = note_outreach(db.session(), shop_id, customer_id, done, by=person_id())
    db.session.commit()
    return added


@routes.get("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/timeline", is_noted=True)
@works_here("staff")
@routes.query(PageQuery)
@routes.returns(200, schemas.Timeline)
@routes.fails(403, 404)
def get_customer_timeline(
    query: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """Everything that happened with a customer, the newest first."""
    time_zone = time_zone_of(db.session(), shop_id, customer_id)
    page = timeline(db.session(), shop_id, customer_id, time_zone=time_zone, **query)
    return page.map(happening)


@routes.post("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/notes")
@works_here("staff")
@routes.body(schemas.NewNote)
@routes.returns(201, schemas.Note)
@routes.fails(403, 404)
def create_note(note: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID) -> object:
    """Write something down about a customer; the customer's own export contains it."""
    added = add_note(db.session(), shop_id, customer_id, text=note["text"], by=person_id())
    db.session.commit()
    return added


@routes.delete("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/notes/<uuid:note_id>")
@works_here("staff")
@routes.returns(204)
@routes.fails(403, 404)
def delete_note(shop_id: uuid.UUID, customer_id: uuid.UUID, note_id: uuid.UUID) -> None:
    """Remove a note."""
    remove_note(db.session(), shop_id, customer_id, note_id)
    db.session.commit()


@routes.get("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/consents", is_noted=True)
@works_here("analyst")
@routes.returns(200, schemas.Consents)
@routes.fails(404)
def list_consents(shop_id: uuid.UUID, customer_id: uuid.UUID) -> dict[str, object]:
    """How a customer may be contacted: what holds now, and every event behind it."""
    events, holds = consent_of(db.session(), shop_id, customer_id)
    return {"holds": holds, "items": [_shown_consent(event) for event in events]}


@routes.post("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/consents")
@works_here("staff")
@routes.body(schemas.NewConsent)
@routes.returns(201, schemas.Consent)
@routes.fails(403, 404, 409)
def create_consent(
    event: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """Note that a customer agreed, or does not want it any more. Events are never changed."""
    if event["action"] == "grant":
        customer = membership_by_id(db.session(), shop_id, customer_id)
        require_unsuppressed(db.session(), current_app.config["SECRET_KEY"], customer)
    added = record_consent(
        db.session(), shop_id, customer_id, event, source="owner", person_id=person_id()
    )
    db.session.commit()
    return _shown_consent(added)


def happening(row: Row[Any]) -> dict[str, object]:
    """Return a row of a timeline as it leaves the API."""
    return {"kind": row.kind, "at": row.at, "id": row.id, "details": row.details}


def shown(customer: Customer) -> dict[str, object]:
    """Return a customer as it leaves the API."""
    score = customer.score
    return {
        **customer.known,
        **({} if sees_names() else dict.fromkeys(_NAMES)),
        "score": {**score, "reasons": told(score["drivers"])} if score else None,
        "next_action": _shown_action(customer, score) if score else None,
        "recommendations": score["recommendations"] if score else [],
    }


def _shown_action(customer: Customer, score: dict[str, Any]) -> dict[str, object]:
    if customer.action_holds:
        return {
            "action": score["action"],
            "channel": score["action_channel"],
            "expected_value_minor": score["action_value_minor"],
            "cost_minor": score["action_cost_minor"],
            **_why(score["action_reason"]),
        }
    reason = score["action_reason"]
    if customer.is_resting:
        reason = SEEN_TO
    elif score["action"]:
        reason = CONSENT_ENDED
    return {**dict.fromkeys(_ACTION_FIELDS), **_why(reason)}


def _why(reason: str | None) -> dict[str, object]:
    return {"reason": reason, "said": said(reason, ADVICE) if reason else None}


def _shown_consent(event: ConsentEvent) -> dict[str, object]:
    fields = ("id", "channel", "purpose", "action", "source", "wording", "created_at")
    evidence = event.evidence if sees_names() else None
    return {**{field: getattr(event, field) for field in fields}, "evidence": evidence}
