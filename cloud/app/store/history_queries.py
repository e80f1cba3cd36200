"""Past runs: what they said, who moved since, and which of them are forgotten."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Membership
from cloud.app.store.scores import Prediction, ScoreMove, ScoreRun

# Every run of two weeks is kept, then one a week, for as long as events are.
KEEP_EVERY_RUN_DAYS = 14
KEEP_DAYS = 760
# what is judged; a run of every horizon of the last year for most shops
MAX_JUDGED_RUNS = 6

_SAID: tuple[Any, ...] = (
    Prediction.run_id, Prediction.membership_id, Prediction.churn_probability, Prediction.clv_minor
)  # fmt: skip
_MOVED: tuple[Any, ...] = (ScoreMove, Membership.name, Membership.reference)

_FORGET_RUNS = text("""
    DELETE FROM score_run WHERE shop_id = :shop_id AND id NOT IN (
        SELECT DISTINCT ON (
            CASE WHEN as_of > :as_of - CAST(:every AS integer) THEN as_of
            ELSE date_trunc('week', as_of)::date END
        ) id
        FROM score_run
        WHERE shop_id = :shop_id AND as_of > :as_of - CAST(:keep AS integer)
        ORDER BY
            CASE WHEN as_of > :as_of - CAST(:every AS integer) THEN as_of
            ELSE date_trunc('week', as_of)::date END,
            CASE WHEN as_of > :as_of - CAST(:every AS integer) THEN 0 ELSE as_of - date '2000-01-01'
            END,
            created_at DESC
    ) AND id <> :latest
""")
_FORGET_MOVES = text(
    "DELETE FROM score_move WHERE shop_id = :shop_id AND moved_on < :as_of - CAST(:keep AS integer)"
)


def forget_runs(session: Session, shop_id: uuid.UUID, run: ScoreRun) -> None:
    """Forget runs that a later one of the same day replaces, and thin out the old ones.

    A week keeps its earliest run: were it the latest, each would be forgotten before it is due.
    """
    values = {
        "shop_id": shop_id, "as_of": run.as_of, "latest": run.id,
        "every": KEEP_EVERY_RUN_DAYS, "keep": KEEP_DAYS,
    }  # fmt: skip
    session.execute(_FORGET_RUNS, values)
    session.execute(_FORGET_MOVES, values)


def judged_runs(session: Session, shop_id: uuid.UUID, today: dt.date) -> list[ScoreRun]:
    """Return runs whose horizon is over, the latest first, none overlapping with the one after."""
    said = select(Prediction.run_id).where(
        Prediction.shop_id == ScoreRun.shop_id, Prediction.run_id == ScoreRun.id
    )
    runs = session.scalars(
        select(ScoreRun)
        # without a signal a run said nothing that could be judged
        .where(ScoreRun.shop_id == shop_id, ScoreRun.as_of < today, said.exists())
        .order_by(ScoreRun.as_of.desc(), ScoreRun.created_at.desc())
    )
    judged: list[ScoreRun] = []
    end = today
    for run in runs:
        if run.as_of + dt.timedelta(days=run.horizon_days) <= end:
            judged.append(run)
            end = run.as_of
    return judged[:MAX_JUDGED_RUNS]


def predictions_of(
    session: Session, shop_id: uuid.UUID, run_ids: Iterable[uuid.UUID]
) -> Sequence[Row[Any]]:
    """Return run_id, membership_id, churn_probability and clv_minor of some runs."""
    rows = select(*_SAID).where(Prediction.shop_id == shop_id, Prediction.run_id.in_(list(run_ids)))
    return session.execute(rows).all()


def moves(
    session: Session,
    shop_id: uuid.UUID,
    *,
    kind: str | None = None,
    customer_id: uuid.UUID | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Row[Any]]:
    """Return a page of rows of ScoreMove, name and reference, the newest first."""
    rows = (
        select(*_MOVED)
        .join(
            Membership,
            (Membership.shop_id == ScoreMove.shop_id) & (Membership.id == ScoreMove.membership_id),
        )
        .where(ScoreMove.shop_id == shop_id)
    )
    if kind is not None:
        rows = rows.where(ScoreMove.kind == kind)
    if customer_id is not None:
        rows = rows.where(ScoreMove.membership_id == customer_id)
    columns = ScoreMove.__table__.c
    order = Order(columns.created_at, columns.id, is_descending=True)
    return fetch_page(session, rows, order, limit=limit, cursor=cursor)
