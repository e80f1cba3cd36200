"""Whose night is over, whether anything changed since the last run, and how far a run is."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cloud.app.store.scoring import Scoring
from cloud.app.store.shops import Shop

# shops score when everybody sleeps: a night begins at two o'clock of the shop's own time
NIGHT_BEGINS = dt.timedelta(hours=2)

# Sums of hashes do not depend on the order of rows, and two equal rows do not cancel out.
_FINGERPRINT = text("""
    SELECT concat_ws(' ',
        (SELECT concat_ws(' ', time_zone, currency) FROM shop WHERE id = :shop_id),
        (SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('|', id, membership_id,
            occurred_at AT TIME ZONE 'UTC', amount_minor), 0)))
            FROM purchase WHERE shop_id = :shop_id),
        (SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('|', purchase_id, line,
            product_id, quantity, amount_minor), 0)))
            FROM purchase_line WHERE shop_id = :shop_id),
        (SELECT concat_ws(' ', count(*), sum(hashtextextended(product::text, 0)))
            FROM product WHERE shop_id = :shop_id),
        (SELECT concat_ws(' ', count(*), sum(hashtextextended(id::text, 0)))
            FROM consent_event WHERE shop_id = :shop_id),
        (SELECT count(*) FROM outreach WHERE shop_id = :shop_id),
        (SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('|', membership_id,
            given_on, mood), 0)))
            FROM feedback WHERE shop_id = :shop_id)
    )
""")
_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('score ' || :shop_id, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('score ' || :shop_id, 0))")


def night_of(now: dt.datetime, time_zone: str) -> dt.date:
    """Return the latest night that has begun, by the day on which it ends."""
    return (now.astimezone(ZoneInfo(time_zone)) - NIGHT_BEGINS).date()


def due_shops(session: Session, now: dt.datetime) -> list[uuid.UUID]:
    """Return the shops with a night that nobody has looked after; however many were missed."""
    rows = session.execute(
        select(Shop.id, Shop.time_zone, Scoring.night)
        .outerjoin(Scoring, Scoring.shop_id == Shop.id)
        .order_by(Shop.id)
    )
    return [
        shop_id
        for shop_id, time_zone, night in rows
        if night is None or night < night_of(now, time_zone)
    ]


@contextmanager
def claimed(engine: Engine, shop_id: uuid.UUID) -> Iterator[bool]:
    """Yield whether nobody else scores the shop meanwhile.

    The claim belongs to a connection: it ends with a process that is killed.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        values = {"shop_id": str(shop_id)}
        is_ours = bool(connection.scalar(_TRY_LOCK, values))
        try:
            yield is_ours
        finally:
            if is_ours:
                connection.execute(_UNLOCK, values)


def fingerprint(session: Session, shop_id: uuid.UUID, versions: str) -> str:
    """Return what changes when the data that scores are made of changes, or the code."""
    found = session.scalar(_FINGERPRINT, {"shop_id": shop_id})
    return hashlib.sha256(f"{versions} {found}".encode()).hexdigest()


def scoring_of(session: Session, shop_id: uuid.UUID) -> Scoring | None:
    """Return how far the scoring of a shop is; None when it was never asked for."""
    return session.get(Scoring, shop_id, populate_existing=True)


def note(session: Session, shop_id: uuid.UUID, **values: Any) -> None:
    """Write down how far the scoring of a shop is."""
    statement = insert(Scoring).values(shop_id=shop_id, **{"state": "waiting", **values})
    session.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def note_asked(session: Session, shop_id: uuid.UUID) -> None:
    """Write down that somebody asked for scores; a run that goes on goes on."""
    statement = insert(Scoring).values(shop_id=shop_id, state="waiting", asked_at=func.now())
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id"],
            set_={"state": "waiting", "step": None, "asked_at": func.now()},
            where=Scoring.state != "running",
        )
    )
