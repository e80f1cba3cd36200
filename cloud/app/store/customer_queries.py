"""Customers with what they bought and their latest score."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, func, or_, select
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.store.advice_queries import action_holds, is_resting
from cloud.app.store.consent_queries import reachable
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Membership
from cloud.app.store.scores import Score, ScoreRun

# as in the index `ix_membership_last_visit`
LONG_AGO = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)

_score_of_member = and_(Score.shop_id == Membership.shop_id, Score.membership_id == Membership.id)


def _order(key: ColumnElement[Any], *, is_descending: bool = True) -> Order:
    return Order(key, Membership.__table__.c.id, is_descending)


_COLUMNS: tuple[Any, ...] = (
    Membership,
    Score,
    ScoreRun,
    action_holds().label("action_holds"),
    is_resting().label("is_resting"),
)

# customers without a score stand behind all that have one
ORDERS = {
    "value_at_risk": _order(func.coalesce(Score.revenue_at_risk_minor, -1)),
    "churn": _order(func.coalesce(Score.churn_probability, -1.0)),
    "clv": _order(func.coalesce(Score.clv_minor, -1)),
    "action": _order(case((action_holds(), func.coalesce(Score.action_value_minor, 0)), else_=-1)),
    "last_visit": _order(func.coalesce(Membership.last_visit_at, LONG_AGO)),
    "visits": _order(Membership.__table__.c.visits),
    "spent": _order(Membership.__table__.c.spent_minor),
    "name": _order(
        func.lower(func.coalesce(Membership.name, Membership.reference, ""), type_=Text()),
        is_descending=False,
    ),
}


@dataclass(frozen=True)
class CustomerFilter:
    """What a list of customers is narrowed to."""

    search: str | None = None
    risk: str | None = None
    segment: str | None = None
    tier: str | None = None
    tag: str | None = None
    # agreed to offers on at least one channel, and has what that channel needs
    is_reachable: bool | None = None
    # an analyst may not find out by searching whom the shop knows
    by_name: bool = True
    # away for longer than usual, worth something, and not seen to already
    is_slipping: bool = False
    # something is worth being done now
    has_action: bool = False


def customers(
    session: Session,
    shop_id: uuid.UUID,
    wanted: CustomerFilter,
    *,
    sort: str,
    limit: int,
    cursor: str | None,
) -> Page[Row[Any]]:
    """Return a page of rows of Membership, Score, ScoreRun, action_holds and is_resting."""
    found = (
        select(Membership.id)
        .outerjoin(Score, _score_of_member)
        .where(Membership.shop_id == shop_id, *_conditions(wanted))
    )
    page = fetch_page(session, found, ORDERS[sort], limit=limit, cursor=cursor)
    ids = [row.id for row in page.items]
    rows = session.execute(_customers(shop_id).where(Membership.id.in_(ids)))
    by_id = {row.Membership.id: row for row in rows}
    return Page([by_id[customer_id] for customer_id in ids], page.next_cursor)


def customer(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> Row[Any]:
    """Return one customer as in `customers`. Raises NotFound."""
    row = session.execute(_customers(shop_id).where(Membership.id == customer_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such customer")
    return row


def customers_by_id(
    session: Session, shop_id: uuid.UUID, ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Membership]:
    """Return some customers by id."""
    rows = session.scalars(
        select(Membership).where(Membership.shop_id == shop_id, Membership.id.in_(ids))
    )
    return {row.id: row for row in rows}


def _customers(shop_id: uuid.UUID) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .outerjoin(Score, _score_of_member)
        .outerjoin(ScoreRun, and_(ScoreRun.shop_id == Score.shop_id, ScoreRun.id == Score.run_id))
        .where(Membership.shop_id == shop_id)
    )


def _conditions(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.search:
        text = wanted.search
        names = (Membership.name, Membership.phone, Membership.email) if wanted.by_name else ()
        columns = (Membership.reference, *names)
        conditions.append(or_(*(c.icontains(text, autoescape=True) for c in columns)))
    if wanted.risk:
        conditions.append(Score.risk == wanted.risk)
    if wanted.segment:
        conditions.append(Score.segment == wanted.segment)
    if wanted.tier:
        conditions.append(Score.tier == wanted.tier)
    if wanted.tag:
        conditions.append(Membership.tags.contains([wanted.tag]))
    if wanted.is_reachable is not None:
        conditions.append(Membership.id.in_(reachable()) == wanted.is_reachable)
    if wanted.is_slipping:
        conditions.append(Score.days_since_last_visit > Score.usual_gap_days)
        conditions.append(Score.revenue_at_risk_minor > 0)
        conditions.append(~is_resting())
    if wanted.has_action:
        conditions.append(action_holds())
    return conditions
