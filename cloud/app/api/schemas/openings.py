"""The owner's word on the sign, days with other hours, the count set right, and the day behind."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import GivenDay, Moment, Schema, Text

PEOPLE_MAX = 100_000


class NewOverride(Schema):
    """Open or closed until a time, whatever doors and hours say."""

    is_open = fields.Boolean(required=True)
    until = Moment(required=True)
    message = Text(100, load_default=None, allow_none=True)


class Override(Schema):
    """The owner's word that holds now."""

    is_open = fields.Boolean(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    message = fields.String(required=True, allow_none=True)


class NewException(Schema):
    """Hours of one day such as `10:00-13:00`; null is closed all day."""

    date = GivenDay(required=True)
    hours = Text(100, required=True, allow_none=True)
    note = Text(100, load_default=None, allow_none=True)


class OpeningException(NewException):
    """A day with hours of its own."""


class OpeningExceptions(Schema):
    """The days with hours of their own that are still to come."""

    items = fields.List(fields.Nested(OpeningException), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewCorrection(Schema):
    """How many people came in by a door and are inside now."""

    inside = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, PEOPLE_MAX, error="Must be {min}..{max}."),
    )
    reason = Text(200, load_default=None, allow_none=True)


class Correction(Schema):
    """What was counted, by how much that may have been off, and what it was set to."""

    id = fields.UUID(required=True)
    site_id = fields.UUID(required=True)
    corrected_at = Moment(required=True)
    counted = fields.Integer(required=True)
    margin = fields.Integer(required=True)
    inside = fields.Integer(required=True)
    source = fields.String(required=True, validate=validate.OneOf(("closing", "person")))
    reason = fields.String(required=True, allow_none=True)


class DayQuery(Schema):
    """Which day of the shop's own time; today when none is named."""

    date = GivenDay(load_default=None, allow_none=True)


class DayMoment(Schema):
    """Something that happened at one moment."""

    at = Moment(required=True)
    kind = fields.String(required=True)
    device_id = fields.String()
    is_exact = fields.Boolean(metadata={"description": "false: dated when it reached us"})
    is_late = fields.Boolean(metadata={"description": "it reached us long after it happened"})
    until = Moment()
    counted = fields.Integer()
    inside = fields.Integer()
    margin = fields.Integer()
    text = fields.String(allow_none=True)


class QuarterOfPeople(Schema):
    """Who came and went in a quarter of an hour."""

    starts_at = Moment(required=True)
    entries = fields.Integer(required=True)
    exits = fields.Integer(required=True)
    ambiguous = fields.Integer(required=True)


class OpeningSession(Schema):
    """From one opening of the door to its closing, short pauses left out."""

    opened_at = Moment(required=True)
    closed_at = Moment(required=True)


class KeptHours(Schema):
    """What was promised, and how many minutes late and early the door was."""

    promised_from = Moment(required=True)
    promised_to = Moment(required=True)
    opened_at = Moment(required=True, allow_none=True)
    closed_at = Moment(required=True, allow_none=True)
    minutes_late = fields.Integer(required=True)
    minutes_early = fields.Integer(required=True)
    is_known = fields.Boolean(
        required=True,
        metadata={"description": "false: nothing was heard of the door; then nothing is judged"},
    )


class DayTimeline(Schema):
    """A day as it was."""

    date = fields.Date(required=True)
    moments = fields.List(fields.Nested(DayMoment), required=True)
    people = fields.List(fields.Nested(QuarterOfPeople), required=True)
    sessions = fields.List(fields.Nested(OpeningSession), required=True)
    hours = fields.List(fields.Nested(KeptHours), required=True)


class FootfallHour(Schema):
    """An hour of the day; `usual_entries` is null where too little is known."""

    hour = fields.Integer(required=True)
    entries = fields.Integer(required=True)
    exits = fields.Integer(required=True)
    usual_entries = fields.Float(required=True, allow_none=True)


class FootfallDay(Schema):
    """Footfall by hour against the usual."""

    date = fields.Date(required=True)
    hours = fields.List(fields.Nested(FootfallHour), required=True)


class UsualHour(Schema):
    """What is usual at one hour of the week; weekday 0 is Monday."""

    weekday = fields.Integer(required=True)
    hour = fields.Integer(required=True)
    entries = fields.Float(required=True)
    inside = fields.Float(required=True)
    days = fields.Integer(
        required=True, metadata={"description": "how many days it is the mean of"}
    )


class BestHours(Schema):
    """The emptiest open hours of a day."""

    weekday = fields.Integer(required=True)
    hours = fields.List(fields.Integer(), required=True)


class TypicalWeek(Schema):
    """The usual week, and the best time to come."""

    hours = fields.List(fields.Nested(UsualHour), required=True)
    best = fields.List(fields.Nested(BestHours), required=True)


class PastWeek(Schema):
    """A week of the shop's own time, of days on which doors counted and sales were recorded."""

    week = fields.Date(required=True, metadata={"description": "its Monday"})
    is_partial = fields.Boolean(required=True)
    visitors = fields.Integer(required=True)
    purchases = fields.Integer(required=True)
    conversion = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "purchases for each visitor; null where too few came in"},
    )
    promised = fields.Integer(
        required=True,
        metadata={"description": "promised spans that are over, on days with a word of the door"},
    )
    kept = fields.Integer(
        required=True, metadata={"description": "how many of them began and ended as promised"}
    )
    minutes_missed = fields.Integer(
        required=True, metadata={"description": "late and early, of all of them"}
    )


class PastWeeks(Schema):
    """The weeks behind, the current one last."""

    items = fields.List(fields.Nested(PastWeek), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
