"""What the administrator of an installation sees: shops, boards, jobs, rejected messages.

No query here touches a table about customers, and row-level security would not let it.
"""

import uuid
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.shops import Device, RejectedMessage, Shop

# what a job works on is named by ids; its arguments are looked at by nobody
_JOBS = text("""
    SELECT id, task_name, status::text AS status, attempts, scheduled_at,
        args->>'shop_id' AS shop_id
    FROM procrastinate_jobs
    WHERE (CAST(:status AS text) IS NULL OR status::text = :status)
    ORDER BY id DESC LIMIT :limit
""")


def shops(session: Session, *, limit: int, cursor: str | None) -> Page[Row[Any]]:
    """Return a page of Shop and its number of boards, the newest first."""
    boards = (
        select(func.count())
        .where(Device.shop_id == Shop.id, Device.revoked_at.is_(None))
        .correlate(Shop)
        .scalar_subquery()
    )
    columns = Shop.__table__.c
    order = Order(columns.created_at, columns.id, is_descending=True)
    return fetch_page(
        session, select(Shop, boards.label("devices")), order, limit=limit, cursor=cursor
    )


def devices(session: Session, *, limit: int, shop_id: uuid.UUID | None) -> list[Device]:
    """Return boards of all shops or of one, those that were silent longest first."""
    rows = select(Device).where(Device.revoked_at.is_(None))
    if shop_id is not None:
        rows = rows.where(Device.shop_id == shop_id)
    return list(
        session.scalars(rows.order_by(Device.seen_at.nulls_first(), Device.id).limit(limit))
    )


def jobs(session: Session, *, limit: int, status: str | None) -> list[Any]:
    """Return the latest jobs."""
    return list(session.execute(_JOBS, {"limit": limit, "status": status}))


def rejections(session: Session, *, limit: int) -> list[RejectedMessage]:
    """Return the latest rejected messages of all shops, and of nobody's boards."""
    query = select(RejectedMessage).order_by(RejectedMessage.last_received_at.desc()).limit(limit)
    return list(session.scalars(query))
