"""Boards at the doors."""

from marshmallow import fields

from cloud.app.api.schemas.base import Moment, Schema, Text


class NewDevice(Schema):
    """A board to be set up; at the first door when no site is named."""

    name = Text(100, required=True)
    site_id = fields.UUID(load_default=None, allow_none=True, metadata={"example": None})


class Device(Schema):
    """A board, and what it last said of itself."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    site_id = fields.UUID(required=True)
    is_online = fields.Boolean(required=True)
    seen_at = Moment(required=True, allow_none=True)
    status_at = Moment(required=True, allow_none=True)
    firmware = fields.String(required=True, allow_none=True)
    outbox_depth = fields.Integer(required=True, allow_none=True)
    outbox_dropped = fields.Integer(required=True, allow_none=True)
    committed = fields.Integer(required=True, metadata={"description": "events stored for ever"})
    rejected = fields.Integer(
        required=True, metadata={"description": "events that could not be used, see /rejections"}
    )
    lost = fields.Integer(required=True, metadata={"description": "events known to be lost"})
    awaited = fields.Integer(
        required=True, metadata={"description": "events that were overtaken by later ones"}
    )
    completeness = fields.String(
        required=True, metadata={"description": 'such as "12 of 4,310 events missing"'}
    )


class Devices(Schema):
    """All boards of a shop."""

    items = fields.List(fields.Nested(Device), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Credential(Schema):
    """How the board signs in. The password is shown this once."""

    mqtt_host = fields.String(required=True)
    mqtt_port = fields.Integer(required=True)
    mqtt_ca = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "the CA's certificate, DER in base64; null: without encryption"},
    )
    username = fields.String(required=True)
    password = fields.String(required=True)
    key = fields.String(
        required=True,
        metadata={"description": "the board's own key, under which updates are signed"},
    )
    boot_start = fields.Integer(
        required=True, metadata={"description": "the number of its first boot: Unix seconds"}
    )


class DeviceWithCredential(Schema):
    """A new board and its credential."""

    device = fields.Nested(Device, required=True)
    credential = fields.Nested(Credential, required=True)


class Claim(Schema):
    """A code for one board, shown this once."""

    code = fields.String(required=True)
    expires_at = Moment(required=True)


class ClaimCode(Schema):
    """The code as it was typed; case, hyphens and spaces do not matter."""

    code = Text(40, required=True)
