"""Codes that work once: given to a person in plain text, kept as a keyed digest."""

import datetime as dt
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Forbidden, NotFound
from cloud.app.services.messengers import ON_ITS_WAY
from cloud.app.store.base import Json
from cloud.app.store.roles import act_for
from cloud.app.store.tickets import Ticket

# read from a screen and typed on a phone: no letter looks like a digit
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_LENGTH = 8
# a short code can be guessed at, so it lives as long as setting a board up takes
SHORT_LIFETIME = dt.timedelta(minutes=15)


def short_code() -> str:
    """Return a code that a person can type."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SHORT_LENGTH))


def long_code() -> str:
    """Return a code that travels in a link and that nobody can guess."""
    return secrets.token_urlsafe(32)


def issue(
    session: Session,
    key: str,
    kind: str,
    code: str,
    *,
    details: Json,
    expires_at: dt.datetime,
    shop_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
) -> Ticket:
    """Store what a code allows, for the shop or the person that the transaction acts for."""
    ticket = Ticket(
        kind=kind,
        digest=_digest(key, kind, code),
        shop_id=shop_id,
        person_id=person_id,
        details=details,
        expires_at=expires_at,
    )
    session.add(ticket)
    session.flush()
    return ticket


def is_on_its_way(session: Session, kind: str, person_id: uuid.UUID, now: dt.datetime) -> bool:
    """Tell whether a person was given a code a moment ago that is not used yet."""
    waiting = exists().where(
        Ticket.kind == kind,
        Ticket.person_id == person_id,
        Ticket.used_at.is_(None),
        Ticket.created_at > now - ON_ITS_WAY,
    )
    return bool(session.scalar(select(waiting)))


def redeem(session: Session, key: str, kind: str, code: str, now: dt.datetime) -> Ticket:
    """Use a code up and act for whom it belongs to. Raises Forbidden when it does not work."""
    digest = _digest(key, kind, code)
    act_for(session, code=digest)
    ticket = session.scalar(
        select(Ticket).where(Ticket.digest == digest, Ticket.kind == kind).with_for_update()
    )
    if ticket is None or ticket.used_at is not None or ticket.expires_at <= now:
        raise Forbidden("this code is wrong, used or too old: ask for a new one")
    ticket.used_at = now
    session.flush()
    act_for(session, shop_id=ticket.shop_id, person_id=ticket.person_id)
    return ticket


def open_tickets(
    session: Session, shop_id: uuid.UUID, kind: str, now: dt.datetime
) -> Sequence[Ticket]:
    """Return the tickets of a shop that still work, the newest first."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.shop_id == shop_id,
            Ticket.kind == kind,
            Ticket.used_at.is_(None),
            Ticket.expires_at > now,
        )
        .order_by(Ticket.created_at.desc(), Ticket.id)
    ).all()


def withdraw(session: Session, shop_id: uuid.UUID, kind: str, ticket_id: uuid.UUID) -> None:
    """Make a code of the shop useless. Raises NotFound."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or (ticket.shop_id, ticket.kind) != (shop_id, kind):
        raise NotFound("there is no such invitation")
    session.delete(ticket)
    session.flush()


def withdraw_all(session: Session, shop_id: uuid.UUID) -> None:
    """Make every code of the shop useless."""
    session.execute(delete(Ticket).where(Ticket.shop_id == shop_id))


def _digest(key: str, kind: str, code: str) -> str:
    plain = code.strip()
    if len(plain) <= SHORT_LENGTH + 2:  # typed by hand
        plain = plain.upper().replace("-", "").replace(" ", "")
    return hmac.new(key.encode(), f"{kind}:{plain}".encode(), hashlib.sha256).hexdigest()
