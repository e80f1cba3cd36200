"""What a shop's people write down about a customer."""

import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

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
