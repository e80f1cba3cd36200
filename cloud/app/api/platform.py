"""The audit trail of a shop, and what the administrator of an installation looks at."""

import uuid
from typing import Any

from sqlalchemy import Row

from cloud.app.api.access import administers, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import audit as schemas
from cloud.app.api.schemas.base import PageQuery
from cloud.app.store import platform_queries
from cloud.app.store.audit import audit_events

routes = Blueprint("platform", "Who saw and changed what; the installation")

_EVENT = (
    "id", "happened_at", "person_id", "role", "action", "customer_id", "about", "fields"
)  # fmt: skip
_SHOP = ("id", "slug", "name", "country", "time_zone", "created_at")
_DEVICE = ("id", "shop_id", "name", "is_online", "seen_at")
_REJECTION = ("id", "shop_id", "device_id", "topic", "reason", "times", "last_received_at")


@routes.get("/shops/<uuid:shop_id>/audit")
@works_here("owner")
@routes.query(schemas.AuditQuery)
@routes.returns(200, schemas.AuditEvents)
@routes.fails(403, 404)
def list_audit_events(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """Who looked at a customer or took data home, and who changed what; kept for two years."""
    return audit_events(db.session(), shop_id, **query).map(_shown)


@routes.get("/platform/audit")
@administers
@routes.query(PageQuery)
@routes.returns(200, schemas.AuditEvents)
@routes.fails(403)
def list_platform_audit(query: dict[str, Any]) -> dict[str, object]:
    """What administrators looked at, this look not yet among it."""
    return audit_events(db.session(), None, **query).map(_shown)


@routes.get("/platform/shops")
@administers
@routes.query(PageQuery)
@routes.returns(200, schemas.PlatformShops)
@routes.fails(403)
def list_platform_shops(query: dict[str, Any]) -> dict[str, object]:
    """All shops, the newest first."""
    page = platform_queries.shops(db.session(), **query)
    return page.map(
        lambda row: {
            **{field: getattr(row.Shop, field) for field in _SHOP}, "devices": row.devices
        }
    )  # fmt: skip


@routes.get("/platform/devices")
@administers
@routes.query(schemas.PlatformDeviceQuery)
@routes.returns(200, schemas.PlatformDevices)
@routes.fails(403)
def list_platform_devices(query: dict[str, Any]) -> dict[str, object]:
    """Boards of all shops or of one, those that were silent longest first."""
    return platform_queries.devices(db.session(), **query).map(
        lambda row: {
            **{field: getattr(row.Device, field) for field in _DEVICE},
            "firmware": (row.Device.status or {}).get("firmware"),
        }
    )


@routes.get("/platform/jobs")
@administers
@routes.query(schemas.JobQuery)
@routes.returns(200, schemas.Jobs)
@routes.fails(403)
def list_jobs(query: dict[str, Any]) -> dict[str, object]:
    """Jobs, the latest first; by shop, never by customer."""
    return platform_queries.jobs(db.session(), **query).map(lambda row: dict(row._mapping))


@routes.get("/platform/rejections")
@administers
@routes.query(PageQuery)
@routes.returns(200, schemas.PlatformRejections)
@routes.fails(403)
def list_platform_rejections(query: dict[str, Any]) -> dict[str, object]:
    """What boards sent and nobody could use, without what stood in it."""
    return platform_queries.rejections(db.session(), **query).map(
        lambda row: {field: getattr(row.RejectedMessage, field) for field in _REJECTION}
    )


def _shown(row: Row[Any]) -> dict[str, object]:
    event = {field: getattr(row.AuditEvent, field) for field in _EVENT}
    return {**event, "person_name": row.person_name}
