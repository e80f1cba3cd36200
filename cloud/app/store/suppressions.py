"""Contacts that a shop has erased: only keyed digests, to stay silent."""

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base, CreatedAt, ShopId


class Suppression(Base):
    """A contact of which the shop may not write on the strength of an import or its own word."""

    __tablename__ = "suppression"

    shop_id: Mapped[ShopId]
    digest: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]


def suppress(session: Session, shop_id: uuid.UUID, digests: Collection[str]) -> None:
    """Keep digests of contacts; those that are kept already stay."""
    if digests:
        rows = [{"shop_id": shop_id, "digest": digest} for digest in sorted(digests)]
        session.execute(insert(Suppression).values(rows).on_conflict_do_nothing())


def suppressed_digests(session: Session, shop_id: uuid.UUID) -> set[str]:
    """Return the digests of every contact that a shop has erased."""
    return set(session.scalars(select(Suppression.digest).where(Suppression.shop_id == shop_id)))
