"""Feedback: once a day from each customer, changed until it is answered."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cloud.app.domain.errors import Conflict, Invalid, NotFound
from cloud.app.services.shops import shop_by_id
from cloud.app.store.feedback import Feedback, feedback_on
from cloud.app.store.membership_queries import CHANGES, membership_by_id


def say(
    session: Session,
    shop_id: uuid.UUID,
    membership_id: uuid.UUID,
    *,
    mood: str | None,
    was_closed: bool,
    text: str | None,
    now: dt.datetime,
) -> Feedback:
    """Store what a customer says of today; said again, it takes the place of what was said.

    Raises Invalid when it says nothing, NotFound, and Conflict when the shop has answered or the
    customer left.
    """
    if not (mood or was_closed or text):
        raise Invalid("mood", "a mood, a text, or that the shop was closed", "none of them")
    # two taps at once must not both be the first
    membership = membership_by_id(session, shop_id, membership_id, lock=CHANGES)
    if membership.left_at is not None:
        raise Conflict("you left this shop: join it again to tell it something")
    today = now.astimezone(ZoneInfo(shop_by_id(session, shop_id).time_zone)).date()
    found = feedback_on(session, shop_id, membership_id, today)
    if found is None:
        found = Feedback(
            shop_id=shop_id, id=uuid.uuid4(), membership_id=membership_id, given_on=today,
            created_at=now,
        )  # fmt: skip
        session.add(found)
    if found.answered_at is not None:
        raise Conflict("the shop has answered what you said today: tell it more tomorrow")
    found.mood, found.was_closed, found.text = mood, was_closed, text
    session.flush()
    return found


def answer(
    session: Session,
    shop_id: uuid.UUID,
    feedback_id: uuid.UUID,
    *,
    text: str,
    by: uuid.UUID,
    now: dt.datetime,
) -> Feedback:
    """Answer a customer; a second answer takes the place of the first. Raises NotFound."""
    # a customer who is just being erased takes it along
    found = session.get(Feedback, (shop_id, feedback_id), with_for_update={"key_share": True})
    if found is None:
        raise NotFound("there is no such feedback")
    found.answer, found.answered_at, found.answered_by = text, now, by
    session.flush()
    return found
