"""Examples for the API document, made of its schemas, so that no route is without one.

A field's own word is `metadata={"example": …}`; else what its name means in this house; else what
its type allows.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Range

_ID = uuid.UUID("6f1f4f0e-8c1d-4a54-9a3e-0b6c7d5e2a10")
_MOMENT = "2026-03-14T09:26:53Z"

# what a name stands for wherever it occurs, so that the examples tell one story
NAMES: Mapping[str, object] = {
    "action": "grant",
    "address": "12 Mill Lane, Berlin",
    "amount_minor": 780,
    "as_of": "2026-03-13",
    "average_order_value_minor": 640,
    "channel": "sms",
    "churn_probability": 0.62,
    "clv_minor": 5100,
    "code": "7K3M9QXA",
    "contact": "asha@example.com",
    "country": "DE",
    "currency": "EUR",
    "days_since_last_visit": 26,
    "decimal": ",",
    "delimiter": ";",
    "detail": "name: expected a value, got nothing.",
    "drivers": ["usually every 9 days, now 26"],
    "email": "asha@example.com",
    "encoding": "utf-8",
    "error": None,
    "evidence": "signed the card at the counter",
    "expected": "a value",
    "expected_visits": 5.2,
    "expires_in_s": 900,
    "field": "name",
    "filename": "till.csv",
    "firmware": "1.4.0",
    "found": "nothing",
    "horizon_days": 60,
    "hours": "10:00-13:00",
    "login": "asha@example.com",
    "message": "Back in 15 minutes",
    "model": "mbg-nbd",
    "monetary_value_minor": 640,
    "mqtt_host": "mqtt.example.com",
    "mqtt_port": 8883,
    "name": "Asha Rao",
    "next_cursor": None,
    "opening_hours": "Mo-Fr 08:00-18:00; Sa 08:00-13:00",
    "password": "correct horse battery",
    "phone": "+4930123456",
    "product": "Rye bread",
    "purchases": 41,
    "public_url": "https://shop.example.com/s/corner-bakery",
    "quantity": 2,
    "reason": "a group stood in the door",
    "reference": "1042",
    "revenue_at_risk_minor": 3160,
    "risk": "high",
    "role": "staff",
    "search": "asha",
    "segment": "loyal",
    "slug": "corner-bakery",
    "spent_minor": 26240,
    "status": 422,
    "tag": "regular",
    "tags": ["regular"],
    "takings_minor": 18420,
    "tenure_days": 410,
    "text": "likes rye bread",
    "tier": "gold",
    "time_zone": "Europe/Berlin",
    "title": "Unprocessable content",
    "topic": "shopbell/1/d-6f1f4f0e/event",
    "type": "/problems/invalid",
    "url": "https://shop.example.com/invitation#7K3M9QXA",
    "usual_gap_days": 9.0,
    "user_agent": "Mozilla/5.0",
    "verdict": "reliable",
    "visits": 38,
    "whatsapp_share_url": "https://wa.me/?text=https%3A%2F%2Fshop.example.com%2Fs%2Fcorner-bakery",
    "wording": "Yes, send me offers",
}
_TYPES: tuple[tuple[type[fields.Field[Any]], object], ...] = (
    (fields.UUID, str(_ID)),
    (fields.DateTime, _MOMENT),
    (fields.Date, "2026-03-14"),
    (fields.Boolean, True),
    (fields.Integer, 3),
    (fields.Number, 0.5),
    (fields.Dict, {}),
    (fields.String, "text"),
)


def of(schema: type[Schema], *, is_request: bool = False) -> dict[str, Any]:
    """Return an example of what a schema takes, or of what it gives."""
    left_out = "dump_only" if is_request else "load_only"
    return {
        field.data_key or name: _of_field(field.data_key or name, field, is_request)
        for name, field in schema().fields.items()
        if not getattr(field, left_out)
    }


def _of_field(name: str, field: fields.Field[Any], is_request: bool) -> Any:
    if "example" in field.metadata:
        return field.metadata["example"]
    if isinstance(field, fields.Constant):
        return field.constant
    if isinstance(field, fields.Nested):
        schema = field.nested if isinstance(field.nested, type) else type(field.schema)
        return of(schema, is_request=is_request)
    if isinstance(field, fields.List) and not isinstance(NAMES.get(name), list):
        return [_of_field(name, field.inner, is_request)]
    return NAMES[name] if name in NAMES and _fits(NAMES[name], field) else _of_type(field)


def _fits(value: object, field: fields.Field[Any]) -> bool:
    if value is None:
        return field.allow_none
    if isinstance(field, fields.Number):
        return isinstance(value, int | float)
    if isinstance(field, fields.Dict):
        return isinstance(value, dict)
    choices = _choices(field)
    return not choices or value in choices


def _of_type(field: fields.Field[Any]) -> Any:
    choices = _choices(field)
    if choices:
        return choices[0]
    for validator in field.validators:
        if isinstance(validator, Range) and validator.min is not None:
            return max(validator.min, 1) if validator.max is None else validator.min
    return next((value for kind, value in _TYPES if isinstance(field, kind)), None)


def _choices(field: fields.Field[Any]) -> list[Any]:
    found = [v.choices for v in field.validators if isinstance(v, OneOf)]
    return [choice for choice in (found[0] if found else ()) if choice is not None]
