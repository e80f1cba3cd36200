"""What a shop says of its opening beside its doors and hours, and corrections of its count."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, Id, ShopId


class OpeningOverride(Base):
    """The owner's word: open or closed until `ends_at`, whatever doors and hours say."""

    __tablename__ = "opening_override"
    __table_args__ = (
        CheckConstraint("ends_at >= starts_at", name="ends"),
        Index("ix_opening_override_ends", "shop_id", "ends_at"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    is_open: Mapped[bool]
    message: Mapped[str | None]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )


class OpeningException(Base):
    """A day with hours of its own; None means closed all day."""

    __tablename__ = "opening_exception"

    shop_id: Mapped[ShopId]
    date: Mapped[dt.date] = mapped_column(primary_key=True)
    hours: Mapped[str | None]
    note: Mapped[str | None]


class CountCorrection(Base):
    """The count of a door set right, by a person or when the shop closed. Never changed after."""

    __tablename__ = "count_correction"
    __table_args__ = (
        CheckConstraint("inside >= 0", name="inside"),
        CheckConstraint("source IN ('closing', 'person')", name="source"),
        ForeignKeyConstraint(
            ["shop_id", "site_id"], ["site.shop_id", "site.id"], ondelete="CASCADE"
        ),
        Index("ix_count_correction_time", "shop_id", "corrected_at"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    site_id: Mapped[uuid.UUID]
    corrected_at: Mapped[dt.datetime]
    # what was counted, how far that may have been off, and what it was set to
    counted: Mapped[int]
    margin: Mapped[int]
    inside: Mapped[int]
    source: Mapped[str]
    reason: Mapped[str | None]
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
