"""Accounts: registering, and signing in with an email address or a phone number."""

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.services.contacts import (
    normalised_contact,
    normalised_email,
    normalised_phone,
)
from cloud.app.services.passwords import Passwords
from cloud.app.store.people import Person, Staff
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop


def register(
    session: Session,
    passwords: Passwords,
    *,
    name: str,
    password: str,
    email: str | None = None,
    phone: str | None = None,
) -> Person:
    """Make an account. Raises Invalid without a contact, Conflict when the contact is taken."""
    if not email and not phone:
        raise Invalid("email", "an email address or a phone number", "neither")
    person = Person(
        id=uuid.uuid4(),
        name=name,
        email=normalised_email(email) if email else None,
        phone=normalised_phone(phone) if phone else None,
        password_hash=passwords.hash(password),
    )
    act_for(session, person_id=person.id)
    session.add(person)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Conflict("there is already an account with this email or phone") from None
    return person


def person_who_signs_in(
    session: Session, passwords: Passwords, *, login: str, password: str
) -> Person | None:
    """Return the person with this login and password, or None after the same time."""
    person = person_by_contact(session, login)
    if not passwords.is_right(person.password_hash if person else None, password):
        return None
    return person


def person_by_contact(session: Session, login: str) -> Person | None:
    """Return the person with this email address or phone number, if there is one."""
    try:
        contact = normalised_contact(login)
    except Invalid:
        return None
    act_for(session, contact=contact)
    return session.scalar(
        select(Person).where((Person.email == contact) | (Person.phone == contact))
    )


def person_by_id(session: Session, person_id: uuid.UUID) -> Person:
    """Return the person for whom this transaction acts. Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("there is no such account any more")
    return person


def shops_of(session: Session, person_id: uuid.UUID) -> list[tuple[Shop, str]]:
    """Return the shops that a person works for, each with the role."""
    rows = session.execute(
        select(Shop, Staff.role)
        .join(Staff, Staff.shop_id == Shop.id)
        .where(Staff.person_id == person_id)
        .order_by(Shop.name, Shop.id)
    )
    return [(shop, role) for shop, role in rows]
