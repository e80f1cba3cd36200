"""The right to be forgotten: what goes, and what stays because the shop's books need it."""

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict
from cloud.app.services.accounts import person_by_id, shops_of
from cloud.app.services.codes import forget_codes
from cloud.app.services.staff import is_only_owner
from cloud.app.services.suppressions import suppress_contacts
from cloud.app.store import erasure_queries
from cloud.app.store.erasure_queries import TELLING_DIGITS, TELLING_LENGTH, Traits
from cloud.app.store.idempotency import forget_answers
from cloud.app.store.membership_queries import (
    GOES,
    membership_by_id,
    memberships_of,
    shops_that_know,
    take_turns,
)
from cloud.app.store.merge_queries import merged_into
from cloud.app.store.people import Membership, Person
from cloud.app.store.roles import act_for


def erase_customer(session: Session, key: str, shop_id: uuid.UUID, customer_id: uuid.UUID) -> int:
    """Erase one customer of a shop; return how many sales stay, without the person.

    Raises NotFound, and Conflict while an import is at work.
    """
    take_turns(session, shop_id)
    if erasure_queries.is_importing(session, shop_id):
        raise Conflict(
            "an import is at work and may write what is erased: try again when it is done"
        )
    customer = membership_by_id(session, shop_id, customer_id, lock=GOES)
    known_as = [customer, *merged_into(session, shop_id, customer_id)]
    contacts = [contact for one in known_as for contact in (one.phone, one.email)]
    suppress_contacts(session, key, shop_id, contacts)
    erasure_queries.blank_uploads(session, shop_id, traits_of(known_as))
    forget_answers(session, shop_id)
    kept = erasure_queries.unname_sales(session, shop_id, customer_id)
    session.expunge(customer)
    erasure_queries.delete_customer(session, shop_id, customer_id)
    return kept


def erase_at_shop(session: Session, key: str, shop_id: uuid.UUID, person_id: uuid.UUID) -> int:
    """Erase everything that a shop has of a person, also what it has twice; return as above."""
    contacts = person_by_id(session, person_id).verified_contacts.values()
    act_for(session, shop_id=shop_id)
    take_turns(session, shop_id)
    theirs = session.scalars(
        select(Membership.id)
        .where(
            Membership.shop_id == shop_id,
            or_(
                Membership.person_id == person_id,
                Membership.person_id.is_(None)
                & (Membership.phone.in_(contacts) | Membership.email.in_(contacts)),
            ),
        )
        # in the order in which whoever locks several does
        .order_by(Membership.id)
    ).all()
    return sum(erase_customer(session, key, shop_id, customer_id) for customer_id in theirs)


def erase_person(
    session: Session, key: str, person_id: uuid.UUID, now: dt.datetime
) -> tuple[int, int]:
    """Erase an account and the person in every shop; return the number of shops and kept sales.

    Raises Conflict for the only owner of a shop that goes on: somebody has to answer for its
    customers' data. A closed shop, which nobody could take back any more, is due at once.
    """
    person = person_by_id(session, person_id)
    alone = [
        shop
        for shop, role in shops_of(session, person_id)
        if role == "owner" and is_only_owner(session, shop.id, person_id)
    ]
    if names := ", ".join(shop.name for shop in alone if shop.delete_at is None):
        raise Conflict(f"close these shops first, or make somebody else their owner: {names}")
    shops = _shops_that_know(session, person)
    kept = sum(erase_at_shop(session, key, shop_id, person_id) for shop_id in shops)
    # a shop is locked after its customers, as by whoever deletes it
    for shop in alone:
        act_for(session, shop_id=shop.id)
        shop.delete_at = now
        session.flush()
    for contact in (person.email, person.phone):
        if contact:
            forget_codes(session, key, contact)
    session.delete(person)
    session.flush()
    return len(shops), kept


def _shops_that_know(session: Session, person: Person) -> list[uuid.UUID]:
    """Return where a person is a customer, or somebody with a contact of theirs is.

    Nothing is linked with them before it is erased: that would hold what a merge may want, which
    goes first. The order is the same for all, so no two wait for each other.
    """
    act_for(session, person_id=person.id)
    found = {shop.id for _, shop in memberships_of(session, person.id)}
    for contact in person.verified_contacts.values():
        act_for(session, proven_contact=contact)
        found.update(shops_that_know(session, contact))
    return sorted(found)


def traits_of(customers: Iterable[Membership]) -> Traits:
    """Return how customers may be written in the cells of an upload."""
    known = [
        text.strip().lower()
        for customer in customers
        for text in (customer.name, customer.phone, customer.email, customer.reference)
        if text and text.strip()
    ]
    return Traits(
        # a short number such as 17 may mean anything
        texts=[text for text in known if not text.isdecimal() or len(text) >= TELLING_LENGTH],
        parts=[text for text in known if len(text) >= TELLING_LENGTH and not text.isdecimal()],
        digits=[customer.phone[-TELLING_DIGITS:] for customer in customers if customer.phone],
    )
