"""Boards in use: a new password, the end of one, and what was refused."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import credentials as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.api.schemas.devices import Credential
from cloud.app.services.credentials import revoke_device, rotate_credential
from cloud.app.services.devices import credential
from cloud.app.settings import Settings
from cloud.app.store.device_queries import rejections

routes = Blueprint("credentials", "Boards in use")

_REJECTION = tuple(schemas.Rejection().fields)


@routes.post("/shops/<uuid:shop_id>/devices/<string:device_id>/credential", shows_secret=True)
@works_here("owner")
@routes.returns(201, Credential)
@routes.fails(403, 404, 503)
def rotate_device_credential(shop_id: uuid.UUID, device_id: str) -> dict[str, object]:
    """Give a board a new password, shown this once; its old one ends with its connection."""
    settings: Settings = current_app.extensions["settings"]
    password = rotate_credential(db.session(), settings, shop_id=shop_id, device_id=device_id)
    return credential(settings, device_id, password)


@routes.delete("/shops/<uuid:shop_id>/devices/<string:device_id>")
@works_here("owner")
@routes.returns(204)
@routes.fails(403, 404, 503)
def delete_device(shop_id: uuid.UUID, device_id: str) -> None:
    """Throw a board out. What it has counted stays."""
    settings: Settings = current_app.extensions["settings"]
    now = dt.datetime.now(dt.UTC)
    revoke_device(db.session(), settings, shop_id=shop_id, device_id=device_id, now=now)
    db.session.commit()


@routes.get("/shops/<uuid:shop_id>/rejections")
@works_here("owner")
@routes.query(PageQuery)
@routes.returns(200, schemas.Rejections)
@routes.fails(403, 404)
def list_rejections(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """What the boards have sent and nobody could use, with reasons, the latest first."""
    return rejections(db.session(), shop_id, **query).map(
        lambda row: {field: getattr(row.RejectedMessage, field) for field in _REJECTION}
    )
