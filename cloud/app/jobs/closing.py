"""Deletes the shops whose time since their closing is over."""

import datetime as dt
import logging
import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.store.membership_queries import take_turns
from cloud.app.store.roles import act_for

log = logging.getLogger(__name__)

# the database's own clock decides, as it does whether the shop's own row may go
_DUE = text("SELECT id FROM shop WHERE delete_at <= least(:now, now()) ORDER BY delete_at, id")
_IS_DUE = text("SELECT delete_at <= now() FROM shop WHERE id = :shop_id")
# what sales do to a customer's totals need not be counted for customers who go as well
_TOTALS_LATER = text("SELECT set_config('app.totals_later', 'on', true)")
# Sales go first, because products may not go before the lines that name them; messages name
# a shop without a foreign key. Everything else hangs on the shop.
_DELETIONS = tuple(
    text(f"DELETE FROM {table} WHERE {column} = :shop_id")  # noqa: S608 - of constants
    for table, column in (("purchase", "shop_id"), ("rejected_message", "shop_id"), ("shop", "id"))
)


def delete_closed_shops(sessions: sessionmaker[Session], now: dt.datetime) -> int:
    """Delete everything of the shops that are due, each in a transaction; return how many."""
    with sessions.begin() as session:
        shop_ids = session.scalars(_DUE, {"now": now}).all()
    return sum(_delete(sessions, shop_id) for shop_id in shop_ids)


def _delete(sessions: sessionmaker[Session], shop_id: uuid.UUID) -> bool:
    """Delete a shop unless its owner has taken the closing back meanwhile."""
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        # who is just being erased, or takes the closing back, comes first
        take_turns(session, shop_id)
        if not session.scalar(_IS_DUE, {"shop_id": shop_id}):
            return False
        session.execute(_TOTALS_LATER)
        for deletion in _DELETIONS:
            session.execute(deletion, {"shop_id": shop_id})
    log.info("shop %s: deleted, as its owner had asked", shop_id)
    return True
