"""Who came, by the hour, against what is usual."""

import datetime as dt
import uuid
from typing import Any

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import openings as schemas
from cloud.app.api.timeline import today
from cloud.app.services import footfall

routes = Blueprint("footfall", "Who came, by the hour")


@routes.get("/shops/<uuid:shop_id>/footfall")
@works_here("analyst")
@routes.query(schemas.DayQuery)
@routes.returns(200, schemas.FootfallDay)
@routes.fails(404)
def get_footfall(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """The hours of a day of the shop's own time, each with what is usual."""
    date = query["date"] or today(shop_id, dt.datetime.now(dt.UTC))
    return {"date": date, "hours": footfall.day_by_hour(db.session(), shop_id, date)}


@routes.get("/shops/<uuid:shop_id>/typical-week")
@works_here("analyst")
@routes.returns(200, schemas.TypicalWeek)
@routes.fails(404)
def get_typical_week(shop_id: uuid.UUID) -> dict[str, object]:
    """What is usual at each hour of the week, and the best time to come."""
    return footfall.typical(db.session(), shop_id, dt.datetime.now(dt.UTC))
