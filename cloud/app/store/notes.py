"""What a shop's people write down about a customer."""

import uuid

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, ShopId
from cloud.app.store.people import membership_key


class Note(Base):
    """A sentence about a customer, for the shop's own people."""

    __tablename__ = "note"
    __table_args__ = (
        membership_key("membership_id"),
        Index("ix_note_member", "shop_id", "membership_id", "created_at"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID]
    text: Mapped[str]
    created_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]


def count_notes(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID) -> int:
    """Return how many notes a shop has about a customer."""
    of_customer = (Note.shop_id == shop_id, Note.membership_id == membership_id)
    return session.scalar(select(func.count(Note.id)).where(*of_customer)) or 0
