"""Accounts: registering, and signing in with an email address or a phone number."""

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.services.contacts import (
    kind_of,
    normalised_contact,
    normalised_email,
    normalised_phone,
)
from cloud.app.services.passwords import Passwords
from cloud.app.services.sign_ins import GRACE, end_all
from cloud.app.store.people import Membership, Person, Staff
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop

_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended('register ' || :contact, 0))")


def register(
    session: Session,
    passwords: Passwords,
    *,
    name: str,
    password: str,
    email: str | None = None,
    phone: str | None = None,
    now: dt.datetime,
) -> Person:
    """Make an account whose contacts are claims until a code proves them. Raises Invalid.

    It is made also when somebody else has the contact: the answer must not tell. The same again
    within a minute is the same account.
    """
    if not email and not phone:
        raise Invalid("email", "an email address or a phone number", "neither")
    told = {
        "name": name,
        "email": normalised_email(email) if email else None,
        "phone": normalised_phone(phone) if phone else None,
    }
    person = _registered_before(session, passwords, told, password, now)
    if person is None:
        person = Person(id=uuid.uuid4(), password_hash=passwords.hash(password), **told)
        act_for(session, person_id=person.id)
        session.add(person)
        session.flush()
    return person


def person_who_signs_in(
    session: Session, passwords: Passwords, *, login: str, password: str
) -> Person | None:
    """Return the person with this login and password, or None after the same time."""
    found = None
    # both, and also when there is none: the time tells neither who has an account nor who claims it
    for person in reversed(_who_says(session, login)):
        if passwords.is_right(person.password_hash if person else None, password):
            found = person
    return found


def person_by_contact(session: Session, login: str) -> Person | None:
    """Return whose email address or phone number this is: who has verified it, else who claims it
    and has verified nothing else."""
    verified, claimant = _who_says(session, login)
    if claimant and claimant.verified_contacts:
        claimant = None
    return verified or claimant


def person_of_proven(
    session: Session, contact: str, *, name: str | None, now: dt.datetime
) -> Person:
    """Return the person who has just proven a contact; make one when there is none.

    Who only claimed it without proof loses password and sign-ins: another may have set them.
    Raises Invalid when a new person says no name.
    """
    person = person_by_contact(session, contact)
    if person is None:
        if not name:
            raise Invalid("name", "your name, because this is a new account", "nothing")
        person = Person(id=uuid.uuid4(), name=name, **{kind_of(contact): contact})
        session.add(person)
    act_for(session, person_id=person.id)
    if contact not in person.verified_contacts.values():
        person.password_hash = None
        end_all(session, person_id=person.id, now=now)
        setattr(person, f"{kind_of(contact)}_verified_at", now)
    session.flush()
    return person


def verify(session: Session, person: Person, contact: str, now: dt.datetime) -> None:
    """Note that a person has proven a contact, theirs from now on. Raises Conflict when another
    account has proven it before."""
    owner, _ = _who_says(session, contact)
    if owner is not None and owner.id != person.id:
        raise Conflict("another account of yours has this email or phone: sign in there")
    setattr(person, kind_of(contact), contact)
    setattr(person, f"{kind_of(contact)}_verified_at", now)
    session.flush()


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


def is_customer(session: Session, person_id: uuid.UUID) -> bool:
    """Tell whether a person is a customer of any shop."""
    mine = select(Membership.id).where(Membership.person_id == person_id)
    return session.scalar(mine.limit(1)) is not None


def _registered_before(
    session: Session,
    passwords: Passwords,
    told: Mapping[str, str | None],
    password: str,
    now: dt.datetime,
) -> Person | None:
    """Return the account that the same request has made a moment ago: its answer got lost."""
    contact = told["email"] or told["phone"]
    # two that come at once must not both be the first
    session.execute(_TAKE_TURNS, {"contact": contact})
    _, claimant = _who_says(session, str(contact))
    # as much work when there is none
    is_right = passwords.is_right(claimant.password_hash if claimant else None, password)
    if claimant is None or not is_right or now - claimant.created_at > GRACE:
        return None
    is_same = all(getattr(claimant, field) == said for field, said in told.items())
    return claimant if is_same else None


def _who_says(session: Session, login: str) -> tuple[Person | None, Person | None]:
    """Return who has verified a contact, and the newest of those who only claim it."""
    try:
        contact = normalised_contact(login)
    except Invalid:
        return None, None
    act_for(session, contact=contact)
    kind = kind_of(contact)
    column, verified_at = getattr(Person, kind), getattr(Person, f"{kind}_verified_at")
    says = select(Person).where(column == contact)
    newest = says.where(verified_at.is_(None)).order_by(Person.created_at.desc(), Person.id)
    return (
        session.scalar(says.where(verified_at.is_not(None))),
        session.scalar(newest.limit(1)),
    )
