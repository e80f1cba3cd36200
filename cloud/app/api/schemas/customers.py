"""Customers with what they bought and their score."""

from marshmallow import Schema, fields, validate

from cloud.app.api.schemas.base import Moment, PageQuery, Text

RISKS = ("high", "medium", "low")
SORTS = ("value_at_risk", "churn", "clv", "name", "last_visit")


class CustomerQuery(PageQuery):
    """Which customers, and in which order."""

    search = Text(100, load_default=None, metadata={"description": "in name, phone, email, number"})
    risk = fields.String(
        load_default=None, validate=validate.OneOf(RISKS, error="Must be one of {choices}.")
    )
    segment = Text(60, load_default=None)
    tier = Text(60, load_default=None)
    sort = fields.String(
        load_default="value_at_risk",
        validate=validate.OneOf(SORTS, error="Must be one of {choices}."),
    )


class CustomerChange(Schema):
    """What a shop knows of a customer. Reference: the customer's number in the till."""

    name = Text(100, allow_none=True)
    phone = Text(40, allow_none=True)
    email = Text(254, allow_none=True)
    reference = Text(100, allow_none=True)


class Score(Schema):
    """What the models say of a customer. Money in the smallest unit, over the horizon."""

    as_of = fields.Date(required=True)
    horizon_days = fields.Integer(required=True)
    model = fields.String(required=True, allow_none=True)
    verdict = fields.String(required=True)
    churn_probability = fields.Float(required=True, allow_none=True)
    risk = fields.String(required=True, allow_none=True, validate=validate.OneOf((*RISKS, None)))
    segment = fields.String(required=True)
    tier = fields.String(required=True)
    visits = fields.Integer(required=True)
    days_since_last_visit = fields.Integer(required=True)
    tenure_days = fields.Integer(required=True)
    usual_gap_days = fields.Float(required=True, allow_none=True)
    monetary_value_minor = fields.Integer(required=True, allow_none=True)
    average_order_value_minor = fields.Integer(required=True, allow_none=True)
    expected_visits = fields.Float(required=True, allow_none=True)
    clv_minor = fields.Integer(required=True, allow_none=True)
    revenue_at_risk_minor = fields.Integer(required=True, allow_none=True)
    drivers = fields.List(fields.String(), required=True)


class Customer(Schema):
    """A customer of one shop."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    joined_at = Moment(required=True)
    purchases = fields.Integer(required=True)
    spent_minor = fields.Integer(required=True)
    last_purchase_at = Moment(required=True, allow_none=True)
    score = fields.Nested(Score, required=True, allow_none=True)


class Customers(Schema):
    """A page of customers."""

    items = fields.List(fields.Nested(Customer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
