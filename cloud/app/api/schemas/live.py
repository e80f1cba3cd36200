"""What is known of a shop now."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema, coded, values_said
from cloud.app.domain.device_health import ADVICE

SOURCES = ("override", "door", "hours", "unknown")
CROWDS = ("empty", "quiet", "moderate", "busy", "full")

CONDITIONS = (
    "new", "online", "late", "silent", "offline", "blocked", "contact", "drifting",
    "disagreeing", "misdated", "unreadable", "trespassing",
)  # fmt: skip


def _crowd() -> fields.String:
    return fields.String(required=True, allow_none=True, validate=validate.OneOf((*CROWDS, None)))


def _moment_of(description: str) -> Moment:
    return Moment(required=True, allow_none=True, metadata={"description": description})


def _until() -> Moment:
    return _moment_of("when an override ends by itself")


def _message() -> fields.String:
    return fields.String(
        required=True, allow_none=True, metadata={"description": "the owner's word, if any"}
    )


class DeviceSaid(Schema):
    """What is wrong with a board and what to do: a sentence, its code, and what stands in it."""

    code = coded(ADVICE)
    values = values_said(minutes=7)
    text = fields.String(required=True)


class LiveDevice(Schema):
    """A board, and in words what is wrong with it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    is_online = fields.Boolean(required=True)
    seen_at = Moment(required=True, allow_none=True)
    condition = fields.String(required=True, validate=validate.OneOf(CONDITIONS))
    problem = fields.String(required=True, allow_none=True)
    said = fields.Nested(
        DeviceSaid,
        required=True,
        allow_none=True,
        metadata={"description": "the problem, for clients in other languages"},
    )


class Live(Schema):
    """Open or closed, since when, by which source, and how many are inside."""

    shop_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    is_open = fields.Boolean(required=True, allow_none=True)
    since = Moment(required=True, allow_none=True)
    source = fields.String(required=True, validate=validate.OneOf(SOURCES))
    until = _until()
    message = _message()
    sensor_seen_at = Moment(required=True, allow_none=True)
    inside = fields.Integer(required=True, allow_none=True)
    margin = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "by how many `inside` may be off, 19 times out of 20"},
    )
    entries = fields.Integer(required=True)
    exits = fields.Integer(required=True)
    ambiguous = fields.Integer(required=True)
    crowd = _crowd()
    devices = fields.List(fields.Nested(LiveDevice), required=True)


class PublicStatus(Schema):
    """Open or closed, as anybody may know it."""

    is_open = fields.Boolean(required=True, allow_none=True)
    since = Moment(required=True, allow_none=True)
    source = fields.String(required=True, validate=validate.OneOf(SOURCES))
    until = _until()
    message = _message()
    sensor_seen_at = _moment_of("when a board was heard last; null where none ever was")
    checked_at = Moment(required=True)


class PublicShop(Schema):
    """A shop's public page: how busy in a word, never a number of people."""

    slug = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True, allow_none=True)
    time_zone = fields.String(required=True)
    opening_hours = fields.String(required=True, allow_none=True)
    status = fields.Nested(PublicStatus, required=True)
    crowd = _crowd()
    opens_at = _moment_of(
        "when the published hours open next, while they say closed, or will when the owner's word"
        " that it is closed ends"
    )
    closes_at = _moment_of("when the published hours close next, while they say open")
    quiet_from = _moment_of("when the fewest are usually inside on the next open day")
    quiet_until = _moment_of("when that stretch ends")
