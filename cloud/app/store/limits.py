"""How often somebody tried within a while, counted for all processes together."""

import datetime as dt

from sqlalchemy import Index, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base

# a count whose time is over begins anew
_COUNT = text("""
    INSERT INTO rate_limit AS old (key, hits, expires_at)
    VALUES (:key, :hits, now() + make_interval(secs => :within_s))
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN old.expires_at <= now() THEN 0 ELSE old.hits END + excluded.hits,
        expires_at = CASE WHEN old.expires_at <= now() THEN excluded.expires_at
            ELSE old.expires_at END
    RETURNING hits
""")
_FOUND = text("SELECT hits, expires_at FROM rate_limit WHERE key = :key AND expires_at > now()")
_FORGET = text("DELETE FROM rate_limit WHERE key = :key")
_FORGET_OLD = text("DELETE FROM rate_limit WHERE expires_at <= :now")


class RateLimit(Base):
    """A window of one limit; the key is a digest, because it names addresses and logins."""

    __tablename__ = "rate_limit"
    __table_args__ = (
        Index("ix_rate_limit_expires_at", "expires_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    key: Mapped[bytes] = mapped_column(primary_key=True)
    hits: Mapped[int]
    expires_at: Mapped[dt.datetime]


def count_hits(connection: Connection, key: bytes, hits: int, within_s: float) -> int:
    """Add hits to a window and return how many it has."""
    values = {"key": key, "hits": hits, "within_s": within_s}
    return int(connection.execute(_COUNT, values).scalar_one())


def hits_until(connection: Connection, key: bytes) -> tuple[int, dt.datetime] | None:
    """Return the hits of a window and its end, or None when there is none."""
    found = connection.execute(_FOUND, {"key": key}).one_or_none()
    return (found.hits, found.expires_at) if found else None


def forget_hits(connection: Connection, key: bytes) -> None:
    """End a window."""
    connection.execute(_FORGET, {"key": key})


def forget_old_hits(session: Session, now: dt.datetime) -> None:
    """Forget windows whose time is over."""
    session.execute(_FORGET_OLD, {"now": now})
