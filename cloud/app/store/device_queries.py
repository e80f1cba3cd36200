"""Devices with how far their events are stored."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from cloud.app.store.shops import Device, DeviceBoot


def devices_with_counts(session: Session, shop_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return each device that is not revoked, with its events stored and lost in all boots."""
    counts = (
        select(
            DeviceBoot.device_id,
            func.sum(DeviceBoot.committed_sequence).label("committed"),
            func.sum(DeviceBoot.lost).label("lost"),
        )
        .where(DeviceBoot.shop_id == shop_id)
        .group_by(DeviceBoot.device_id)
        .subquery()
    )
    devices = (
        select(
            Device,
            func.coalesce(counts.c.committed, 0).label("committed"),
            func.coalesce(counts.c.lost, 0).label("lost"),
        )
        .outerjoin(counts, counts.c.device_id == Device.id)
        .where(Device.shop_id == shop_id, Device.revoked_at.is_(None))
        .order_by(Device.created_at, Device.id)
    )
    return session.execute(devices).all()
