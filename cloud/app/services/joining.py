"""Customers who join a shop themselves, say how they may be reached, bring friends, and leave."""

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Forbidden, Invalid
from cloud.app.services.consents import holding
from cloud.app.services.shops import shop_by_slug
from cloud.app.services.tickets import ALPHABET
from cloud.app.store.consents import CHANNELS, ConsentEvent
from cloud.app.store.membership_queries import (
    CHANGES,
    claim,
    keep_found,
    membership_by_id,
    membership_in,
)
from cloud.app.store.people import Membership, Person, Referral
from cloud.app.store.roles import act_for
from cloud.app.store.shops import Shop

MARKETING = "marketing"
LEFT = "left the shop"
REFERRAL_CODE_LENGTH = 8
# what a customer's contact can be reached by
CHANNELS_OF = {"phone": ("sms", "whatsapp"), "email": ("email",)}


def take_what_is_theirs(session: Session, person: Person, now: dt.datetime) -> None:
    """Link what shops have typed in of a person's proven contacts."""
    act_for(session, person_id=person.id)
    for contact in person.verified_contacts.values():
        act_for(session, proven_contact=contact)
        claim(session, person.id, contact, now)


def join(
    session: Session,
    person_id: uuid.UUID,
    *,
    slug: str,
    consents: Mapping[str, str],
    source: str,
    referral_code: str | None,
    now: dt.datetime,
) -> Membership:
    """Become a customer of a shop, or be found as one that it knows; again changes nothing.

    `consents` holds for each channel that was ticked the words beside its box. Raises NotFound
    without such a shop, Forbidden without a proven contact, and Invalid for a channel by which the
    person cannot be reached.
    """
    shop = shop_by_slug(session, slug)
    # two requests at once must not both make a customer; who leaves, or is erased, writes down by
    # whom and must not wait for this
    person = session.get_one(Person, person_id, with_for_update={"key_share": True})
    _check(person, consents)
    take_what_is_theirs(session, person, now)
    act_for(session, shop_id=shop.id)
    membership = membership_in(session, shop.id, person.id, stays=True)
    if membership is None:
        membership = _add(session, shop, person, now)
        _trace_referral(session, membership, referral_code, now)
    else:
        # who is leaving at this moment has left before
        membership_by_id(session, shop.id, membership.id, lock=CHANGES)
    membership.left_at = None
    _fill_in(membership, person)
    for channel, wording in consents.items():
        _say(session, membership, channel, "grant", wording=wording, source=source)
    return membership


def leave(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID, now: dt.datetime) -> None:
    """Leave a shop: every channel is withdrawn, which no import overrides. Raises NotFound."""
    membership = membership_by_id(session, shop_id, membership_id, lock=CHANGES)
    membership.left_at = now
    for channel in CHANNELS:
        _say(session, membership, channel, "withdraw", source="web", evidence=LEFT)


def channels_of(membership: Membership) -> list[str]:
    """Return by which channels a customer can be reached."""
    return [c for kind, cs in CHANNELS_OF.items() if getattr(membership, kind) for c in cs]


def referral_url(session: Session, membership: Membership, join_page: str) -> str:
    """Return the customer's own link, made when it is first asked for. Raises NotFound."""
    if membership.referral_code is None:
        membership_by_id(session, membership.shop_id, membership.id, lock=CHANGES)
        membership.referral_code = "".join(
            secrets.choice(ALPHABET) for _ in range(REFERRAL_CODE_LENGTH)
        )
        session.flush()
    return f"{join_page}?r={membership.referral_code}"


def whatsapp_referral_url(shop: Shop, url: str) -> str:
    """Return a link that opens WhatsApp with a text; who opens it still has to press send."""
    return f"https://wa.me/?text={quote(f'{shop.name}: {url}', safe='')}"


def _check(person: Person, consents: Mapping[str, str]) -> None:
    verified = person.verified_contacts
    if not verified:
        raise Forbidden("prove your email or phone by a code first")
    reached = [channel for kind in verified for channel in CHANNELS_OF[kind]]
    for channel in consents:
        if channel not in reached:
            raise Invalid("consents", " or ".join(reached), channel)


def _add(session: Session, shop: Shop, person: Person, now: dt.datetime) -> Membership:
    membership = Membership(
        shop_id=shop.id, id=uuid.uuid4(), person_id=person.id, joined_at=now, linked_at=now
    )
    session.add(membership)
    session.flush()
    return membership


def _fill_in(membership: Membership, person: Person) -> None:
    """Tell the shop what it does not know; what it has typed in stays."""
    for field, value in {"name": person.name, **person.verified_contacts}.items():
        if getattr(membership, field) is None:
            setattr(membership, field, value)


def _trace_referral(
    session: Session, friend: Membership, code: str | None, now: dt.datetime
) -> None:
    if not code:
        return
    referrer = select(Membership.id).where(
        Membership.shop_id == friend.shop_id,
        Membership.referral_code == code.strip().upper(),
        Membership.left_at.is_(None),
    )
    referrer_id = keep_found(session, friend.shop_id, lambda: session.scalar(referrer))
    if referrer_id is not None:
        session.add(
            Referral(
                shop_id=friend.shop_id, friend_id=friend.id, referrer_id=referrer_id, joined_at=now
            )
        )


def _say(
    session: Session, membership: Membership, channel: str, action: str, **more: str | None
) -> None:
    """Add an event where it changes what holds; a withdrawal also where nothing was granted."""
    holds: Mapping[tuple[str, str], str] = holding(session, membership.shop_id, membership.id)
    if holds.get((channel, MARKETING)) == action:
        return
    session.add(
        ConsentEvent(
            shop_id=membership.shop_id,
            membership_id=membership.id,
            channel=channel,
            purpose=MARKETING,
            action=action,
            created_by=membership.person_id,
            **more,
        )
    )
    session.flush()
