"""Customers whom the shop knows twice."""

import datetime as dt
import uuid
from typing import Any

from cloud.app.api.access import person_id, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import merges as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.services import merges
from cloud.app.store import merge_queries
from cloud.app.store.customer_queries import customers_by_id
from cloud.app.store.membership_queries import membership_by_id
from cloud.app.store.merges import CustomerMerge

routes = Blueprint("merges", "Customers whom the shop knows twice")


@routes.get("/shops/<uuid:shop_id>/duplicates", is_noted=True)
@works_here("staff")
@routes.returns(200, schemas.Duplicates)
@routes.fails(403, 404)
def list_duplicates(shop_id: uuid.UUID) -> dict[str, object]:
    """Who may be one: by phone, by email, by a name that is written almost alike."""
    found = merges.suggestions(db.session(), shop_id)
    ids = {id_ for pair in found for id_ in (pair.first_id, pair.second_id)}
    known = customers_by_id(db.session(), shop_id, ids)
    items = [
        {
            "reason": pair.reason,
            "similarity": pair.similarity,
            "customers": [known[pair.first_id], known[pair.second_id]],
        }
        for pair in found
    ]
    return {"items": items, "next_cursor": None}


@routes.put("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/two-people/<uuid:other_id>")
@works_here("staff")
@routes.returns(204)
@routes.fails(403, 404, 422)
def keep_apart(shop_id: uuid.UUID, customer_id: uuid.UUID, other_id: uuid.UUID) -> None:
    """Say that two are two people: they are suggested no more. The order does not matter."""
    merges.keep_apart(
        db.session(),
        shop_id,
        first_id=customer_id,
        second_id=other_id,
        by=person_id(),
        now=dt.datetime.now(dt.UTC),
    )
    db.session.commit()


@routes.delete("/shops/<uuid:shop_id>/customers/<uuid:customer_id>/two-people/<uuid:other_id>")
@works_here("staff")
@routes.returns(204)
@routes.fails(403, 404)
def suggest_again(shop_id: uuid.UUID, customer_id: uuid.UUID, other_id: uuid.UUID) -> None:
    """Let two who were called two people be suggested again."""
    merges.suggest_again(db.session(), shop_id, first_id=customer_id, second_id=other_id)
    db.session.commit()


@routes.get("/shops/<uuid:shop_id>/merges")
@works_here("staff")
@routes.query(PageQuery)
@routes.returns(200, schemas.Merges)
@routes.fails(403, 404)
def list_merges(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """What was merged, the newest first."""
    page = merge_queries.merges(db.session(), shop_id, **query)
    return page.map(lambda row: _shown(row.CustomerMerge, row.duplicate_name))


@routes.post("/shops/<uuid:shop_id>/merges")
@works_here("staff")
@routes.body(schemas.NewMerge)
@routes.returns(201, schemas.Merge)
@routes.fails(403, 404, 409)
def create_merge(wanted: dict[str, uuid.UUID], shop_id: uuid.UUID) -> dict[str, object]:
    """Make two customers one: everything of the duplicate becomes the survivor's."""
    merged = merges.merge(
        db.session(), shop_id, **wanted, by=person_id(), now=dt.datetime.now(dt.UTC)
    )
    db.session.commit()
    return _shown(merged, merged.duplicate["name"])


@routes.post("/shops/<uuid:shop_id>/merges/<uuid:merge_id>/undo")
@works_here("staff")
@routes.returns(200, schemas.Merge)
@routes.fails(403, 404, 409)
def undo_merge(shop_id: uuid.UUID, merge_id: uuid.UUID) -> dict[str, object]:
    """Make two of one again, as they were; what came since stays with the survivor."""
    merged = merges.undo_merge(db.session(), shop_id, merge_id, dt.datetime.now(dt.UTC))
    again = membership_by_id(db.session(), shop_id, merged.duplicate_id)
    db.session.commit()
    return _shown(merged, again.name)


def _shown(merged: CustomerMerge, duplicate_name: object) -> dict[str, object]:
    moved: dict[str, list[str]] = merged.moved  # type: ignore[assignment] # JSON
    return {
        "id": merged.id,
        "survivor_id": merged.membership_id,
        "duplicate_id": merged.duplicate_id,
        "duplicate_name": duplicate_name,
        "moved": {name.partition(".")[0]: len(ids) for name, ids in moved.items()},
        "created_at": merged.created_at,
        "undone_at": merged.undone_at,
    }
