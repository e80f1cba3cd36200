"""The latest scores of a shop, and how many customers are in each band."""

import uuid
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from cloud.app.store.scores import Insight, Score, ScoreRun


def latest_run(session: Session, shop_id: uuid.UUID) -> ScoreRun | None:
    """Return the newest scoring of a shop."""
    return session.scalar(
        select(ScoreRun)
        .where(ScoreRun.shop_id == shop_id)
        .order_by(ScoreRun.created_at.desc())
        .limit(1)
    )


def latest_kpis(session: Session, shop_id: uuid.UUID) -> Row[Any] | None:
    """Return kpis, horizon_days and verdict of the newest scoring, without the rest of it."""
    return session.execute(
        select(ScoreRun.summary["kpis"].label("kpis"), ScoreRun.horizon_days, ScoreRun.verdict)
        .where(ScoreRun.shop_id == shop_id)
        .order_by(ScoreRun.created_at.desc())
        .limit(1)
    ).one_or_none()


def bands(session: Session, shop_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """Return how many customers are in each risk band, segment and tier."""
    return {
        name: _counts(session, shop_id, column)
        for name, column in (
            ("risk", Score.risk), ("segment", Score.segment), ("tier", Score.tier)
        )
    }  # fmt: skip


def insight(session: Session, shop_id: uuid.UUID, kind: str) -> dict[str, Any] | None:
    """Return a document of the latest run, or None before the first one."""
    return session.scalar(
        select(Insight.content).where(Insight.shop_id == shop_id, Insight.kind == kind)
    )


def _counts(session: Session, shop_id: uuid.UUID, column: Any) -> dict[str, int]:
    rows = session.execute(
        select(column, func.count())
        .where(Score.shop_id == shop_id, column.is_not(None))
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return dict(rows.all())
