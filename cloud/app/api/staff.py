"""Who works for a shop."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app

from cloud.app.api.access import person_id, signed_in, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.limits import per_address
from cloud.app.api.schemas import staff as schemas
from cloud.app.services import staff, tickets
from cloud.app.store.tickets import Ticket

routes = Blueprint("staff", "Who works for a shop")


@routes.get("/shops/<uuid:shop_id>/staff")
@works_here("analyst")
@routes.returns(200, schemas.Colleagues)
@routes.fails(404)
def list_staff(shop_id: uuid.UUID) -> dict[str, object]:
    """Everybody who works for the shop, with their roles."""
    items = [
        {"id": row.Person.id, "name": row.Person.name, "role": row.Staff.role,
         "since": row.Staff.created_at}
        for row in staff.staff_of(db.session(), shop_id)
    ]  # fmt: skip
    return {"items": items, "next_cursor": None}


@routes.delete("/shops/<uuid:shop_id>/staff/<uuid:person_id>")
@works_here("owner")
@routes.returns(204)
@routes.fails(403, 404, 409)
def delete_staff(shop_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """End a person's work for the shop, at once; it keeps at least one owner."""
    staff.let_go(db.session(), shop_id, person_id)
    db.session.commit()


@routes.get("/shops/<uuid:shop_id>/invitations")
@works_here("analyst")
@routes.returns(200, schemas.Invitations)
@routes.fails(404)
def list_invitations(shop_id: uuid.UUID) -> dict[str, object]:
    """Invitations that still work."""
    found = tickets.open_tickets(db.session(), shop_id, staff.INVITATION, _now())
    return {"items": [_shown(ticket) for ticket in found], "next_cursor": None}


@routes.post("/shops/<uuid:shop_id>/invitations", shows_secret=True)
@works_here("owner")
@routes.body(schemas.NewInvitation)
@routes.returns(201, schemas.InvitationWithCode)
@routes.fails(403, 404)
def create_invitation(wanted: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Invite somebody to work for the shop: send them the link, it works once within a week."""
    ticket, code = staff.invite(db.session(), _key(), shop_id, wanted["role"], _now())
    db.session.commit()
    # behind the #, so that no server on the way writes it down
    url = f"{current_app.config['PUBLIC_URL']}/invitation#{code}"
    return {**_shown(ticket), "code": code, "url": url}


@routes.delete("/shops/<uuid:shop_id>/invitations/<uuid:invitation_id>")
@works_here("owner")
@routes.returns(204)
@routes.fails(403, 404)
def delete_invitation(shop_id: uuid.UUID, invitation_id: uuid.UUID) -> None:
    """Take an invitation back."""
    tickets.withdraw(db.session(), shop_id, staff.INVITATION, invitation_id)
    db.session.commit()


@routes.post("/invitations/accept")
@per_address("20 per minute")
@signed_in
@routes.body(schemas.Acceptance)
@routes.returns(200, schemas.Joined)
@routes.fails(403, 429)
def accept_invitation(sent: dict[str, str]) -> dict[str, object]:
    """Begin to work for a shop."""
    shop_id, role = staff.accept(
        db.session(), _key(), sent["code"], person_id=person_id(), now=_now()
    )
    db.session.commit()
    return {"shop_id": shop_id, "role": role}


def _shown(ticket: Ticket) -> dict[str, object]:
    return {"id": ticket.id, "role": ticket.details["role"], "expires_at": ticket.expires_at}


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
