"""Who works for a shop, and invitations."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema
from cloud.app.api.schemas.shops import ROLES


def _role() -> fields.String:
    one_of = validate.OneOf(ROLES, error="Must be one of {choices}.")
    return fields.String(required=True, validate=one_of)


class Colleague(Schema):
    """A person who works for the shop."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = _role()
    since = Moment(required=True)


class Colleagues(Schema):
    """Everybody who works for the shop."""

    items = fields.List(fields.Nested(Colleague), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewInvitation(Schema):
    """As what somebody is invited."""

    role = _role()


class Invitation(Schema):
    """An invitation that nobody has accepted yet."""

    id = fields.UUID(required=True)
    role = _role()
    expires_at = Moment(required=True)


class Invitations(Schema):
    """All invitations that still work."""

    items = fields.List(fields.Nested(Invitation), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class InvitationWithCode(Invitation):
    """The code is shown this once; `url` is the link to send."""

    code = fields.String(required=True)
    url = fields.String(required=True)


class Acceptance(Schema):
    """The code of an invitation."""

    code = fields.String(required=True, validate=validate.Length(1, 200))


class Joined(Schema):
    """The shop that one works for now."""

    shop_id = fields.UUID(required=True)
    role = _role()
