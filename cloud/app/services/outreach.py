"""What was done for a customer on our advice; until when the customer rests after it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from cloud.app.store.customer_queries import score_of
from cloud.app.store.membership_queries import STAYS, membership_by_id
from cloud.app.store.scores import Outreach

AFTER_MESSAGE = dt.timedelta(days=21)
PUT_OFF_DAYS = 7


def note_outreach(
    session: Session,
    shop_id: uuid.UUID,
    customer_id: uuid.UUID,
    done: Mapping[str, Any],
    *,
    by: uuid.UUID,
) -> Outreach:
    """Note what was done. The latest note decides whether the customer is proposed again.

    Raises NotFound.
    """
    membership_by_id(session, shop_id, customer_id, lock=STAYS)
    score = score_of(session, shop_id, customer_id)
    now = dt.datetime.now(dt.UTC)
    usual_days = (score and score.usual_gap_days) or PUT_OFF_DAYS
    until = {"done": now + AFTER_MESSAGE, "later": now + dt.timedelta(days=usual_days)}
    added = Outreach(
        shop_id=shop_id,
        id=uuid.uuid4(),
        membership_id=customer_id,
        outcome=done["outcome"],
        action=score.action if score else None,
        channel=done["channel"] or (score.action_channel if score else None),
        until=done["until"] or until.get(done["outcome"]),
        created_by=by,
        created_at=now,
    )
    session.add(added)
    session.flush()
    return added
