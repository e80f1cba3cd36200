"""What the latest scoring found: insights, the record, who moved, the tiers."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from cloud.app.api.access import sees_names, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import insights as schemas
from cloud.app.api.schemas import what_if as what_ifs
from cloud.app.domain.errors import NotFound
from cloud.app.services import insights
from cloud.app.services.what_if import what_if
from cloud.app.store import history_queries, score_queries

NO_SCORES = "there are no scores yet: they come after the first import or overnight"

routes = Blueprint("insights", "What the latest scoring found")


@routes.get("/shops/<uuid:shop_id>/insights")
@works_here("analyst")
@routes.returns(200, schemas.Insights)
@routes.fails(404)
def get_insights(shop_id: uuid.UUID) -> dict[str, object]:
    """Key figures, churn and retention by month, segments, risk bands, drivers and clusters."""
    run = score_queries.latest_run(db.session(), shop_id)
    if run is None:
        raise NotFound(NO_SCORES)
    return insights.overview(db.session(), shop_id, run)


@routes.get("/shops/<uuid:shop_id>/scoreboard")
@works_here("analyst")
@routes.returns(200, schemas.Scoreboard)
@routes.fails(404)
def get_scoreboard(shop_id: uuid.UUID) -> Mapping[str, object]:
    """What was predicted and what came, beside what recency alone had said."""
    return insights.scoreboard(db.session(), shop_id)


@routes.get("/shops/<uuid:shop_id>/moves")
@works_here("analyst")
@routes.query(schemas.MoveQuery)
@routes.returns(200, schemas.Moves)
@routes.fails(404)
def list_moves(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Customers who came into another segment, tier or risk band, the newest first."""
    return history_queries.moves(db.session(), shop_id, **query).map(_shown_move)


@routes.get("/shops/<uuid:shop_id>/tiers")
@works_here("analyst")
@routes.returns(200, schemas.Tiers)
@routes.fails(404)
def list_tiers(shop_id: uuid.UUID) -> dict[str, object]:
    """The loyalty tiers, the best first, with what they bring."""
    return {"items": insights.tiers(db.session(), shop_id), "next_cursor": None}


@routes.patch("/shops/<uuid:shop_id>/tiers")
@works_here("owner")
@routes.body(schemas.TierChange)
@routes.returns(200, schemas.Tiers)
@routes.fails(403, 404)
def change_tiers(change: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Write down what tiers bring; tiers that are not named stay as they are."""
    for tier, reward in change["rewards"].items():
        insights.write_reward(db.session(), shop_id, tier, reward)
    tiers = insights.tiers(db.session(), shop_id)
    db.session.commit()
    return {"items": tiers, "next_cursor": None}


@routes.get("/shops/<uuid:shop_id>/what-if")
@works_here("analyst")
@routes.query(what_ifs.WhatIfQuery)
@routes.returns(200, what_ifs.WhatIf)
@routes.fails(404)
def get_what_if(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """What the model says of a customer with these figures, at once."""
    customer_id = query.pop("customer_id")
    return what_if(db.session(), shop_id, query, customer_id)


def _shown_move(row: Row[Any]) -> dict[str, object]:
    move = row.ScoreMove
    fields = ("id", "moved_on", "kind", "before", "after", "direction")
    return {
        **{field: getattr(move, field) for field in fields},
        "customer_id": move.membership_id,
        "name": row.name if sees_names() else None,
        "reference": row.reference,
    }
