"""Boards at the doors."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app
from sqlalchemy import Row

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.limits import per_address
from cloud.app.api.schemas import devices as schemas
from cloud.app.domain.sequence import EventCounts
from cloud.app.services.devices import claim, credential, offer_claim, register_device
from cloud.app.settings import Settings
from cloud.app.store.device_queries import devices_with_counts
from cloud.app.store.shops import Device

routes = Blueprint("devices", "Boards at the doors")


@routes.get("/shops/<uuid:shop_id>/devices")
@works_here("analyst")
@routes.returns(200, schemas.Devices)
@routes.fails(404)
def list_devices(shop_id: uuid.UUID) -> dict[str, object]:
    """The boards of a shop."""
    rows = devices_with_counts(db.session(), shop_id)
    return {
        "items": [_shown(row.Device, _counts(row)) for row in rows],
        "next_cursor": None,
    }


@routes.post("/shops/<uuid:shop_id>/devices", shows_secret=True)
@works_here("owner")
@routes.body(schemas.NewDevice)
@routes.returns(201, schemas.DeviceWithCredential)
@routes.fails(403, 404, 409, 503)
def create_device(wanted: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Register a board; its password is shown this once."""
    device, password = register_device(db.session(), _settings(), shop_id=shop_id, **wanted)
    shown = _with_credential(device, password)
    db.session.commit()
    return shown


@routes.post("/shops/<uuid:shop_id>/claims", shows_secret=True)
@works_here("owner")
@routes.body(schemas.NewDevice)
@routes.returns(201, schemas.Claim)
@routes.fails(403, 404, 409)
def create_claim(wanted: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Make a code to type into a board, which then signs itself in; it works once."""
    now = dt.datetime.now(dt.UTC)
    ticket, code = offer_claim(db.session(), _settings(), shop_id=shop_id, now=now, **wanted)
    db.session.commit()
    return {"code": code, "expires_at": ticket.expires_at}


@routes.post("/claims")
@per_address("10 per minute")
@routes.body(schemas.ClaimCode)
@routes.returns(201, schemas.DeviceWithCredential)
@routes.fails(403, 429, 503)
@routes.open_to_all()
def claim_device(sent: dict[str, str]) -> dict[str, object]:
    """Change a code for the credential of a new board."""
    now = dt.datetime.now(dt.UTC)
    device, password = claim(db.session(), _settings(), code=sent["code"], now=now)
    # before the commit: a board that is told to come back needs its code again
    shown = _with_credential(device, password)
    db.session.commit()
    return shown


def _with_credential(device: Device, password: str) -> dict[str, object]:
    return {
        "device": _shown(device, EventCounts()),
        "credential": credential(_settings(), device.id, password),
    }


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _counts(row: Row[Any]) -> EventCounts:
    return EventCounts(int(row.known), int(row.stored), int(row.rejected), int(row.lost))


def _shown(device: Device, counts: EventCounts) -> dict[str, object]:
    status = device.status or {}
    return {
        "id": device.id,
        "name": device.name,
        "site_id": device.site_id,
        "is_online": device.is_online,
        "seen_at": device.seen_at,
        "status_at": device.status_at,
        "firmware": status.get("firmware"),
        "outbox_depth": status.get("outbox_depth"),
        "outbox_dropped": status.get("outbox_dropped"),
        "committed": counts.stored,
        "rejected": counts.rejected,
        "lost": counts.lost,
        "awaited": counts.awaited,
        "completeness": counts.sentence,
    }
