"""Who saw and changed what, and who looks after the installation."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Person

KEEP = dt.timedelta(days=730)
# what `about` calls the other one where two customers are merged, or called two people
OTHER_CUSTOMERS = ("duplicate_id", "other_id")
_FORGET = text("DELETE FROM audit_event WHERE happened_at < :before")


class PlatformAdmin(Base):
    """A person who looks after the installation; made by the command line only."""

    __tablename__ = "platform_admin"

    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[CreatedAt]


class AuditEvent(Base):
    """One look or change. It names things by id and fields by name, and holds no value of them."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_shop", "shop_id", "happened_at", "id"),)

    id: Mapped[Id]
    # null: a look of the platform's administrator
    shop_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("shop.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    role: Mapped[str]
    # the name of the operation in the API document
    action: Mapped[str]
    # no foreign key: that somebody was looked at is true also when they are gone
    customer_id: Mapped[uuid.UUID | None]
    # the other ids of the address
    about: Mapped[Json]
    # the names of the fields that were sent
    fields: Mapped[list[str]]
    happened_at: Mapped[dt.datetime]


def audit_events(
    session: Session,
    shop_id: uuid.UUID | None,
    *,
    customer_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Row[Any]]:
    """Return a page of AuditEvent and the person's name, the newest first; without a shop, the
    looks of the platform's administrators."""
    columns = AuditEvent.__table__.c
    listed: tuple[Any, ...] = (AuditEvent, Person.name.label("person_name"))
    rows = select(*listed).outerjoin(Person, Person.id == AuditEvent.person_id)
    rows = rows.where(columns.shop_id == shop_id if shop_id else columns.shop_id.is_(None))
    if person_id is not None:
        rows = rows.where(columns.person_id == person_id)
    if customer_id is not None:
        others = (columns.about[name].astext == str(customer_id) for name in OTHER_CUSTOMERS)
        rows = rows.where(or_(columns.customer_id == customer_id, *others))
    order = Order(columns.happened_at, columns.id, is_descending=True)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)


def is_platform_admin(session: Session, person_id: uuid.UUID) -> bool:
    """Tell whether the person for whom the transaction acts looks after the installation."""
    return session.get(PlatformAdmin, person_id) is not None


def forget_old_audit(session: Session, now: dt.datetime) -> None:
    """Forget what was seen and changed long ago."""
    session.execute(_FORGET, {"before": now - KEEP})
