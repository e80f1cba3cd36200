"""Shops: opened by a person, who becomes the owner; changed by the owner."""

import uuid
from bisect import bisect_left
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Gone, NotFound, SignedOut
from cloud.app.domain.slugs import SLUG_MAX_LENGTH, slugify
from cloud.app.services.hours import checked_hours
from cloud.app.store.jobs import COUNT_FOOTFALL_AGAIN, FOOTFALL_LOCK, enqueue
from cloud.app.store.people import Staff
from cloud.app.store.roles import act_for, enter_shop
from cloud.app.store.shops import Shop, Site

FIRST_SITE = "Front door"


def role_in(
    session: Session, *, shop_id: uuid.UUID, person_id: uuid.UUID, sign_in_id: uuid.UUID
) -> str:
    """Return the person's role, and act for the shop from now on. Raises NotFound, and SignedOut
    when the sign-in has ended."""
    found = enter_shop(session, shop_id, person_id, sign_in_id)
    if not found.holds:
        raise SignedOut("this sign-in has ended")
    if found.role is None:
        raise NotFound("there is no such shop")
    return str(found.role)


def open_shop(session: Session, *, owner_id: uuid.UUID, profile: Mapping[str, object]) -> Shop:
    """Make a shop with one site. Raises Conflict when the chosen slug is taken."""
    values = _checked(profile)
    if "slug" not in values:
        values["slug"] = _free_slug(session, str(values["name"]))
    shop = Shop(id=uuid.uuid4(), **values)
    act_for(session, shop_id=shop.id, person_id=owner_id)
    session.add(shop)
    _flush(session)
    session.add_all(
        [
            Site(shop_id=shop.id, name=FIRST_SITE),
            Staff(shop_id=shop.id, person_id=owner_id, role="owner"),
        ]
    )
    session.flush()
    return shop


def shop_by_id(session: Session, shop_id: uuid.UUID) -> Shop:
    """Return the shop for which this transaction acts."""
    return session.execute(select(Shop).where(Shop.id == shop_id)).scalar_one()


def shop_by_slug(session: Session, slug: str) -> Shop:
    """Return the shop with this public page, for anybody. Raises NotFound, and Gone when its
    owner has closed it."""
    act_for(session, slug=slug)
    shop = session.scalar(select(Shop).where(Shop.slug == slug))
    if shop is None:
        raise NotFound("there is no such shop")
    if shop.delete_at is not None:
        raise Gone("this shop has closed")
    return shop


def change_shop(session: Session, shop_id: uuid.UUID, changes: Mapping[str, object]) -> Shop:
    """Change a shop's profile. Raises Conflict when the chosen slug is taken."""
    shop = shop_by_id(session, shop_id)
    before = shop.time_zone
    for name, value in _checked(changes).items():
        setattr(shop, name, value)
    _flush(session)
    if shop.time_zone != before:  # what was counted stands at other hours now
        enqueue(session, COUNT_FOOTFALL_AGAIN, lock=FOOTFALL_LOCK, shop_id=shop_id)
    return shop


def _checked(profile: Mapping[str, object]) -> dict[str, object]:
    if hours := profile.get("opening_hours"):
        checked_hours(str(hours))
    return dict(profile)


def _free_slug(session: Session, name: str) -> str:
    """Find a number that is free after one that is taken: a thousand bakeries cost twenty looks."""
    slug = slugify(name)

    def is_free(number: int) -> bool:
        return not _is_taken(session, _numbered(slug, number))

    last = 1
    while not is_free(last):
        last *= 2
    return _numbered(slug, bisect_left(range(last), True, lo=last // 2 + 1, key=is_free))


def _numbered(slug: str, number: int) -> str:
    return slug if number == 1 else f"{slug[: SLUG_MAX_LENGTH - 8].rstrip('-')}-{number}"


def _is_taken(session: Session, slug: str) -> bool:
    act_for(session, slug=slug)
    return session.scalar(select(Shop.id).where(Shop.slug == slug)) is not None


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        raise Conflict("this slug belongs to another shop") from None
