"""What the models said: a run for the whole shop, and a score for each customer."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Float, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json, Minor, ShopId
from cloud.app.store.people import membership_key


class ScoreRun(Base):
    """One scoring of a shop: model, verdict, back-test and KPIs in `summary`."""

    __tablename__ = "score_run"
    __table_args__ = (Index("ix_score_run_latest", "shop_id", "created_at"),)

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    as_of: Mapped[dt.date]
    horizon_days: Mapped[int]
    model: Mapped[str | None]
    verdict: Mapped[str]
    summary: Mapped[Json]
    created_at: Mapped[CreatedAt]


class Score(Base):
    """The latest score of one customer."""

    __tablename__ = "score"
    __table_args__ = (
        membership_key("membership_id"),
        ForeignKeyConstraint(
            ["shop_id", "run_id"], ["score_run.shop_id", "score_run.id"], ondelete="CASCADE"
        ),
        CheckConstraint("churn_probability BETWEEN 0 AND 1", name="churn_probability"),
        CheckConstraint("risk IN ('high', 'medium', 'low')", name="risk"),
    )

    shop_id: Mapped[ShopId]
    membership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    run_id: Mapped[uuid.UUID]
    visits: Mapped[int]
    days_since_last_visit: Mapped[int]
    tenure_days: Mapped[int]
    monetary_value_minor: Mapped[Minor | None]
    average_order_value_minor: Mapped[Minor | None]
    usual_gap_days: Mapped[float | None] = mapped_column(Float)
    segment: Mapped[str]
    tier: Mapped[str]
    churn_probability: Mapped[float | None] = mapped_column(Float)
    risk: Mapped[str | None]
    expected_visits: Mapped[float | None] = mapped_column(Float)
    clv_minor: Mapped[Minor | None]
    revenue_at_risk_minor: Mapped[Minor | None]
    drivers: Mapped[list[str]]
