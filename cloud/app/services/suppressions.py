"""Contacts that asked to be forgotten: the shop stays silent until they agree anew themselves."""

import hashlib
import hmac
import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict
from cloud.app.store.people import Membership
from cloud.app.store.suppressions import suppress, suppressed_digests

ROWS_AT_ONCE = 5000


def suppress_contacts(
    session: Session, key: str, shop_id: uuid.UUID, contacts: Iterable[str | None]
) -> None:
    """Remember contacts as digests, which nobody without the key can compare with a number."""
    suppress(session, shop_id, {digest_of(key, contact) for contact in contacts if contact})


def require_unsuppressed(session: Session, key: str, membership: Membership) -> None:
    """Raise Conflict for a customer whose contact was erased here before."""
    known = suppressed_digests(session, membership.shop_id)
    contacts = (membership.phone, membership.email)
    if any(digest_of(key, contact) in known for contact in contacts if contact):
        raise Conflict("this contact asked to be forgotten: only they can agree, by joining again")


def erased_customers(session: Session, key: str, shop_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the customers of a shop whose contact it has erased before, whoever brought it back.

    Looks at every customer, but only in a shop that has erased somebody.
    """
    known = suppressed_digests(session, shop_id)
    if not known:
        return []
    rows = session.execute(
        select(Membership.id, Membership.phone, Membership.email)
        .where(Membership.shop_id == shop_id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    return [
        id_
        for id_, *contacts in rows
        if any(digest_of(key, contact) in known for contact in contacts if contact)
    ]


def digest_of(key: str, contact: str) -> str:
    """Return the keyed digest of a normalised contact."""
    return hmac.new(key.encode(), f"suppression:{contact}".encode(), hashlib.sha256).hexdigest()
