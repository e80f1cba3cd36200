"""Who works for a shop: invited by the owner, and let go."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, NotFound
from cloud.app.services import tickets
from cloud.app.store.people import Person, Staff
from cloud.app.store.roles import act_for
from cloud.app.store.tickets import Ticket

INVITATION = "invitation"
INVITATION_LIFETIME = dt.timedelta(days=7)


def staff_of(session: Session, shop_id: uuid.UUID) -> list[Any]:
    """Return who works for a shop, by name."""
    found = session.execute(
        select(Person, Staff)
        .join(Staff, Staff.person_id == Person.id)
        .where(Staff.shop_id == shop_id)
        .order_by(Person.name, Person.id)
    )
    return list(found)


def invite(
    session: Session, key: str, shop_id: uuid.UUID, role: str, now: dt.datetime
) -> tuple[Ticket, str]:
    """Return an invitation and its code, which is shown this once."""
    code = tickets.long_code()
    ticket = tickets.issue(
        session,
        key,
        INVITATION,
        code,
        details={"role": role},
        expires_at=now + INVITATION_LIFETIME,
        shop_id=shop_id,
    )
    return ticket, code


def accept(
    session: Session, key: str, code: str, *, person_id: uuid.UUID, now: dt.datetime
) -> tuple[uuid.UUID, str]:
    """Join a shop's staff; return the shop and the role. Who works there keeps the role."""
    ticket = tickets.redeem(session, key, INVITATION, code, now)
    assert ticket.shop_id is not None  # an invitation is a shop's
    session.execute(
        insert(Staff)
        .values(shop_id=ticket.shop_id, person_id=person_id, role=ticket.details["role"])
        .on_conflict_do_nothing()
    )
    act_for(session, person_id=person_id)
    role = session.scalar(
        select(Staff.role).where(Staff.shop_id == ticket.shop_id, Staff.person_id == person_id)
    )
    return ticket.shop_id, role or str(ticket.details["role"])


def let_go(session: Session, shop_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """End a person's work for a shop. Raises NotFound, and Conflict for the last owner.

    With an owner all open codes of the shop end: who made them could use them to come back.
    """
    staff = session.get(Staff, (shop_id, person_id))
    if staff is None:
        raise NotFound("this person does not work here")
    if is_only_owner(session, shop_id, person_id):
        raise Conflict("a shop keeps at least one owner")
    if staff.role == "owner":
        tickets.withdraw_all(session, shop_id)
    session.delete(staff)
    session.flush()


def is_only_owner(session: Session, shop_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Tell whether nobody else owns a shop; act for it from now on."""
    act_for(session, shop_id=shop_id)
    # two owners who let each other go at once must not both succeed
    owners = session.scalars(
        select(Staff.person_id)
        .where(Staff.shop_id == shop_id, Staff.role == "owner")
        .with_for_update()
    ).all()
    return list(owners) == [person_id]
