"""What the models said: a run for the whole shop, and a score for each customer."""

import datetime as dt
import uuid

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json, Minor, SaidAt, ShopId
from cloud.app.store.people import membership_key

TIERS = ("Platinum", "Gold", "Silver", "Bronze")


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
        # the sort keys of `customer_queries`
        *(
            Index(f"ix_score_{name}", "shop_id", text(f"coalesce({key}, -1)"), "membership_id")
            for name, key in (
                ("value_at_risk", "revenue_at_risk_minor"),
                ("churn", "churn_probability"),
                ("clv", "clv_minor"),
            )
        ),
        Index(
            "ix_score_action",
            "shop_id",
            text("coalesce(action_value_minor, 0)"),
            "membership_id",
            postgresql_where=text("action IS NOT NULL"),
        ),
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
    # eight in ten customers end up between them
    clv_low_minor: Mapped[Minor | None]
    clv_high_minor: Mapped[Minor | None]
    # what the customer paid in as many days before
    last_horizon_spent_minor: Mapped[Minor | None]
    revenue_at_risk_minor: Mapped[Minor | None]
    drivers: Mapped[list[str]]
    # the number of the cluster in the insight of this name
    cluster: Mapped[int | None] = mapped_column(SmallInteger)
    # the best that can be done for this customer; without an action the reason says why
    action: Mapped[str | None]
    action_channel: Mapped[str | None]
    action_value_minor: Mapped[Minor | None]
    action_cost_minor: Mapped[Minor | None]
    action_reason: Mapped[str | None]
    # product, after which one, how sure, and why in words
    recommendations: Mapped[list[Json]] = mapped_column(
        JSONB, default=list, server_default=text("'[]'")
    )


class Outreach(Base):
    """What was done for a customer on our advice, or that it shall rest.

    `done`: written or called; `later`: not before `until`; `never`: no longer a customer.
    """

    __tablename__ = "outreach"
    __table_args__ = (
        membership_key("membership_id"),
        CheckConstraint("outcome IN ('done', 'later', 'never')", name="outcome"),
        Index("ix_outreach_member", "shop_id", "membership_id", "created_at"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID]
    outcome: Mapped[str]
    action: Mapped[str | None]
    channel: Mapped[str | None]
    until: Mapped[dt.datetime | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[SaidAt]


class Prediction(Base):
    """What a run said of a customer, kept until its horizon is over and long after.

    The run knows the date and the horizon. Which runs are kept: `history_queries.forget_runs`.
    """

    __tablename__ = "prediction"
    __table_args__ = (
        membership_key("membership_id"),
        ForeignKeyConstraint(
            ["shop_id", "run_id"], ["score_run.shop_id", "score_run.id"], ondelete="CASCADE"
        ),
        CheckConstraint("churn_probability BETWEEN 0 AND 1", name="churn_probability"),
        Index("ix_prediction_member", "shop_id", "membership_id"),
    )

    shop_id: Mapped[ShopId]
    run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    churn_probability: Mapped[float] = mapped_column(REAL)
    clv_minor: Mapped[Minor | None]


class ScoreMove(Base):
    """A customer who came into another segment, tier or risk band, by the day of the run."""

    __tablename__ = "score_move"
    __table_args__ = (
        membership_key("membership_id"),
        CheckConstraint("kind IN ('segment', 'tier', 'risk')", name="kind"),
        CheckConstraint("direction IN ('new', 'changed', 'up', 'down')", name="direction"),
        Index("ix_score_move_time", "shop_id", "created_at", "id"),
        Index("ix_score_move_member", "shop_id", "membership_id"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID]
    moved_on: Mapped[dt.date]
    kind: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str]
    direction: Mapped[str]
    created_at: Mapped[CreatedAt]


class Insight(Base):
    """What the latest run found besides scores; one document of each kind."""

    __tablename__ = "insight"

    shop_id: Mapped[ShopId]
    kind: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[dt.date]
    content: Mapped[Json]
    created_at: Mapped[CreatedAt]


class TierReward(Base):
    """What one of TIERS brings, in the owner's words."""

    __tablename__ = "tier_reward"
    __table_args__ = (
        CheckConstraint("tier IN ('Platinum', 'Gold', 'Silver', 'Bronze')", name="tier"),
    )

    shop_id: Mapped[ShopId]
    tier: Mapped[str] = mapped_column(primary_key=True)
    reward: Mapped[str]
