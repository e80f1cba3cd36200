"""Everything that happened with one customer, in one list."""

import functools
import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Date,
    Row,
    Select,
    Subquery,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from cloud.app.store.consents import ConsentEvent
from cloud.app.store.feedback import Feedback
from cloud.app.store.notes import Note
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.people import Membership, Referral
from cloud.app.store.sales import Purchase
from cloud.app.store.scores import Outreach

KINDS = (
    "joined", "left", "visit", "purchase", "note", "consent", "feedback", "referred", "brought",
    "outreach",
)  # fmt: skip
# what customers see of themselves; the shop's notes are in their export, friends stay unnamed
OPEN_KINDS = ("joined", "left", "visit", "purchase", "consent", "feedback")

_SHOP, _MEMBER = bindparam("of_shop", type_=Uuid()), bindparam("of_member", type_=Uuid())
_ZONE = bindparam("in_zone", type_=Text())


def timeline(
    session: Session,
    shop_id: uuid.UUID,
    membership_id: uuid.UUID,
    *,
    time_zone: str,
    kinds: Collection[str] = KINDS,
    limit: int,
    cursor: str | None,
) -> Page[Row[Any]]:
    """Return a page of kind, at, id and details, the newest first.

    A visit is a day of the shop's own time with a positive net amount.
    """
    happened = _happened(frozenset(kinds))
    order = Order(happened.c.at, happened.c.id, is_descending=True)
    whose = {"of_shop": shop_id, "of_member": membership_id, "in_zone": time_zone}
    rows = select(happened).where(happened.c.at.is_not(None))
    return fetch_page(session, rows, order, limit=limit, cursor=cursor, values=whose)


@functools.cache
def _happened(kinds: frozenset[str]) -> Subquery:
    """Return everything of some kinds; putting it together takes longer than running it."""
    parts = [
        _part(kind, *part).where(part[0].shop_id == _SHOP, part[1] == _MEMBER)
        for kind, part in _parts().items()
        if kind in kinds
    ]
    if "visit" in kinds:
        parts.append(_visits())
    return union_all(*parts).subquery("happened")


def _part(kind: str, table: Any, _: Any, id_: Any, at: Any, *details: Any) -> Select[Any]:
    return select(
        literal(kind, Text).label("kind"),
        at.label("at"),
        id_.label("id"),
        func.jsonb_build_object(*details).label("details"),
    )


def _parts() -> dict[str, tuple[Any, ...]]:
    """Of each kind: the table, the customer in it, the id, the time, and the details."""
    return {
        "purchase": (
            Purchase, Purchase.membership_id, Purchase.id, Purchase.occurred_at,
            "amount_minor", Purchase.amount_minor, "currency", Purchase.currency,
            "reference", Purchase.reference,
        ),
        "note": (Note, Note.membership_id, Note.id, Note.created_at, "text", Note.text),
        "consent": (
            ConsentEvent, ConsentEvent.membership_id, ConsentEvent.id, ConsentEvent.created_at,
            "channel", ConsentEvent.channel, "purpose", ConsentEvent.purpose,
            "action", ConsentEvent.action, "source", ConsentEvent.source,
        ),
        "feedback": (
            Feedback, Feedback.membership_id, Feedback.id, Feedback.created_at,
            "mood", Feedback.mood, "was_closed", Feedback.was_closed, "text", Feedback.text,
            "answer", Feedback.answer,
        ),
        "outreach": (
            Outreach, Outreach.membership_id, Outreach.id, Outreach.created_at,
            "outcome", Outreach.outcome, "action", Outreach.action, "channel", Outreach.channel,
        ),
        "joined": (Membership, Membership.id, Membership.id, Membership.linked_at),
        "left": (Membership, Membership.id, Membership.id, Membership.left_at),
        "referred": (
            Referral, Referral.friend_id, Referral.friend_id, Referral.joined_at,
            "by", Referral.referrer_id,
        ),
        "brought": (
            Referral, Referral.referrer_id, Referral.friend_id, Referral.joined_at,
            "friend", Referral.friend_id,
        ),
    }  # fmt: skip


def _visits() -> Select[Any]:
    day = cast(func.timezone(_ZONE, Purchase.occurred_at), Date)
    net_minor = func.sum(Purchase.amount_minor)
    first = func.min(Purchase.occurred_at)
    # an id of its own, the same whenever it is asked for
    id_ = func.md5(func.concat("visit", Purchase.membership_id, first))
    return (
        select(
            literal("visit", Text).label("kind"),
            first.label("at"),
            cast(id_, Uuid).label("id"),
            func.jsonb_build_object(
                "amount_minor", net_minor, "currency", func.min(Purchase.currency),
                "purchases", func.count(),
            ).label("details"),
        )
        .where(Purchase.shop_id == _SHOP, Purchase.membership_id == _MEMBER)
        .group_by(Purchase.membership_id, day)
        .having(net_minor > 0)
    )  # fmt: skip
