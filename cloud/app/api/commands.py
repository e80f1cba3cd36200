"""What boards are asked to do."""

import datetime as dt
import uuid
from typing import Any

from flask import current_app

from cloud.app.api.access import person_id, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import commands as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.services.commands import ask, commands, follow_configuration, shown

routes = Blueprint("commands", "What boards are asked to do")


@routes.post("/shops/<uuid:shop_id>/devices/<string:device_id>/commands")
@works_here("owner")
@routes.body(schemas.NewCommand)
@routes.returns(201, schemas.Command)
@routes.fails(403, 404, 409, 503)
def create_command(wanted: dict[str, Any], shop_id: uuid.UUID, device_id: str) -> dict[str, object]:
    """Ask a board to do something: sent once, as soon as it is online within a quarter of an
    hour."""
    now = dt.datetime.now(dt.UTC)
    command = ask(db.session(), shop_id, device_id, **wanted, person_id=person_id(), now=now)
    # before the board hears of it: without the right it would be refused
    follow_configuration(current_app.extensions["settings"], command)
    db.session.commit()
    return shown(command, now)


@routes.get("/shops/<uuid:shop_id>/devices/<string:device_id>/commands")
@works_here("analyst")
@routes.query(PageQuery)
@routes.returns(200, schemas.Commands)
@routes.fails(404)
def list_commands(query: dict[str, Any], shop_id: uuid.UUID, device_id: str) -> dict[str, object]:
    """What a board was asked and how it went, the latest first."""
    now = dt.datetime.now(dt.UTC)
    page = commands(db.session(), shop_id, device_id, **query)
    return page.map(lambda row: shown(row.DeviceCommand, now))
