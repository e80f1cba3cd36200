"""What matters today."""

import datetime as dt
import uuid

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.customers import shown
from cloud.app.api.database import db
from cloud.app.api.schemas import scores as schemas
from cloud.app.services.today import today

routes = Blueprint("today", "What matters today")


@routes.get("/shops/<uuid:shop_id>/today")
@works_here("analyst")
@routes.returns(200, schemas.Today)
@routes.fails(404)
def get_today(shop_id: uuid.UUID) -> dict[str, object]:
    """Takings and visitors of today, what is at risk, whom to win back, the one thing to do."""
    found = today(db.session(), shop_id, dt.datetime.now(dt.UTC))
    best = found["best_action"]
    return {
        **found,
        "to_win_back": [shown(row) for row in found["to_win_back"]],
        "best_action": shown(best) if best else None,
    }
