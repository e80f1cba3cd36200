"""Commands to devices: the table, and the queries of those who send and match them.

The first half is SQLAlchemy, for the API; ingest sends and matches over psycopg 3.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Row,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base, Id, Json, ShopId
from cloud.app.store.pages import Order, Page, fetch_page


class DeviceCommand(Base):
    """Something a device is asked to do. `sent_at` is committed before it is sent, so that it is
    never sent twice."""

    __tablename__ = "device_command"
    __table_args__ = (
        CheckConstraint("num_nulls(answered_at, is_ok, detail) IN (0, 3)", name="answer"),
        ForeignKeyConstraint(
            ["shop_id", "device_id"], ["device.shop_id", "device.id"], ondelete="CASCADE"
        ),
        Index("ix_device_command_device", "device_id", "created_at"),
        Index("ix_device_command_due", "expires_at", postgresql_where=text("sent_at IS NULL")),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    device_id: Mapped[str]
    name: Mapped[str]
    args: Mapped[Json]
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    is_ok: Mapped[bool | None]
    detail: Mapped[str | None]


def latest_commands(
    session: Session, shop_id: uuid.UUID, device_id: str, *, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of DeviceCommand to a device, the newest first."""
    columns = DeviceCommand.__table__.c
    rows = select(DeviceCommand).where(columns.shop_id == shop_id, columns.device_id == device_id)
    order = Order(columns.created_at, columns.id, is_descending=True)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def commands_between(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> Sequence[DeviceCommand]:
    """Return what the devices of a shop were asked between two times, in order."""
    return session.scalars(
        select(DeviceCommand)
        .where(DeviceCommand.shop_id == shop_id)
        .where(DeviceCommand.created_at >= begin, DeviceCommand.created_at < end)
        .order_by(DeviceCommand.created_at, DeviceCommand.id)
    ).all()


def open_commands(session: Session, device_id: str, now: dt.datetime) -> int:
    """Count the commands to a device that it has not answered and may still answer."""
    return (
        session.scalar(
            select(func.count())
            .select_from(DeviceCommand)
            .where(DeviceCommand.device_id == device_id, DeviceCommand.answered_at.is_(None))
            .where(DeviceCommand.expires_at > now)
        )
        or 0
    )


@dataclass(frozen=True)
class DueCommand:
    """A command that is to be sent now."""

    device_id: str
    id: uuid.UUID
    name: str
    args: Json


def take_due_commands(cursor: Cursor, now: dt.datetime) -> list[DueCommand]:
    """Return the commands to devices that are online, in order, and note that they are sent.

    A device hears only what is sent while it is connected. Each command
    is taken by one of several workers.
    """
    cursor.execute(
        """
        WITH due AS (
            SELECT shop_id, id FROM device_command AS command
            WHERE sent_at IS NULL AND expires_at > %(now)s AND EXISTS (
                SELECT FROM device WHERE device.shop_id = command.shop_id
                    AND device.id = command.device_id AND is_online AND revoked_at IS NULL)
            ORDER BY created_at LIMIT 100
            FOR NO KEY UPDATE SKIP LOCKED
        ), sent AS (
            UPDATE device_command AS command SET sent_at = %(now)s
            FROM due WHERE command.shop_id = due.shop_id AND command.id = due.id
            RETURNING command.*
        )
        SELECT device_id, id, name, args FROM sent ORDER BY created_at, id
        """,
        {"now": now},
    )
    return [DueCommand(*row) for row in cursor]


def answer_command(
    cursor: Cursor, device_id: str, id_: uuid.UUID, *, is_ok: bool, detail: str, now: dt.datetime
) -> bool:
    """Note what a device replied, the first time; return False when it was not asked this."""
    cursor.execute(
        """
        UPDATE device_command SET answered_at = coalesce(answered_at, %(now)s),
            is_ok = coalesce(is_ok, %(ok)s), detail = coalesce(detail, %(detail)s)
        WHERE device_id = %(device)s AND id = %(id)s
        RETURNING id
        """,
        {"now": now, "ok": is_ok, "detail": detail, "device": device_id, "id": id_},
    )
    return cursor.fetchone() is not None
