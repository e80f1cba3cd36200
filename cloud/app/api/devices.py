"""Boards at the doors."""

import uuid
from typing import Any

from flask import current_app

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import devices as schemas
from cloud.app.services.devices import register_device
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
        "items": [_shown(row.Device, row.committed, row.lost) for row in rows],
        "next_cursor": None,
    }


@routes.post("/shops/<uuid:shop_id>/devices")
@works_here("owner")
@routes.body(schemas.NewDevice)
@routes.returns(201, schemas.DeviceWithCredential)
@routes.fails(403, 404, 503)
def create_device(wanted: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Register a board; its password is shown this once."""
    settings: Settings = current_app.extensions["settings"]
    device, password = register_device(db.session(), settings, shop_id=shop_id, **wanted)
    db.session.commit()
    credential = {
        "mqtt_host": settings.mqtt_host,
        "mqtt_port": settings.mqtt_port,
        "username": device.id,
        "password": password,
    }
    return {"device": _shown(device, 0, 0), "credential": credential}


def _shown(device: Device, committed: int, lost: int) -> dict[str, object]:
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
        "committed": committed - lost,
        "lost": lost,
    }
