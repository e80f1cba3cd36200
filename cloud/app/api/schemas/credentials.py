"""Credentials of boards in use, and what they sent that nobody could use."""

from marshmallow import fields

from cloud.app.api.schemas.base import Moment, Schema


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
    """A page of rejected messages, the latest first."""

    items = fields.List(fields.Nested(Rejection), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
