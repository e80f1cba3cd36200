"""What the administrator of an installation sees: shops, boards, jobs, rejected messages.

No query here touches a table about customers, and row-level security would not let it.
"""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Row,
    Text,
    cast,
    column,
    func,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from cloud.app.store.device_queries import LATEST_REJECTION
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.shops import Device, RejectedMessage, Shop

# what a job works on is named by ids; its other arguments are looked at by nobody
_jobs = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("task_name", Text),
    column("status", Text),
    column("attempts", Integer),
    column("scheduled_at", DateTime(timezone=True)),
    column("args", JSONB),
)
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


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


def devices(
    session: Session, *, shop_id: uuid.UUID | None, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of Device of all shops or of one, those that were silent longest first."""
    columns = Device.__table__.c
    rows = select(Device).where(columns.revoked_at.is_(None))
    if shop_id is not None:
        rows = rows.where(columns.shop_id == shop_id)
    order = Order(func.coalesce(columns.seen_at, NEVER), columns.id)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def jobs(session: Session, *, status: str | None, limit: int, cursor: str | None) -> Page[Row[Any]]:
    """Return a page of jobs, the latest first."""
    state = cast(_jobs.c.status, Text)
    rows = select(
        *(_jobs.c[name] for name in ("id", "task_name", "attempts", "scheduled_at")),
        state.label("status"),
        _jobs.c.args["shop_id"].astext.label("shop_id"),
    )
    if status is not None:
        rows = rows.where(state == status)
    order = Order(_jobs.c.id, _jobs.c.id, is_descending=True)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def rejections(session: Session, *, limit: int, cursor: str | None) -> Page[Row[Any]]:
    """Return a page of RejectedMessage of all shops, and of nobody's boards, the latest first."""
    return fetch_page(
        session, select(RejectedMessage), LATEST_REJECTION, limit=limit, cursor=cursor
    )
