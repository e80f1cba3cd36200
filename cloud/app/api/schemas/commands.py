"""What boards are asked to do."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema
from cloud.app.domain.device_commands import NAMES

STATES = ("waiting", "sent", "done", "refused", "expired")


class NewCommand(Schema):
    """Something to do. `args` belongs to `configure` (invert, pins, ntp, sensor,
    home_assistant) and to `update` (url, hmac)."""

    name = fields.String(required=True, validate=validate.OneOf(NAMES))
    args = fields.Dict(keys=fields.String(), load_default=dict)


class Command(Schema):
    """What a board was asked, and what has become of it."""

    id = fields.UUID(required=True)
    device_id = fields.String(required=True)
    name = fields.String(required=True, validate=validate.OneOf(NAMES))
    args = fields.Dict(required=True, keys=fields.String())
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    outcome = fields.String(
        required=True, metadata={"description": "the board's reply, or what is known without one"}
    )
    created_at = Moment(required=True)
    expires_at = Moment(required=True)
    sent_at = Moment(required=True, allow_none=True)
    answered_at = Moment(required=True, allow_none=True)


class Commands(Schema):
    """A page of commands to a board, the latest first."""

    items = fields.List(fields.Nested(Command), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
