"""What customers say of a day, and what the shop answers."""

import datetime as dt
import uuid
from typing import Any

from cloud.app.api.access import is_customer_here, person_id, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas import feedback as schemas
from cloud.app.services import feedback
from cloud.app.store.feedback import Feedback, feedback_of_shop
from cloud.app.store.membership_queries import membership_by_id

routes = Blueprint("feedback", "What customers say, and what the shop answers")


@routes.put("/me/shops/<uuid:shop_id>/feedback/today")
@is_customer_here
@routes.body(schemas.Said)
@routes.returns(200, schemas.MyFeedback)
@routes.fails(404, 409)
def say_today(said: dict[str, Any], shop_id: uuid.UUID, customer_id: uuid.UUID) -> Feedback:
    """Tell a shop how it was today; once a day, changed until it is answered."""
    found = feedback.say(db.session(), shop_id, customer_id, now=dt.datetime.now(dt.UTC), **said)
    db.session.commit()
    return found


@routes.get("/shops/<uuid:shop_id>/feedback")
@works_here("staff")
@routes.query(schemas.FeedbackQuery)
@routes.returns(200, schemas.FeedbackPage)
@routes.fails(403, 404)
def list_feedback(query: dict[str, Any], shop_id: uuid.UUID) -> dict[str, object]:
    """What customers said, the newest first; `answered=false` is what waits for an answer."""
    is_answered = query.pop("answered")
    page = feedback_of_shop(db.session(), shop_id, is_answered=is_answered, **query)
    return page.map(lambda row: _shown(*row))


@routes.put("/shops/<uuid:shop_id>/feedback/<uuid:feedback_id>/answer")
@works_here("staff")
@routes.body(schemas.Answer)
@routes.returns(200, schemas.FeedbackItem)
@routes.fails(403, 404)
def answer_feedback(
    sent: dict[str, str], shop_id: uuid.UUID, feedback_id: uuid.UUID
) -> dict[str, object]:
    """Answer a customer, or answer anew."""
    found = feedback.answer(
        db.session(), shop_id, feedback_id, by=person_id(), now=dt.datetime.now(dt.UTC), **sent
    )
    customer = membership_by_id(db.session(), shop_id, found.membership_id)
    db.session.commit()
    return _shown(found, customer.name)


def _shown(found: Feedback, customer: str | None) -> dict[str, object]:
    fields = schemas.MyFeedback().fields
    return {
        **{field: getattr(found, field) for field in fields},
        "customer_id": found.membership_id,
        "customer": customer,
    }
