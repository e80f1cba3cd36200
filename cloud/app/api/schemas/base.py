"""Fields that repeat: texts, times, money, pages of a list."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields, missing, validate

from cloud.app.domain.said import ADVICE, DRIVERS, EXPECTED, NOTES, OTHER, REFUSALS

PAGE_DEFAULT = 50
PAGE_MAX = 200
MONEY_MAX = 10**14
YEARS = range(1970, 2200)

NOTHING_UNSTORABLE = validate.Regexp(r"[^\x00-\x1f\x7f]*\Z", error="Must be printable text.")


class Schema(marshmallow.Schema):
    """marshmallow's, but each field's way out is looked up once and not for every value: of a page
    of customers that was a third of the work. Its hooks around `dump` are not called."""

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        if self.many if many is None else many:
            return [self._dumped(one) for one in obj]
        return self._dumped(obj)

    @cached_property
    def _ways(self) -> list[tuple[str, str, fields.Field[Any], Callable[[Any], Any]]]:
        return [
            # nothing is called "", so that a constant is its default, whatever is given
            (
                "" if isinstance(field, fields.Constant) else field.attribute or name,
                field.data_key or name,
                field,
                _way(field),
            )
            for name, field in self.dump_fields.items()
        ]

    def _dumped(self, obj: Any) -> dict[str, Any]:
        is_mapping = isinstance(obj, Mapping)
        dumped: dict[str, Any] = {}
        for name, key, field, way in self._ways:
            value = obj.get(name, missing) if is_mapping else getattr(obj, name, missing)
            if value is missing:
                value = field.dump_default
            if value is not missing:
                dumped[key] = None if value is None else way(value)
        return dumped


def _way(field: fields.Field[Any]) -> Callable[[Any], Any]:
    """Return what makes JSON of a value of a field that is not None."""
    if isinstance(field, fields.Nested):
        schema = field.schema
        return partial(schema.dump, many=schema.many or field.many)
    if isinstance(field, fields.List):
        inner = _way(field.inner)
        return lambda values: [None if value is None else inner(value) for value in values]
    if isinstance(field, fields.Integer | fields.Float) and not field.as_string:
        return field.num_type
    # a field of ours may have a way of its own
    if type(field)._serialize in (fields.String._serialize, fields.UUID._serialize):
        return str
    return lambda value: field._serialize(value, field.name, None)


class Text(fields.String):
    """A line of text without control characters, which can neither be stored nor shown."""

    def __init__(self, max_length: int, *, min_length: int = 1, **more: Any) -> None:
        length = validate.Length(
            min_length, max_length, error="Must be a text of {min} to {max} characters."
        )
        super().__init__(validate=[length, NOTHING_UNSTORABLE], **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more).strip()
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValidationError("Must be printable text.") from None
        return text


class Moment(fields.AwareDateTime):
    """A time with its offset; leaves as UTC with a Z."""

    default_error_messages = {  # noqa: RUF012 - marshmallow reads it from the class
        "invalid": "Must be a time with its offset such as 2026-03-14T09:26:53Z.",
        "invalid_awareness": "Must be a time with its offset such as 2026-03-14T09:26:53Z.",
    }

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> dt.datetime:
        moment = super()._deserialize(value, attr, data, **more)
        try:
            return moment.astimezone(dt.UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type="datetime") from None

    def _serialize(self, value: dt.datetime | None, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


class GivenDay(fields.Date):
    """A day that somebody names; one may count weeks back and forth from it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> dt.date:
        day = super()._deserialize(value, attr, data, **more)
        if day.year not in YEARS:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return day


class Money(fields.Integer):
    """An amount in the smallest unit of the shop's currency."""

    def __init__(self, **more: Any) -> None:
        within = validate.Range(-MONEY_MAX, MONEY_MAX, error="Must be between {min} and {max}.")
        super().__init__(strict=True, validate=within, **more)


class PageQuery(Schema):
    """Which part of a list."""

    limit = fields.Integer(
        load_default=PAGE_DEFAULT,
        validate=validate.Range(1, PAGE_MAX, error="Must be {min}..{max}."),
    )
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(1, 500),
        metadata={"description": "`next_cursor` of the page before"},
    )


def coded(patterns: Iterable[str]) -> fields.String:
    """The code of a sentence, for clients in other languages; `other` where it has none."""
    return fields.String(required=True, validate=validate.OneOf((*patterns, OTHER)))


def values_said(**example: object) -> fields.Dict:
    described = {"description": "what stands in the sentence, by name", "example": example}
    return fields.Dict(keys=fields.String(), required=True, metadata=described)


class DriverSaid(Schema):
    """Why a score is what it is: a sentence, its code, and what stands in it."""

    code = coded(DRIVERS)
    values = values_said(gap_days=9, away_days=26)
    text = fields.String(required=True, metadata={"example": "usually every 9 days, now 26"})


class AdviceSaid(Schema):
    """Why something is best done now, or nothing: a sentence, its code, and what stands in it."""

    code = coded(ADVICE)
    values = values_said(gap_days=9, away_days=5)
    text = fields.String(
        required=True, metadata={"example": "Not due yet: usually every 9 days, now 5."}
    )


class NoteSaid(Schema):
    """What a scoring left out, or took for a slip: a sentence, its code, and what stands in it."""

    code = coded(NOTES)
    values = values_said(day="2026-11-20", count=2)
    text = fields.String(
        required=True,
        metadata={
            "example": "Days of customers after 2026-11-20 are not known yet and left out: 2."
        },
    )


class ProblemError(Schema):
    """One field that is not acceptable; `code` and `values` say what was expected."""

    field = fields.String(required=True)
    expected = fields.String(required=True)
    found = fields.String(required=True)
    code = coded(EXPECTED)
    values = values_said()


class Problem(Schema):
    """An error (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "one clear sentence"})
    code = coded(REFUSALS)
    values = values_said()
    errors = fields.List(fields.Nested(ProblemError), metadata={"description": "only with 422"})
