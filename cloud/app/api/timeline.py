"""A day of the shop, looked back on."""

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import openings as schemas
from cloud.app.services.shops import shop_by_id
from cloud.app.services.timeline import timeline

routes = Blueprint("timeline", "A day of the shop")


@routes.get("/shops/<uuid:shop_id>/timeline")
@works_here("analyst")
@routes.query(schemas.DayQuery)
@routes.returns(200, schemas.DayTimeline)
@routes.fails(404)
def get_timeline(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Door, people, sensors, and promised against kept hours of a day."""
    now = dt.datetime.now(dt.UTC)
    return timeline(db.session(), shop_id, query["date"] or today(shop_id, now), now)


def today(shop_id: uuid.UUID, now: dt.datetime) -> dt.date:
    """Return the day that it is in the shop."""
    return now.astimezone(ZoneInfo(shop_by_id(db.session(), shop_id).time_zone)).date()
