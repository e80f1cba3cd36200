"""A customer who is only imagined, and what the model says."""

from typing import Any

from marshmallow import fields, validate

from cloud.app.api.schemas.base import MONEY_MAX, DriverSaid, Schema
from cloud.app.domain.what_if import DAYS_MAX, VISITS_MAX


def _figure(most: int, least: int = 0, **more: Any) -> fields.Integer:
    within = validate.Range(least, most, error="Must be {min}..{max}.")
    return fields.Integer(strict=False, load_default=None, validate=within, **more)


class WhatIfQuery(Schema):
    """The figures; those that are left out are the customer's."""

    customer_id = fields.UUID(load_default=None)
    visits = _figure(VISITS_MAX, least=1)
    days_since_last_visit = _figure(DAYS_MAX)
    tenure_days = _figure(DAYS_MAX, metadata={"description": "days since the first visit"})
    monetary_value_minor = _figure(MONEY_MAX, metadata={"description": "a visit's net amount"})


class WhatIfFigures(Schema):
    """The figures that were asked about."""

    visits = fields.Integer(required=True)
    days_since_last_visit = fields.Integer(required=True)
    tenure_days = fields.Integer(required=True)
    monetary_value_minor = fields.Integer(required=True)


class Contribution(Schema):
    """How far something moves the logit from the shop's typical customer; they add up."""

    driver = fields.String(required=True)
    logit = fields.Float(required=True)


class WhatIf(Schema):
    """The estimate; without a signal there is no probability, and `reason` says why."""

    figures = fields.Nested(WhatIfFigures, required=True)
    churn_probability = fields.Float(required=True, allow_none=True)
    low = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "up to `high` 80 %: what this shop could not teach the model"},
    )
    high = fields.Float(required=True, allow_none=True)
    risk = fields.String(required=True, allow_none=True)
    drivers = fields.List(fields.String(), required=True)
    reasons = fields.List(
        fields.Nested(DriverSaid),
        required=True,
        metadata={"description": "the drivers, for clients in other languages"},
    )
    contributions = fields.List(fields.Nested(Contribution), required=True)
    stored_churn_probability = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "the customer's own score, which knows every single visit"},
    )
    as_of = fields.Date(required=True)
    horizon_days = fields.Integer(required=True)
    model = fields.String(required=True, allow_none=True)
    verdict = fields.String(required=True)
    reason = fields.String(required=True)
