"""Requests that were answered under a key of their sender's, so that a retry changes nothing."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, SmallInteger, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base, CreatedAt

LIFETIME = dt.timedelta(hours=24)


class IdempotencyKey(Base):
    """A key of one person, the digest of its request, and the answer once there is one.

    The key itself is kept as a digest, and an answer that shows a secret without its body.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (
        Index("ix_idempotency_key_shop_id", "shop_id"),
        Index("ix_idempotency_key_created_at", "created_at"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    key_digest: Mapped[bytes] = mapped_column(primary_key=True)
    request_digest: Mapped[bytes]
    # the shop of the address: with a customer of it, what was answered about them is forgotten too
    shop_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    body: Mapped[str | None]
    created_at: Mapped[CreatedAt]


def claim_key(
    session: Session,
    *,
    person_id: uuid.UUID,
    key_digest: bytes,
    request_digest: bytes,
    now: dt.datetime,
) -> IdempotencyKey | None:
    """Return None when the key is this transaction's now, else the request that used it before.

    Waits for another transaction that has claimed the same key and has not ended.
    """
    values = {"request_digest": request_digest, "created_at": now}
    claim = (
        insert(IdempotencyKey)
        .values(person_id=person_id, key_digest=key_digest, **values)
        .on_conflict_do_update(
            index_elements=["person_id", "key_digest"],
            set_={**values, "shop_id": None, "status": None, "body": None},
            where=IdempotencyKey.created_at < now - LIFETIME,
        )
        .returning(IdempotencyKey.key_digest)
    )
    if session.scalar(claim) is not None:
        return None
    return session.get_one(IdempotencyKey, (person_id, key_digest))


def forget_answers(session: Session, shop_id: uuid.UUID) -> None:
    """Forget what was answered about a shop, because somebody in it wants to be forgotten."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.shop_id == shop_id))


def forget_old_keys(session: Session, now: dt.datetime) -> None:
    """Forget keys that are not honoured any more."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - LIFETIME))
