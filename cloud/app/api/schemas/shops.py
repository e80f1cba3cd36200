"""Shops and their sites."""

import zoneinfo
from functools import cache

import phonenumbers
from marshmallow import ValidationError, fields, validate

from cloud.app.api.schemas.base import Moment, Schema, Text
from cloud.app.domain.languages import LANGUAGES
from cloud.app.domain.money import CURRENCIES
from cloud.app.domain.slugs import SLUG_MAX_LENGTH, SLUG_PATTERN

ROLES = ("owner", "staff", "analyst")
CAPACITY_MAX = 100_000
_LANGUAGE = "of its reports; null: by its country"

_SLUG = [
    validate.Regexp(
        SLUG_PATTERN.pattern + r"\Z",
        error="Must be a-z, 0-9 and single hyphens, such as corner-shop.",
    ),
    validate.Length(1, SLUG_MAX_LENGTH, error="Must be {min} to {max} characters."),
]


# it looks through six hundred files each time
_available_time_zones = cache(zoneinfo.available_timezones)


def _time_zone(name: str) -> None:
    if name not in _available_time_zones():
        raise ValidationError("Must be an IANA time zone such as Europe/Berlin.")


def _currency(code: str) -> None:
    if code not in CURRENCIES:
        raise ValidationError("Must be an ISO 4217 code such as EUR.")


def _country(code: str) -> None:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError("Must be an ISO 3166 code such as DE.")


class ShopChange(Schema):
    """What its owner may change of a shop."""

    slug = fields.String(validate=_SLUG)
    name = Text(100)
    address = Text(300, allow_none=True)
    country = fields.String(validate=_country)
    time_zone = fields.String(validate=_time_zone)
    opening_hours = Text(500, allow_none=True, metadata={"description": "OSM opening_hours"})
    capacity = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, CAPACITY_MAX, error="Must be {min}..{max}."),
    )
    language = fields.String(
        allow_none=True,
        validate=validate.OneOf(LANGUAGES, error="Must be one of {choices}."),
        metadata={"description": _LANGUAGE},
    )


class NewShop(ShopChange):
    """A shop; its slug is made from its name when none is given."""

    name = Text(100, required=True)
    country = fields.String(required=True, validate=_country)
    time_zone = fields.String(required=True, validate=_time_zone)
    currency = fields.String(
        required=True, validate=_currency, metadata={"pattern": "^[A-Z]{3}$", "example": "EUR"}
    )


class Shop(Schema):
    """A shop as its people see it."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True, allow_none=True)
    country = fields.String(required=True)
    time_zone = fields.String(required=True)
    currency = fields.String(required=True)
    opening_hours = fields.String(required=True, allow_none=True)
    capacity = fields.Integer(required=True, allow_none=True)
    language = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": _LANGUAGE},
    )
    delete_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "when everything of a closed shop is deleted; null: it goes on"},
    )
    public_url = fields.String(required=True)
    whatsapp_share_url = fields.String(required=True)


class ShopClosing(Schema):
    """The shop's name, typed by who closes it."""

    name = Text(100, required=True)


class Shops(Schema):
    """All the shops that the person works for."""

    items = fields.List(fields.Nested(Shop), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Site(Schema):
    """One door of a shop."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class Sites(Schema):
    """All doors of a shop."""

    items = fields.List(fields.Nested(Site), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
