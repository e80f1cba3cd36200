"""Closing a shop: for the world at once, for good after a time in which it can be taken back."""

import datetime as dt
import uuid
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.services.credentials import revoke_device
from cloud.app.services.tickets import withdraw_all
from cloud.app.settings import Settings
from cloud.app.store.membership_queries import take_turns
from cloud.app.store.shops import Device, Shop

GRACE = dt.timedelta(days=30)
# whoever holds a board, or hears from it, may still store what names the shop
CHANGES = {"key_share": True}


def close_shop(
    session: Session, settings: Settings, shop_id: uuid.UUID, *, name: str, now: dt.datetime
) -> Shop:
    """End a shop's public page, boards and open codes; everything of it is deleted after GRACE.

    Again changes nothing. Raises Invalid when `name` is not the shop's, and Unavailable when the
    broker does not answer: then nothing has changed.
    """
    # in the order in which a claim locks them: its code, then the shop
    withdraw_all(session, shop_id)
    shop = session.get_one(Shop, shop_id, with_for_update=CHANGES)
    if _plain(name) != _plain(shop.name):
        raise Invalid("name", f'"{shop.name}", the name of the shop', f'"{name}"')
    if shop.delete_at is None:
        shop.delete_at = now + GRACE
    _revoke_boards(session, settings, shop_id, now)
    session.flush()
    return shop


def reopen_shop(session: Session, shop_id: uuid.UUID) -> Shop:
    """Take the closing back. Boards stay revoked: each needs a new code. Raises NotFound when the
    shop has just been deleted."""
    take_turns(session, shop_id)
    shop = session.get(Shop, shop_id, with_for_update=CHANGES)
    if shop is None:
        raise NotFound("there is no such shop")
    shop.delete_at = None
    session.flush()
    return shop


def require_going_on(session: Session, shop_id: uuid.UUID) -> None:
    """Raise Conflict when the shop is closed; else nobody closes it before the transaction ends."""
    shop = session.get_one(Shop, shop_id, with_for_update={"read": True})
    if shop.delete_at is not None:
        raise Conflict("this shop is closed: take that back first")


def _revoke_boards(
    session: Session, settings: Settings, shop_id: uuid.UUID, now: dt.datetime
) -> None:
    in_use = select(Device.id).where(Device.shop_id == shop_id, Device.revoked_at.is_(None))
    for device_id in session.scalars(in_use.order_by(Device.id)).all():
        # a credential that the broker has lost, or that an earlier try took away, is gone as well
        with suppress(NotFound):
            revoke_device(session, settings, shop_id=shop_id, device_id=device_id, now=now)


def _plain(name: str) -> str:
    return " ".join(name.split())
