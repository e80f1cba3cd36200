"""Codes that work once and for a while; only their keyed digest is kept."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json


class Ticket(Base):
    """What a code allows: a board to sign in, a person to join the staff or to set a password."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("kind IN ('device', 'invitation', 'password')", name="kind"),
        CheckConstraint("num_nonnulls(shop_id, person_id) = 1", name="owner"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    shop_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("shop.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    details: Mapped[Json]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
