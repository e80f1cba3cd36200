"""Boards: registered by the owner, with a credential at the broker."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import ssl
import time
import uuid
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound, Unavailable
from cloud.app.services import tickets
from cloud.app.services.broker import create_client
from cloud.app.services.closing import require_going_on
from cloud.app.settings import Settings
from cloud.app.store.base import Json
from cloud.app.store.shops import Device, Site
from cloud.app.store.tickets import Ticket

CLAIM = "device"


def register_device(
    session: Session,
    settings: Settings,
    *,
    shop_id: uuid.UUID,
    name: str,
    site_id: uuid.UUID | None,
) -> tuple[Device, str]:
    """Make a device and its credential; return it with the password, which is not kept.

    Raises NotFound for a site of another shop, Conflict for a closed shop, Unavailable when the
    broker does not answer.
    """
    require_going_on(session, shop_id)
    device = Device(
        shop_id=shop_id,
        id="d-" + secrets.token_hex(6),
        site_id=_site_id(session, shop_id, site_id),
        name=name,
    )
    session.add(device)
    session.flush()
    return device, create_client(settings, device.id)


def offer_claim(
    session: Session,
    settings: Settings,
    *,
    shop_id: uuid.UUID,
    name: str,
    site_id: uuid.UUID | None,
    now: dt.datetime,
) -> tuple[Ticket, str]:
    """Return a short code with which a board gets its credential by itself, once, and soon.

    Raises NotFound for a site of another shop, Conflict for a closed shop.
    """
    require_going_on(session, shop_id)
    code = tickets.short_code()
    details: Json = {"name": name, "site_id": str(_site_id(session, shop_id, site_id))}
    ticket = tickets.issue(
        session,
        settings.secret_key,
        CLAIM,
        code,
        details=details,
        expires_at=now + tickets.SHORT_LIFETIME,
        shop_id=shop_id,
    )
    return ticket, code


def claim(
    session: Session, settings: Settings, *, code: str, now: dt.datetime
) -> tuple[Device, str]:
    """Make the device that a code stands for; return it with its password.

    Raises Forbidden for a code that does not work, Unavailable when the broker does not answer:
    then the code still works.
    """
    ticket = tickets.redeem(session, settings.secret_key, CLAIM, code, now)
    assert ticket.shop_id is not None  # a claim is a shop's
    return register_device(
        session,
        settings,
        shop_id=ticket.shop_id,
        name=str(ticket.details["name"]),
        site_id=uuid.UUID(str(ticket.details["site_id"])),
    )


def credential(settings: Settings, device_id: str, password: str) -> dict[str, object]:
    """Return what a board needs to sign in at the broker, and to know that it is ours.

    Raises Unavailable when the CA's certificate cannot be read.
    """
    file = settings.mqtt_public_ca_file
    return {
        "mqtt_host": settings.mqtt_public_host,
        "mqtt_port": settings.mqtt_public_port,
        "mqtt_ca": None if file is None else _der_in_base64(file),
        "username": device_id,
        "password": password,
        "key": _update_key(settings.secret_key, device_id),
        "boot_start": int(time.time()),
    }


def _update_key(secret: str, device_id: str) -> str:
    # derived, so that it need not be kept: see docs/decisions/0031-claiming-a-board.md
    return hmac.new(secret.encode(), b"update " + device_id.encode(), hashlib.sha256).hexdigest()


def _der_in_base64(file: Path) -> str:
    try:
        return base64.b64encode(ssl.PEM_cert_to_DER_cert(file.read_text())).decode()
    except (OSError, ValueError):
        raise Unavailable("broker: expected its CA's certificate in PEM, found none") from None


def _site_id(session: Session, shop_id: uuid.UUID, site_id: uuid.UUID | None) -> uuid.UUID:
    sites = select(Site.id).where(Site.shop_id == shop_id).order_by(Site.created_at, Site.id)
    if site_id is not None:
        sites = sites.where(Site.id == site_id)
    found = session.scalar(sites.limit(1))
    if found is None:
        raise NotFound("there is no such site")
    return found
