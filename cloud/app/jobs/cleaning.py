"""Forgets every night what nobody needs any more: dead codes, windows, sign-ins, empty accounts."""

import datetime as dt
import logging

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.services.codes import HOUR
from cloud.app.store.audit import forget_old_audit
from cloud.app.store.idempotency import forget_old_keys
from cloud.app.store.limits import forget_old_hits

log = logging.getLogger(__name__)

# so long after its end a sign-in can still be looked into
KEEP_SIGN_INS = dt.timedelta(days=7)

_FORGET_CODES = text("DELETE FROM contact_code WHERE expires_at <= :before")
_FORGET_TICKETS = text("DELETE FROM ticket WHERE expires_at <= :before")
# the first token of a sign-in that goes on says since when somebody is signed in
_FORGET_TOKENS = text("""
    DELETE FROM refresh_token AS dead WHERE expires_at <= :before AND (
        EXISTS (SELECT FROM refresh_token AS first
            WHERE first.family_id = dead.family_id AND first.created_at < dead.created_at)
        OR NOT EXISTS (SELECT FROM refresh_token AS alive
            WHERE alive.family_id = dead.family_id AND alive.expires_at > :before))
""")
_FORGET_ACCOUNTS = text("SELECT forget_empty_accounts(:now)")


def clean(sessions: sessionmaker[Session], now: dt.datetime) -> None:
    """Forget what is over; accounts that prove no contact and stay empty for 30 days go too."""
    with sessions.begin() as session:
        forget_old_keys(session, now)
        forget_old_hits(session, now)
        forget_old_audit(session, now)
        # how many codes were sent within an hour is counted in them
        session.execute(_FORGET_CODES, {"before": now - HOUR})
        session.execute(_FORGET_TICKETS, {"before": now})
        session.execute(_FORGET_TOKENS, {"before": now - KEEP_SIGN_INS})
        accounts = session.scalar(_FORGET_ACCOUNTS, {"now": now})
    log.info("accounts: %d that stayed empty are forgotten", accounts)
