"""How far the scoring of a shop is, its models as sealed bytes, and its reports as PDFs."""

import datetime as dt

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Json, ShopId

# the name of the model that foretells churn
CHURN = "churn"


class Scoring(Base):
    """The latest scoring of a shop: asked for, running, done or failed."""

    __tablename__ = "scoring"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
    )

    shop_id: Mapped[ShopId]
    state: Mapped[str]
    step: Mapped[str | None]
    asked_at: Mapped[dt.datetime | None]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    # the shop's last night that was looked after
    night: Mapped[dt.date | None]
    # of what the scores were computed from
    fingerprint: Mapped[str | None]
    error: Mapped[str | None]


class Model(Base):
    """A trained model, sealed; the card tells what it is without opening it."""

    __tablename__ = "model"

    shop_id: Mapped[ShopId]
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    checksum: Mapped[str] = mapped_column(deferred=True)
    card: Mapped[Json]
    created_at: Mapped[CreatedAt]


class MonthlyReport(Base):
    """The report of a month. The one with names goes when any customer is erased."""

    __tablename__ = "report"
    __table_args__ = (CheckConstraint("extract(day FROM month) = 1", name="month"),)

    shop_id: Mapped[ShopId]
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    pdf_without_names: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[CreatedAt]
