"""Customers of a shop."""

import uuid
from typing import Any

from sqlalchemy import Row

from cloud.app.api.access import works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import customers as schemas
from cloud.app.services.customers import FIELDS, add_customer, change_customer
from cloud.app.store import customer_queries
from cloud.app.store.scores import Score, ScoreRun

routes = Blueprint("customers", "Customers with what they bought and their scores")

_RUN_FIELDS = ("as_of", "horizon_days", "model", "verdict")
_SCORE_FIELDS = tuple(name for name in schemas.Score().fields if name not in _RUN_FIELDS)


@routes.get("/shops/<uuid:shop_id>/customers")
@works_here("analyst")
@routes.query(schemas.CustomerQuery)
@routes.returns(200, schemas.Customers)
@routes.fails(404)
def list_customers(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Customers; by default those first who would cost the shop most if they stayed away."""
    narrow = ("search", "risk", "segment", "tier")
    wanted = customer_queries.CustomerFilter(**{name: query.pop(name) for name in narrow})
    page = customer_queries.customers(db.session(), shop_id, wanted, **query)
    return page.map(shown)


@routes.post("/shops/<uuid:shop_id>/customers")
@works_here("staff")
@routes.body(schemas.CustomerChange)
@routes.returns(201, schemas.Customer)
@routes.fails(403, 404, 409)
def create_customer(values: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Add a customer: a name, or any of phone, email and the number in the till."""
    customer = add_customer(db.session(), shop_id, values)
    row = customer_queries.customer(db.session(), shop_id, customer.id)
    db.session.commit()
    return shown(row)


@routes.get("/shops/<uuid:shop_id>/customers/<uuid:customer_id>")
@works_here("analyst")
@routes.returns(200, schemas.Customer)
@routes.fails(404)
def get_customer(shop_id: uuid.UUID, customer_id: uuid.UUID) -> dict[str, object]:
    """One customer."""
    return shown(customer_queries.customer(db.session(), shop_id, customer_id))


@routes.patch("/shops/<uuid:shop_id>/customers/<uuid:customer_id>")
@works_here("staff")
@routes.body(schemas.CustomerChange)
@routes.returns(200, schemas.Customer)
@routes.fails(403, 404, 409)
def update_customer(
    values: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID
) -> dict[str, object]:
    """Change what the shop knows of a customer."""
    change_customer(db.session(), shop_id, customer_id, values)
    row = customer_queries.customer(db.session(), shop_id, customer_id)
    db.session.commit()
    return shown(row)


def shown(row: Row[Any]) -> dict[str, object]:
    """Return a row of `customer_queries` as it leaves the API."""
    known = {field: getattr(row.Membership, field) for field in ("id", *FIELDS, "joined_at")}
    return {
        **known,
        "purchases": row.purchases,
        "spent_minor": row.spent_minor,
        "last_purchase_at": row.last_purchase_at,
        "score": _shown_score(row.Score, row.ScoreRun) if row.Score else None,
    }


def _shown_score(score: Score, run: ScoreRun) -> dict[str, object]:
    return {
        **{field: getattr(run, field) for field in _RUN_FIELDS},
        **{field: getattr(score, field) for field in _SCORE_FIELDS},
    }
