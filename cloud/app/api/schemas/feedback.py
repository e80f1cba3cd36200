"""What customers say of a day, and what the shop answers."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, PageQuery, Schema, Text
from cloud.app.store.feedback import MOODS

TEXT_MAX_LENGTH = 1000


class Said(Schema):
    """One tap, with a text or without; or that one stood before a closed door."""

    mood = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf((*MOODS, None), error="Must be one of good, fair, bad."),
    )
    was_closed = fields.Boolean(load_default=False)
    text = Text(TEXT_MAX_LENGTH, load_default=None, allow_none=True)


class MyFeedback(Schema):
    """What one said on a day of the shop, and its answer."""

    id = fields.UUID(required=True)
    given_on = fields.Date(required=True)
    mood = fields.String(required=True, allow_none=True, validate=validate.OneOf((*MOODS, None)))
    was_closed = fields.Boolean(required=True)
    text = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    answer = fields.String(required=True, allow_none=True)
    answered_at = Moment(required=True, allow_none=True)


class FeedbackItem(MyFeedback):
    """What a customer said."""

    customer_id = fields.UUID(required=True)
    customer = fields.String(required=True, allow_none=True)


class FeedbackQuery(PageQuery):
    """Which feedback."""

    answered = fields.Boolean(load_default=None, allow_none=True)


class FeedbackPage(Schema):
    """A page of feedback, the newest first."""

    items = fields.List(fields.Nested(FeedbackItem), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Answer(Schema):
    """What the shop answers; the customer sees it beside what they said."""

    text = Text(TEXT_MAX_LENGTH, required=True)
