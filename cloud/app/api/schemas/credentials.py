"""Credentials of boards in use, and what they sent that nobody could use."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import PAGE_DEFAULT, PAGE_MAX, Moment, Schema


class RejectionQuery(Schema):
    """How many of the latest."""

    limit = fields.Integer(
        load_default=PAGE_DEFAULT,
        validate=validate.Range(1, PAGE_MAX, error="Must be {min}..{max}."),
    )


class Rejection(Schema):
    """A message, or one event of it, with the reason why it was not stored."""

    id = fields.Integer(required=True)
    device_id = fields.String(required=True, allow_none=True)
    topic = fields.String(required=True)
    reason = fields.String(required=True)
    times = fields.Integer(required=True)
    received_at = Moment(required=True)
    last_received_at = Moment(required=True)


class Rejections(Schema):
    """The latest rejected messages."""

    items = fields.List(fields.Nested(Rejection), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
