"""What happened in a shop between two times."""

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cloud.app.store.sales import Purchase
from cloud.app.store.shops import Event


def takings(
    session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime
) -> tuple[int, int]:
    """Return the net amount in minor units and the number of purchases that are no refunds."""
    amount, number = session.execute(
        select(
            func.coalesce(func.sum(Purchase.amount_minor), 0),
            func.count().filter(Purchase.amount_minor > 0),
        ).where(
            Purchase.shop_id == shop_id, Purchase.occurred_at >= begin, Purchase.occurred_at < end
        )
    ).one()
    return int(amount), number


def entries(session: Session, shop_id: uuid.UUID, begin: dt.datetime, end: dt.datetime) -> int:
    """Return how many people the doors counted in."""
    counted = session.scalar(
        select(func.count()).where(
            Event.shop_id == shop_id,
            Event.kind == "passage",
            Event.body["direction"].astext == "in",
            Event.occurred_at >= begin,
            Event.occurred_at < end,
        )
    )
    return counted or 0
