"""Customers with what they bought and their latest score."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    Text,
    and_,
    case,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session, defer

from cloud.app.domain.errors import NotFound
from cloud.app.store.advice_queries import action_holds, is_resting
from cloud.app.store.consent_queries import is_reachable
from cloud.app.store.pages import Order, Page, one_page, page_of
from cloud.app.store.people import Membership
from cloud.app.store.scores import Score, ScoreRun

# as in the index `ix_membership_last_visit`
LONG_AGO = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)

_score_of_member = and_(Score.shop_id == Membership.shop_id, Score.membership_id == Membership.id)
_members, _scores = Membership.__table__.c, Score.__table__.c

_COLUMNS: tuple[Any, ...] = (
    Membership,
    Score,
    ScoreRun,
    action_holds().label("action_holds"),
    is_resting().label("is_resting"),
)

# The expressions stand in indexes. Customers without a score, or whose score does not say this,
# stand behind all others.
UNKNOWN = -1
SCORE_KEYS: dict[str, ColumnElement[Any]] = {
    "value_at_risk": func.coalesce(_scores.revenue_at_risk_minor, UNKNOWN),
    "churn": func.coalesce(_scores.churn_probability, float(UNKNOWN)),
    "clv": func.coalesce(_scores.clv_minor, UNKNOWN),
}
_ACTION_VALUE = func.coalesce(_scores.action_value_minor, 0)
MEMBER_ORDERS = {
    "action": Order(case((action_holds(), _ACTION_VALUE), else_=UNKNOWN), _members.id, True),
    "last_visit": Order(func.coalesce(_members.last_visit_at, LONG_AGO), _members.id, True),
    "visits": Order(_members.visits, _members.id, True),
    "spent": Order(_members.spent_minor, _members.id, True),
    "name": Order(
        func.lower(func.coalesce(_members.name, _members.reference, ""), type_=Text()), _members.id
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

    @property
    def is_scored(self) -> bool:
        """Tell whether only customers with a score can be meant."""
        by_score = (self.risk, self.segment, self.tier, self.is_slipping, self.has_action)
        return any(by_score)


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
    ids = _ids(shop_id, wanted, sort, limit=limit, cursor=cursor).subquery("page")
    page = Order(ids.c.sort_key, ids.c.sort_id, is_descending=sort != "name")
    rows = (
        _customers(shop_id)
        .join(ids, ids.c.sort_id == Membership.id)
        .add_columns(page.key, page.id)
        .order_by(*page.columns)
        .limit(limit + 1)
    )
    return page_of(session.execute(rows).all(), limit)


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
        # long, and the same for all
        .options(defer(ScoreRun.summary, raiseload=True))
    )


def _ids(
    shop_id: uuid.UUID, wanted: CustomerFilter, sort: str, **part: Any
) -> Select[Any] | CompoundSelect[Any]:
    """Return a query of the sort keys and ids of a page: as many rows of an index as it has."""
    conditions = [Membership.shop_id == shop_id, *_conditions(wanted)]
    scored = (
        select()
        .select_from(Score)
        .join(Membership, _score_of_member)
        .where(Score.shop_id == shop_id, *conditions)
    )
    everybody = (
        select().select_from(Membership).outerjoin(Score, _score_of_member).where(*conditions)
    )
    if sort == "action" and wanted.has_action:
        return one_page(scored, Order(_ACTION_VALUE, _scores.membership_id, True), **part)
    if sort in MEMBER_ORDERS:
        return one_page(everybody, MEMBER_ORDERS[sort], **part)
    key = SCORE_KEYS[sort]
    if wanted.is_scored:
        return one_page(scored, Order(key, _scores.membership_id, True), **part)
    known = one_page(
        scored.where(key > UNKNOWN), Order(key, _scores.membership_id, True), **part
    ).cte("known")
    # looked for only where the others do not fill the page
    is_short = select(func.count()).select_from(known).scalar_subquery() <= part["limit"]
    unknown = one_page(
        everybody.where(key <= UNKNOWN, is_short), Order(key, _members.id, True), **part
    )
    return union_all(select(known), unknown)


def _conditions(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.search:
        looked_through = Membership.searched if wanted.by_name else func.lower(Membership.reference)
        conditions.append(func.strpos(looked_through, func.lower(wanted.search)) > 0)
    if wanted.risk:
        conditions.append(Score.risk == wanted.risk)
    if wanted.segment:
        conditions.append(Score.segment == wanted.segment)
    if wanted.tier:
        conditions.append(Score.tier == wanted.tier)
    if wanted.tag:
        conditions.append(Membership.tags.contains([wanted.tag]))
    if wanted.is_reachable is not None:
        conditions.append(is_reachable() if wanted.is_reachable else ~is_reachable())
    if wanted.is_slipping:
        conditions.append(Score.days_since_last_visit > Score.usual_gap_days)
        conditions.append(Score.revenue_at_risk_minor > 0)
        conditions.append(~is_resting())
    if wanted.has_action:
        conditions.append(action_holds())
    return conditions
