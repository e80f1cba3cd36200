"""Customers with what they bought and their latest score."""

import datetime as dt
import re
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
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.store.advice_queries import action_holds, is_resting
from cloud.app.store.consent_queries import is_reachable
from cloud.app.store.pages import Order, Page, one_page, page_of
from cloud.app.store.people import Membership
from cloud.app.store.scores import Score, ScoreRun

# what may be a phone number, or enough of one to look for it
PHONE_LIKE = re.compile(r"\+?[\d ()/.-]+", re.ASCII)
PHONE_LEAST_DIGITS = 4
# as in the index `ix_membership_last_visit`
LONG_AGO = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)

_score_of_member = and_(Score.shop_id == Membership.shop_id, Score.membership_id == Membership.id)
_members, _scores = Membership.__table__.c, Score.__table__.c

MEMBER_FIELDS = (
    "id", "name", "phone", "email", "reference", "tags", "joined_at", "purchases", "visits",
    "spent_minor", "last_purchase_at", "last_visit_at",
)  # fmt: skip
RUN_FIELDS = ("as_of", "horizon_days", "model", "verdict")
SCORE_FIELDS = tuple(
    column.name for column in _scores if column.name not in ("shop_id", "membership_id", "run_id")
)
# columns, not objects: of each of a page's customers three, of which nobody changes any
_COLUMNS: tuple[Any, ...] = (
    *(_members[name] for name in MEMBER_FIELDS),
    *(ScoreRun.__table__.c[name] for name in RUN_FIELDS),
    *(_scores[name] for name in SCORE_FIELDS),
    action_holds().label("action_holds"),
    is_resting().label("is_resting"),
)
_SCORE_BEGINS, _SCORE_ENDS = len(MEMBER_FIELDS), len(_COLUMNS) - 2

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


@dataclass(frozen=True)
class Customer:
    """A customer: MEMBER_FIELDS, and RUN_FIELDS with SCORE_FIELDS of who has a score."""

    known: dict[str, Any]
    score: dict[str, Any] | None
    action_holds: bool
    is_resting: bool


def customers(
    session: Session,
    shop_id: uuid.UUID,
    wanted: CustomerFilter,
    *,
    sort: str,
    limit: int,
    cursor: str | None,
) -> Page[Customer]:
    """Return a page of customers."""
    ids = _ids(shop_id, wanted, sort, limit=limit, cursor=cursor).subquery("page")
    page = Order(ids.c.sort_key, ids.c.sort_id, is_descending=sort != "name")
    rows = (
        _customers(shop_id)
        .join(ids, ids.c.sort_id == Membership.id)
        .add_columns(page.key, page.id)
        .order_by(*page.columns)
        .limit(limit + 1)
    )
    found = page_of(session.execute(rows).all(), limit)
    return Page([_customer(row) for row in found.items], found.next_cursor)


def customer(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> Customer:
    """Return one customer. Raises NotFound."""
    row = session.execute(_customers(shop_id).where(Membership.id == customer_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such customer")
    return _customer(row)


def score_of(session: Session, shop_id: uuid.UUID, customer_id: uuid.UUID) -> Score | None:
    """Return the score of a customer who has one. Raises NotFound without such a customer."""
    row = session.execute(
        select(Membership.id, Score)
        .outerjoin(Score, _score_of_member)
        .where(Membership.shop_id == shop_id, Membership.id == customer_id)
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such customer")
    _, score = row
    return score


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
        .select_from(Membership)
        .outerjoin(Score, _score_of_member)
        .outerjoin(ScoreRun, and_(ScoreRun.shop_id == Score.shop_id, ScoreRun.id == Score.run_id))
        .where(Membership.shop_id == shop_id)
    )


def _customer(row: Row[Any]) -> Customer:
    values = tuple(row)
    score = dict(zip((*RUN_FIELDS, *SCORE_FIELDS), values[_SCORE_BEGINS:_SCORE_ENDS], strict=True))
    return Customer(
        dict(zip(MEMBER_FIELDS, values[:_SCORE_BEGINS], strict=True)),
        score if score["as_of"] else None,
        *values[_SCORE_ENDS : _SCORE_ENDS + 2],
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
    if wanted.search:
        return one_page(everybody, Order(key, _members.id, True), **part)
    known = one_page(
        scored.where(key > UNKNOWN), Order(key, _scores.membership_id, True), **part
    ).cte("known")
    # looked for only where the others do not fill the page
    is_short = select(func.count()).select_from(known).scalar_subquery() <= part["limit"]
    unknown = one_page(
        everybody.where(key <= UNKNOWN, is_short), Order(key, _members.id, True), **part
    )
    return union_all(select(known), unknown)


def _containing(part: str) -> str:
    return "%" + re.sub(r"[\\%_]", r"\\\g<0>", part) + "%"


def _looked_for(search: str) -> list[str]:
    """The text itself, and the digits of what may be a phone number: it is kept with its country
    and without gaps, and told with a leading zero instead."""
    digits = re.sub(r"\D", "", search).lstrip("0")
    is_phone = PHONE_LIKE.fullmatch(search.strip()) and len(digits) >= PHONE_LEAST_DIGITS
    return [search, digits] if is_phone else [search]


def _conditions(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.search:
        looked_through = Membership.searched if wanted.by_name else func.lower(Membership.reference)
        # PostgreSQL takes a long pattern for rare, and then looks for it first
        parts = (func.lower(_containing(part)) for part in _looked_for(wanted.search))
        conditions.append(or_(*(looked_through.like(part) for part in parts)))
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
