"""What joins persons to shops as customers."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, func, select, text
from sqlalchemy.orm import Session, aliased

from cloud.app.domain.errors import NotFound
from cloud.app.store.people import Membership, Referral
from cloud.app.store.sales import Purchase
from cloud.app.store.shops import Shop

# How a customer is locked until the transaction ends. Who goes, by a merge or an erasure, waits for
# whatever is being hung on them, and then sees it; sales and notes do not wait for each other.
STAYS = {"read": True, "key_share": True}
CHANGES = {"key_share": True}
GOES = {"key_share": False}

# tills that export days without times let a friend's first purchase begin at midnight
A_DAY = dt.timedelta(days=1)

# The oldest of those that a shop has of the same contact; the owner may merge the others with it.
# Where the person is a customer already, nothing is taken. Locked in the order of an erasure.
_CLAIM = text("""
    WITH known AS (
        SELECT m.shop_id, m.id FROM membership m
        WHERE m.person_id IS NULL AND (m.phone = :contact OR m.email = :contact)
            AND NOT EXISTS (SELECT FROM membership mine
                WHERE mine.shop_id = m.shop_id AND mine.person_id = :person_id)
            AND NOT EXISTS (SELECT FROM membership older
                WHERE older.shop_id = m.shop_id AND older.person_id IS NULL
                    AND (older.phone = :contact OR older.email = :contact)
                    AND (older.created_at, older.id) < (m.created_at, m.id))
        ORDER BY m.shop_id, m.id FOR NO KEY UPDATE OF m
    )
    UPDATE membership m SET person_id = :person_id, linked_at = :now
    FROM known WHERE m.shop_id = known.shop_id AND m.id = known.id
""")
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended('customers of ' || :shop_id, 0))")


def take_turns(session: Session, shop_id: uuid.UUID) -> None:
    """Wait for whoever changes which customers a shop has: merges, erasures, imports that begin,
    the deletion of the shop."""
    session.execute(_TAKE_TURNS, {"shop_id": str(shop_id)})


def claim(session: Session, person_id: uuid.UUID, contact: str, now: dt.datetime) -> None:
    """Link what shops know of a proven contact with its person, once for each shop."""
    session.execute(_CLAIM, {"person_id": person_id, "contact": contact, "now": now})


def shops_that_know(session: Session, contact: str) -> Sequence[uuid.UUID]:
    """Return the shops that have a proven contact of somebody who is not linked to a person."""
    has_it = (Membership.phone == contact) | (Membership.email == contact)
    return session.scalars(
        select(Membership.shop_id).where(Membership.person_id.is_(None), has_it)
    ).all()


def memberships_of(session: Session, person_id: uuid.UUID) -> Sequence[tuple[Membership, Shop]]:
    """Return where a person is a customer, also where they left, by the shop's name."""
    rows = session.execute(
        select(Membership, Shop)
        .join(Shop, Shop.id == Membership.shop_id)
        .where(Membership.person_id == person_id)
        .order_by(Shop.name, Shop.id)
    )
    return [(membership, shop) for membership, shop in rows]


def membership_in(
    session: Session, shop_id: uuid.UUID, person_id: uuid.UUID, *, stays: bool = False
) -> Membership | None:
    """Return a person's membership in a shop, if there is one; one that stays until the transaction
    ends."""
    theirs = select(Membership).where(
        Membership.shop_id == shop_id, Membership.person_id == person_id
    )
    if stays:
        keep_found(
            session, shop_id, lambda: session.scalar(theirs.with_only_columns(Membership.id))
        )
    return session.scalar(theirs.execution_options(populate_existing=stays))


def time_zone_of(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID) -> str:
    """Return the time zone of the shop of a customer. Raises NotFound."""
    found = session.scalar(
        select(Shop.time_zone)
        .join(Membership, Membership.shop_id == Shop.id)
        .where(Shop.id == shop_id, Membership.id == membership_id)
    )
    if found is None:
        raise NotFound("there is no such customer")
    return found


def keep(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID | None) -> bool:
    """Let a customer stay until the transaction ends; tell whether the shop has this customer."""
    rows = select(Membership.id).where(
        Membership.shop_id == shop_id, Membership.id == membership_id
    )
    return session.scalar(rows.with_for_update(read=True, key_share=True)) is not None


def keep_found(
    session: Session, shop_id: uuid.UUID, find: Callable[[], uuid.UUID | None]
) -> uuid.UUID | None:
    """Return the customer whom `find` finds, who stays until the transaction ends.

    While one waits for the lock, a merge or its undo may end: then it is somebody else.
    """
    kept_id = None
    while (found_id := find()) != kept_id:
        keep(session, shop_id, found_id)
        kept_id = found_id
    return kept_id


def membership_by_id(
    session: Session,
    shop_id: uuid.UUID,
    membership_id: uuid.UUID,
    *,
    lock: dict[str, bool] | None = None,
) -> Membership:
    """Return a customer of a shop. Raises NotFound."""
    key = shop_id, membership_id
    found = session.get(Membership, key, with_for_update=lock, populate_existing=lock is not None)
    if found is None:
        raise NotFound("there is no such customer")
    return found


def referrals(shop_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    """Return a query of Referral, the names of both, and the friend's first paid purchase.

    A purchase that was refunded in full brought nothing.
    """
    friend, referrer = aliased(Membership), aliased(Membership)
    return (
        select(
            Referral,
            friend.name.label("friend"),
            referrer.name.label("referrer"),
            _first_bought_at().label("first_purchase_at"),
        )
        .join(friend, (friend.shop_id == Referral.shop_id) & (friend.id == Referral.friend_id))
        .join(
            referrer,
            (referrer.shop_id == Referral.shop_id) & (referrer.id == Referral.referrer_id),
        )
        .where(Referral.shop_id == shop_id)
    )


def friends_of(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID) -> Row[int, int]:
    """Return how many friends a customer has brought: joined, and of these bought."""
    first = _first_bought_at()
    return session.execute(
        select(
            func.count().label("joined"),
            func.count(first).label("bought"),
        )
        .select_from(Referral)
        .where(Referral.shop_id == shop_id, Referral.referrer_id == membership_id)
    ).one()


def _first_bought_at() -> ScalarSelect[Any]:
    refund = aliased(Purchase)
    refunded = (
        select(func.coalesce(func.sum(refund.amount_minor), 0))
        .where(refund.shop_id == Purchase.shop_id, refund.refunds_id == Purchase.id)
        .correlate(Purchase)
        .scalar_subquery()
    )
    return (
        select(func.min(Purchase.occurred_at))
        .where(
            Purchase.shop_id == Referral.shop_id,
            Purchase.membership_id == Referral.friend_id,
            Purchase.occurred_at >= Referral.joined_at - A_DAY,
            Purchase.amount_minor > 0,
            Purchase.amount_minor + refunded > 0,
        )
        .correlate(Referral)
        .scalar_subquery()
    )
