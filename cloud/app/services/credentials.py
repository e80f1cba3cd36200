"""The credential of a board that is in use: changed, or taken away with the board."""

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.services import broker
from cloud.app.services.openings import ring
from cloud.app.settings import Settings
from cloud.app.store.shops import Device


def rotate_credential(
    session: Session, settings: Settings, *, shop_id: uuid.UUID, device_id: str
) -> str:
    """Give a board a new password and end its connection; return the password, which is not kept.

    Raises NotFound, and Unavailable when the broker does not answer.
    """
    working_device(session, shop_id, device_id)
    return broker.rotate(settings, device_id)


def revoke_device(
    session: Session,
    settings: Settings,
    *,
    shop_id: uuid.UUID,
    device_id: str,
    now: dt.datetime,
) -> None:
    """Throw a board out; what it has sent stays. Raises NotFound and Unavailable."""
    device = working_device(session, shop_id, device_id)
    device.revoked_at = now
    device.is_online = False
    session.flush()
    ring(session, shop_id)
    broker.revoke(settings, device_id)


def working_device(session: Session, shop_id: uuid.UUID, device_id: str) -> Device:
    """Return a device that is in use, locked. Raises NotFound."""
    # its key may be pointed at: events of several boards are stored in the order in which they come
    device = session.get(Device, (shop_id, device_id), with_for_update={"key_share": True})
    if device is None or device.revoked_at is not None:
        raise NotFound("there is no such device")
    return device
