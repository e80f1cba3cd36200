"""What customers say of a day, and what the shop answers."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, ShopId
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Membership, membership_key

MOODS = ("good", "fair", "bad")


class Feedback(Base):
    """One word a day from one customer; the day is that of the shop."""

    __tablename__ = "feedback"
    __table_args__ = (
        membership_key("membership_id"),
        UniqueConstraint("shop_id", "membership_id", "given_on"),
        CheckConstraint("mood IN ('good', 'fair', 'bad')", name="mood"),
        CheckConstraint(
            "was_closed OR mood IS NOT NULL OR text IS NOT NULL", name="says_something"
        ),
        Index("ix_feedback_time", "shop_id", "created_at", "id"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID]
    given_on: Mapped[dt.date]
    mood: Mapped[str | None]
    # the customer came and stood before a closed door
    was_closed: Mapped[bool]
    text: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    answer: Mapped[str | None]
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )


def feedback_of_shop(
    session: Session,
    shop_id: uuid.UUID,
    *,
    is_answered: bool | None,
    limit: int,
    cursor: str | None,
) -> Page[tuple[Feedback, str | None]]:
    """Return a page of feedback with the customers' names, the newest first."""
    rows: Select[*tuple[Any, ...]] = (
        select(Feedback, Membership.name.label("customer"))
        .join(
            Membership,
            (Membership.shop_id == Feedback.shop_id) & (Membership.id == Feedback.membership_id),
        )
        .where(Feedback.shop_id == shop_id)
    )
    if is_answered is not None:
        answered = Feedback.answered_at.is_not(None)
        rows = rows.where(answered if is_answered else ~answered)
    columns = Feedback.__table__.c
    order = Order(columns.created_at, columns.id, is_descending=True)
    page = fetch_page(session, rows, order, limit=limit, cursor=cursor)
    return Page([(row.Feedback, row.customer) for row in page.items], page.next_cursor)


def feedback_on(
    session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID, date: dt.date
) -> Feedback | None:
    """Return what a customer said on a day, locked: nobody answers what is just being changed."""
    return session.scalar(
        select(Feedback)
        .where(
            Feedback.shop_id == shop_id,
            Feedback.membership_id == membership_id,
            Feedback.given_on == date,
        )
        .with_for_update()
    )
