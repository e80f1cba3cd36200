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
from cloud.app.services.past_weeks import weeks_behind

routes = Blueprint("footfall", "Who came, by the hour")


@routes.get("/shops/<uuid:shop_id>/footfall")
@works_here("analyst")
@routes.query(schemas.DayQuery)
@routes.returns(200, schemas.FootfallDay)
@routes.fails(404)
def get_footfall(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """The hours of a day of the shop's own time, each with what is usual."""
    date = query["date"] or today(shop_id, dt.datetime.now(dt.UTC))
    counts = footfall.counts_like(db.session(), shop_id, date)
    return {"date": date, "hours": footfall.day_by_hour(counts, date)}


@routes.get("/shops/<uuid:shop_id>/typical-week")
@works_here("analyst")
@routes.returns(200, schemas.TypicalWeek)
@routes.fails(404)
def get_typical_week(shop_id: uuid.UUID) -> dict[str, object]:
    """What is usual at each hour of the week, and the best time to come."""
    return footfall.typical(db.session(), shop_id, dt.datetime.now(dt.UTC))


@routes.get("/shops/<uuid:shop_id>/past-weeks")
@works_here("analyst")
@routes.returns(200, schemas.PastWeeks)
@routes.fails(404)
def list_past_weeks(shop_id: uuid.UUID) -> dict[str, object]:
    """How many of those who came in bought, and how often the hours were kept, by the week."""
    items = weeks_behind(db.session(), shop_id, dt.datetime.now(dt.UTC))
    return {"items": items, "next_cursor": None}
