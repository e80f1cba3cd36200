"""Devices with how far their events are stored."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, literal_column, select, text
from sqlalchemy.orm import Session

from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.shops import Device, DeviceBoot, RejectedMessage

LATEST_REJECTION = Order(
    RejectedMessage.__table__.c.last_received_at, RejectedMessage.__table__.c.id, True
)

# how many numbers a boot has recorded
_RECORDED: ColumnElement[int] = literal_column(
    "(SELECT coalesce(sum(upper(numbers) - lower(numbers)), 0)"
    " FROM unnest(device_boot.recorded) AS numbers)"
)


def devices_with_counts(session: Session, shop_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return each device that is not revoked, with what became of its events in all boots: how many
    are known of, stored, rejected and lost."""
    counts = (
        select(
            DeviceBoot.device_id,
            func.sum(
                func.greatest(DeviceBoot.highest_sequence, DeviceBoot.oldest_sequence - 1)
            ).label("known"),
            func.sum(_RECORDED - DeviceBoot.rejected).label("stored"),
            func.sum(DeviceBoot.rejected).label("rejected"),
            func.sum(DeviceBoot.lost).label("lost"),
        )
        .where(DeviceBoot.shop_id == shop_id)
        .group_by(DeviceBoot.device_id)
        .subquery()
    )
    devices = (
        select(
            Device,
            *(
                func.coalesce(counts.c[name], 0).label(name)
                for name in ("known", "stored", "rejected", "lost")
            ),
        )
        .outerjoin(counts, counts.c.device_id == Device.id)
        .where(Device.shop_id == shop_id, Device.revoked_at.is_(None))
        .order_by(Device.created_at, Device.id)
    )
    return session.execute(devices).all()


_SIGHTS = text("""
    SELECT device_id,
        count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'in') AS entries,
        count(*) FILTER (WHERE kind = 'passage' AND body ->> 'direction' = 'out') AS exits,
        -- the last thing that was said of the view, if it was that something stands in it
        CASE WHEN (array_agg(kind ORDER BY boot DESC, sequence DESC)
                   FILTER (WHERE kind IN ('sensor_blocked', 'sensor_cleared')))[1]
                = 'sensor_blocked'
            THEN max(occurred_at) FILTER (WHERE kind = 'sensor_blocked') END AS blocked_since,
        -- how far the idle distance of the last calibration is from the first one's
        ((array_agg((body -> 'idle_mm' ->> 0)::int ORDER BY boot DESC, sequence DESC)
            FILTER (WHERE kind = 'calibrated'))[1]
        - (array_agg((body -> 'idle_mm' ->> 0)::int ORDER BY boot, sequence)
            FILTER (WHERE kind = 'calibrated'))[1]) AS drift_mm
    FROM event
    WHERE shop_id = :shop_id AND occurred_at >= :since AND received_at >= :since
        AND kind IN ('passage', 'sensor_blocked', 'sensor_cleared', 'calibrated')
    GROUP BY device_id
""")
# What was said of a contact since it moved last: a board says first of all how its door stands when
# it starts, and again when a fault has ended. That is read by the key, however long ago it was.
_FAULTY = text("""
    SELECT state.door_device_id, said.fault
    FROM site_state AS state, LATERAL (
        SELECT kind, body ->> 'fault' AS fault FROM event
        WHERE shop_id = :shop_id AND device_id = state.door_device_id AND boot = state.door_boot
            AND sequence > state.door_sequence AND kind IN ('contact_faulty', 'contact_cleared')
        ORDER BY sequence DESC LIMIT 1
    ) AS said
    WHERE state.shop_id = :shop_id AND said.kind = 'contact_faulty'
""")


def sights(session: Session, shop_id: uuid.UUID, since: dt.datetime) -> Sequence[Row[Any]]:
    """Return what each device has seen since a time: (device_id, entries, exits, blocked_since,
    drift_mm)."""
    return session.execute(_SIGHTS, {"shop_id": shop_id, "since": since}).all()


def faulty_contacts(session: Session, shop_id: uuid.UUID) -> dict[str, str]:
    """Return the devices whose door contact does not work now, and what is wrong with it."""
    rows = session.execute(_FAULTY, {"shop_id": shop_id})
    return {row.door_device_id: row.fault for row in rows}


def rejections(
    session: Session, shop_id: uuid.UUID, *, limit: int, cursor: str | None
) -> Page[Row[Any]]:
    """Return a page of RejectedMessage, which the boards of a shop have sent and nobody could use,
    the latest first."""
    rows = select(RejectedMessage).where(
        RejectedMessage.shop_id == shop_id, RejectedMessage.replayed_at.is_(None)
    )
    return fetch_page(session, rows, LATEST_REJECTION, limit=limit, cursor=cursor)


def misuses(
    session: Session, shop_id: uuid.UUID, refused_topic: str, since: dt.datetime
) -> dict[str, tuple[int, int]]:
    """Return by device how often the broker refused it what is not its own, and how much it sent
    that could not be used."""
    of_broker = RejectedMessage.topic == refused_topic
    times = func.sum(RejectedMessage.times)
    found = (
        select(
            RejectedMessage.device_id,
            func.coalesce(times.filter(of_broker), 0).label("refused"),
            func.coalesce(times.filter(~of_broker), 0).label("rejected"),
        )
        .where(RejectedMessage.shop_id == shop_id, RejectedMessage.device_id.is_not(None))
        .where(
            RejectedMessage.last_received_at >= since,
            of_broker | RejectedMessage.replayed_at.is_(None),
        )
        .group_by(RejectedMessage.device_id)
    )
    return {
        str(device_id): (int(refused), int(rejected))
        for device_id, refused, rejected in session.execute(found)
    }
