"""Two customers that were one, with everything that makes them two again; and those who are two."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json, ShopId
from cloud.app.store.people import membership_key


class CustomerMerge(Base):
    """A duplicate that was merged into the customer of `membership_id`, and exists no more."""

    __tablename__ = "customer_merge"
    __table_args__ = (
        membership_key("membership_id"),
        Index("ix_customer_merge_member", "shop_id", "membership_id"),
        Index("ix_customer_merge_duplicate", "shop_id", "duplicate_id"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID]
    duplicate_id: Mapped[uuid.UUID]
    # the whole row of the duplicate
    duplicate: Mapped[Json]
    # the fields that the survivor took over: what they were, and what they became
    before: Mapped[Json]
    after: Mapped[Json]
    # "table.column" to the ids of the rows that moved, and whole rows that the survivor has itself
    moved: Mapped[Json]
    aside: Mapped[Json]
    created_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[dt.datetime | None]


class TwoPeople(Base):
    """Two customers who are not one, whatever they share. Each pair is kept in both orders."""

    __tablename__ = "two_people"
    __table_args__ = (
        membership_key("membership_id"),
        membership_key("other_id"),
        CheckConstraint("membership_id <> other_id", name="others"),
        Index("ix_two_people_other", "shop_id", "other_id"),
    )

    shop_id: Mapped[ShopId]
    membership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    other_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    created_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
