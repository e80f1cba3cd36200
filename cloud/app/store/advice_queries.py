"""Whom one may write to and whom one has written to, and when an action still holds."""

import datetime as dt
import uuid

from sqlalchemy import ColumnElement, and_, any_, false, func, select, text
from sqlalchemy.orm import Session

from cloud.app.store.people import Membership
from cloud.app.store.scores import Outreach, Score

MESSAGE_DAYS = 90

# A channel is allowed where the latest word on marketing is a grant, and where it leads anywhere.
_GRANTED = text("""
    SELECT e.membership_id, array_agg(e.channel ORDER BY e.channel) AS channels
    FROM (
        SELECT DISTINCT ON (membership_id, channel) membership_id, channel, action
        FROM consent_event
        WHERE shop_id = :shop_id AND purpose = 'marketing' AND channel <> 'push'
        ORDER BY membership_id, channel, created_at DESC, id
    ) e
    JOIN membership m ON m.shop_id = :shop_id AND m.id = e.membership_id
    WHERE e.action = 'grant'
        AND CASE e.channel WHEN 'email' THEN m.email IS NOT NULL ELSE m.phone IS NOT NULL END
    GROUP BY e.membership_id
""")


def granted_channels(session: Session, shop_id: uuid.UUID) -> dict[uuid.UUID, list[str]]:
    """Return the channels on which each customer agreed to marketing and can be reached."""
    rows = session.execute(_GRANTED, {"shop_id": shop_id})
    return {row.membership_id: list(row.channels) for row in rows}


def recent_outreach(
    session: Session, shop_id: uuid.UUID, now: dt.datetime
) -> dict[uuid.UUID, tuple[int, int]]:
    """Return by customer the days since we last wrote or called, and how often in 90 days."""
    since = now - dt.timedelta(days=MESSAGE_DAYS)
    rows = session.execute(
        select(Outreach.membership_id, func.max(Outreach.created_at), func.count())
        .where(Outreach.shop_id == shop_id, Outreach.outcome == "done", Outreach.created_at > since)
        .group_by(Outreach.membership_id)
    )
    return {customer: (max((now - last).days, 0), times) for customer, last, times in rows}


def outreach_done(
    session: Session, shop_id: uuid.UUID, since: dt.datetime
) -> list[tuple[uuid.UUID, str, dt.datetime]]:
    """Return for whom which action was done, and when."""
    rows = session.execute(
        select(Outreach.membership_id, Outreach.action, Outreach.created_at).where(
            Outreach.shop_id == shop_id,
            Outreach.outcome == "done",
            Outreach.action.is_not(None),
            Outreach.created_at >= since,
        )
    )
    return [(customer, action or "", at) for customer, action, at in rows]


def is_resting() -> ColumnElement[bool]:
    """Tell of a Membership whether it was seen to, put off, or is no customer any more."""
    return func.coalesce(Membership.rests_until > func.now(), false())


def action_holds() -> ColumnElement[bool]:
    """Tell of a Score with its Membership whether its action may be done now: consent may have
    ended since."""
    # as coalesce, because PostgreSQL takes the bare condition for rare, and reads everything
    is_granted = func.coalesce(Score.action_channel == any_(Membership.granted), false())
    return and_(Score.action.is_not(None), is_granted, ~is_resting())
