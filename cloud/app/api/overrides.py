"""What the owner says of opening and people, against doors and counters."""

import datetime as dt
import uuid
from typing import Any

from cloud.app.api.access import person_id, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import openings as schemas
from cloud.app.domain.errors import Invalid
from cloud.app.services import corrections, openings
from cloud.app.store.openings import CountCorrection, OpeningException, OpeningOverride

routes = Blueprint("overrides", "What the owner says against doors and counters")


@routes.post("/shops/<uuid:shop_id>/override")
@works_here("staff")
@routes.body(schemas.NewOverride)
@routes.returns(201, schemas.Override)
@routes.fails(403, 404)
def create_override(said: dict[str, Any], shop_id: uuid.UUID) -> OpeningOverride:
    """Say open or closed until a time, such as "back in 15 minutes"; it ends by itself."""
    override = openings.say(
        db.session(), shop_id, **said, person_id=person_id(), now=dt.datetime.now(dt.UTC)
    )
    db.session.commit()
    return override


@routes.delete("/shops/<uuid:shop_id>/override")
@works_here("staff")
@routes.returns(204)
@routes.fails(403, 404)
def end_override(shop_id: uuid.UUID) -> None:
    """End what was said before its time."""
    openings.unsay(db.session(), shop_id, now=dt.datetime.now(dt.UTC))
    db.session.commit()


@routes.get("/shops/<uuid:shop_id>/exceptions")
@works_here("analyst")
@routes.returns(200, schemas.OpeningExceptions)
@routes.fails(404)
def list_exceptions(shop_id: uuid.UUID) -> dict[str, object]:
    """The days from yesterday on that have hours of their own."""
    first = openings.yesterday(dt.datetime.now(dt.UTC))
    return {"items": openings.exceptions(db.session(), shop_id, first), "next_cursor": None}


@routes.post("/shops/<uuid:shop_id>/exceptions")
@works_here("owner")
@routes.body(schemas.NewException)
@routes.returns(201, schemas.OpeningException)
@routes.fails(403, 404)
def set_exception(wanted: dict[str, Any], shop_id: uuid.UUID) -> OpeningException:
    """Give a day hours of its own."""
    now = dt.datetime.now(dt.UTC)
    exception = openings.set_exception(db.session(), shop_id, **wanted, now=now)
    db.session.commit()
    return exception


@routes.delete("/shops/<uuid:shop_id>/exceptions/<string:date>")
@works_here("owner")
@routes.returns(204)
@routes.fails(403, 404)
def remove_exception(shop_id: uuid.UUID, date: str) -> None:
    """Let a day have the usual hours again."""
    openings.remove_exception(db.session(), shop_id, _day(date))
    db.session.commit()


@routes.post("/shops/<uuid:shop_id>/sites/<uuid:site_id>/corrections")
@works_here("staff")
@routes.body(schemas.NewCorrection)
@routes.returns(201, schemas.Correction)
@routes.fails(403, 404)
def correct_count(
    wanted: dict[str, Any], shop_id: uuid.UUID, site_id: uuid.UUID
) -> CountCorrection:
    """Say how many people came in by this door and are inside; what was counted stays on record."""
    correction = corrections.set_inside(
        db.session(),
        shop_id,
        site_id,
        **wanted,
        person_id=person_id(),
        now=dt.datetime.now(dt.UTC),
    )
    db.session.commit()
    return correction


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid("date", "a day such as 2026-12-24", repr(text[:20])) from None
