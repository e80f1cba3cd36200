"""Scores a shop: its purchases become a frame, the analysis becomes rows and documents."""

import datetime as dt
import logging
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.domain.money import exponent
from cloud.app.jobs import advice, insights
from cloud.app.jobs.frames import lines_of, sales, signals, transactions_of
from cloud.app.jobs.grids import grid_of
from cloud.app.jobs.models import keep_model
from cloud.app.jobs.report import said_before
from cloud.app.jobs.score_rows import Run, store_run
from cloud.app.services.openings import ring
from cloud.app.services.shops import shop_by_id
from cloud.app.store.roles import act_for
from cloud.app.store.sales import Purchase
from cloud.app.store.score_queries import insight
from cloud.app.store.scores import Score
from cloud.app.store.scoring_queries import note
from cloud.app.store.shops import Shop
from cloud.ml.analysis import Analysis, analyse
from cloud.ml.clusters import cluster
from cloud.ml.effects import learnt_effects
from cloud.ml.features import customer_days
from cloud.ml.signals import Signals

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """What the shop knows at the end of the day `as_of`.

    standing : `customer_id`, `segment`, `tier` and `risk` by the run before
    """

    as_of: dt.date
    currency: str
    rows: pd.DataFrame
    standing: pd.DataFrame
    predictions: pd.DataFrame
    scoreboard: insights.Document | None
    signals: Signals | None
    products: pd.DataFrame
    contacts: pd.DataFrame
    done: pd.DataFrame


def shop_ids(sessions: sessionmaker[Session]) -> list[uuid.UUID]:
    """Return every shop."""
    with sessions.begin() as session:
        return list(session.scalars(select(Shop.id).order_by(Shop.id)))


def score_shop(
    sessions: sessionmaker[Session], *, shop_id: uuid.UUID, now: dt.datetime, key: bytes
) -> None:
    """Score a shop's customers as of its last day with a purchase, and replace their scores.

    The model is kept, sealed with the key.

    A shop that was closed, or whose sales are recorded late, has not lost its customers: what
    happened after the last purchase is not known.
    """
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        known = _known(session, shop_by_id(session, shop_id), now)
        if known is None:
            session.execute(delete(Score).where(Score.shop_id == shop_id))
            return
    # the analysis takes its time: no transaction is open meanwhile
    _begin_step(sessions, shop_id, "analysing")
    run = _run(known)
    _begin_step(sessions, shop_id, "storing")
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        store_run(session, shop_id, run)
        keep_model(session, shop_id, run.analysis, key)
    _log.info("shop %s: %d customers scored", shop_id, len(run.analysis.customers))


def _begin_step(sessions: sessionmaker[Session], shop_id: uuid.UUID, step: str) -> None:
    with sessions.begin() as session:
        act_for(session, shop_id=shop_id)
        note(session, shop_id, step=step)
        ring(session, shop_id)


def _known(session: Session, shop: Shop, now: dt.datetime) -> Known | None:
    as_of = _last_day(session, shop, now)
    if as_of is None:
        return None
    rows = sales(session, shop, as_of)
    said = insights.past_predictions(session, shop.id, as_of, exponent(shop.currency))
    return Known(
        as_of,
        shop.currency,
        rows,
        _standing(session, shop.id),
        said,
        _useful_scoreboard(session, shop.id),
        signals(session, shop, as_of),
        advice.products(session, shop, rows, as_of),
        advice.contacts(session, shop.id, now),
        advice.done(session, shop, min(said["as_of"], default=as_of)),
    )


def _run(known: Known) -> Run:
    transactions, lines = transactions_of(known.rows), lines_of(known.rows)
    tiers = dict(zip(known.standing["customer_id"], known.standing["tier"], strict=True))
    analysis = analyse(transactions, as_of=known.as_of, previous_tiers=tiers, signals=known.signals)
    documents = {
        "guide": insights.guide(),
        "bundles": advice.bundles(lines, known.products, known.as_of, known.currency),
    }
    customers = analysis.customers
    if not customers.empty:
        customers, described = _described(known, analysis, transactions)
        documents |= described
    if analysis.scorer is not None:
        documents["what_if"] = grid_of(analysis.scorer)
    next_products = advice.recommendations(lines, known.products)
    return Run(known.currency, analysis, customers, next_products, known.standing, documents)


def _described(
    known: Known, analysis: Analysis, transactions: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, insights.Document]]:
    """The customers with their clusters and actions, and what is told of all of them."""
    days = customer_days(transactions)
    groups = cluster(analysis.customers)
    numbers = groups.labels if len(groups.table) else None
    horizon_days = analysis.summary["horizon_days"]
    customers = advice.with_actions(
        analysis.customers.assign(cluster=numbers),
        known.contacts,
        horizon_days,
        learnt_effects(known.done, known.predictions, days),
    )
    return customers, {
        "trend": insights.trend(days, known.as_of, horizon_days, known.currency),
        "scoreboard": _scoreboard(known, days, transactions, horizon_days),
        "clusters": insights.clusters(groups, known.currency),
    }


def _scoreboard(
    known: Known, days: pd.DataFrame, transactions: pd.DataFrame, horizon_days: int
) -> insights.Document:
    """The record of kept predictions; until one is due, of what would have been said."""
    if not known.predictions.empty:
        return insights.scoreboard(known.predictions, days, known.as_of, known.currency)
    if known.scoreboard is not None:
        return known.scoreboard  # a whole analysis of the past: once is enough
    said = said_before(transactions, known.as_of, horizon_days)
    return insights.scoreboard(said, days, known.as_of, known.currency, is_kept=False)


def _last_day(session: Session, shop: Shop, now: dt.datetime) -> dt.date | None:
    last = session.scalar(
        select(Purchase.occurred_at)
        .where(Purchase.shop_id == shop.id)
        .order_by(Purchase.occurred_at.desc())
        .limit(1)
    )
    return min(last, now).astimezone(ZoneInfo(shop.time_zone)).date() if last else None


def _useful_scoreboard(session: Session, shop_id: uuid.UUID) -> insights.Document | None:
    """The scoreboard of the run before, unless it could tell nothing."""
    kept = insight(session, shop_id, "scoreboard")
    return kept if kept and kept["model"] is not None else None


def _standing(session: Session, shop_id: uuid.UUID) -> pd.DataFrame:
    found = session.execute(
        select(Score.membership_id, Score.segment, Score.tier, Score.risk).where(
            Score.shop_id == shop_id
        )
    )
    rows = [(str(row.membership_id), row.segment, row.tier, row.risk) for row in found]
    return pd.DataFrame(rows, columns=["customer_id", "segment", "tier", "risk"])
