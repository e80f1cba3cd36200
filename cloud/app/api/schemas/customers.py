"""Customers with what they bought and their score."""

from typing import Any

from marshmallow import fields, validate

from cloud.app.api.schemas.base import AdviceSaid, DriverSaid, Moment, PageQuery, Schema, Text
from cloud.app.store.consents import ACTIONS, CHANNELS, PURPOSES
from cloud.app.store.timeline import KINDS

RISKS = ("high", "medium", "low")
TAGS_MAX = 20
OUTCOMES = ("done", "later", "never")
SORTS = ("value_at_risk", "action", "churn", "clv", "name", "last_visit", "visits", "spent")


def _one_of(words: tuple[str, ...], **more: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(words, error="Must be one of {choices}."), **more)


class CustomerQuery(PageQuery):
    """Which customers, and in which order."""

    search = Text(100, load_default=None, metadata={"description": "in name, phone, email, number"})
    risk = fields.String(
        load_default=None, validate=validate.OneOf(RISKS, error="Must be one of {choices}.")
    )
    segment = Text(60, load_default=None)
    tier = Text(60, load_default=None)
    tag = Text(30, load_default=None)
    is_reachable = fields.Boolean(
        load_default=None, metadata={"description": "agreed to offers on some channel"}
    )
    has_action = fields.Boolean(
        load_default=False,
        metadata={"description": "only those for whom something is worth being done now"},
    )
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
    tags = fields.List(
        Text(30), validate=validate.Length(max=TAGS_MAX, error="Must be at most {max} tags.")
    )


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
    days_since_last_visit = fields.Integer(
        required=True, metadata={"description": "without days on which the shop was shut for long"}
    )
    tenure_days = fields.Integer(required=True)
    usual_gap_days = fields.Float(required=True, allow_none=True)
    monetary_value_minor = fields.Integer(required=True, allow_none=True)
    average_order_value_minor = fields.Integer(required=True, allow_none=True)
    expected_visits = fields.Float(required=True, allow_none=True)
    clv_minor = fields.Integer(required=True, allow_none=True)
    clv_low_minor = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "eight in ten end up between it and clv_high_minor"},
    )
    clv_high_minor = fields.Integer(required=True, allow_none=True)
    last_horizon_spent_minor = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "paid in the last horizon_days, to hold clv_minor against"},
    )
    revenue_at_risk_minor = fields.Integer(required=True, allow_none=True)
    drivers = fields.List(fields.String(), required=True)
    reasons = fields.List(
        fields.Nested(DriverSaid),
        required=True,
        metadata={"description": "the drivers, for clients in other languages"},
    )
    cluster = fields.Integer(required=True, allow_none=True)


class NextAction(Schema):
    """The best that can be done now; without an action the reason says why."""

    action = fields.String(required=True, allow_none=True, metadata={"example": "reminder"})
    channel = fields.String(required=True, allow_none=True)
    expected_value_minor = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "expected value saved, less the cost"},
    )
    cost_minor = fields.Integer(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    said = fields.Nested(
        AdviceSaid,
        required=True,
        allow_none=True,
        metadata={"description": "the reason, for clients in other languages"},
    )


class Recommendation(Schema):
    """A product that the customer never bought and that often comes next."""

    product_id = fields.UUID(required=True)
    product = fields.String(required=True)
    after = fields.String(required=True)
    confidence = fields.Float(required=True)
    reason = fields.String(required=True)


class NewOutreach(Schema):
    """What was done on our advice: written or called (done), put off (later), no customer any
    more (never). `until`: when the customer may be proposed again; by default three weeks after
    `done`, the usual gap after `later`."""

    outcome = _one_of(OUTCOMES, required=True)
    channel = _one_of((*CHANNELS, "call"), load_default=None, allow_none=True)
    until = Moment(load_default=None, allow_none=True)


class OutreachNote(Schema):
    """What was done, as it was noted."""

    id = fields.UUID(required=True)
    outcome = _one_of(OUTCOMES, required=True)
    action = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True, allow_none=True)
    until = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)


class Customer(Schema):
    """A customer of one shop. An analyst sees no name, phone and email."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    tags = fields.List(fields.String(), required=True)
    joined_at = Moment(required=True)
    purchases = fields.Integer(required=True)
    visits = fields.Integer(
        required=True, metadata={"description": "days with a positive net amount"}
    )
    spent_minor = fields.Integer(required=True)
    last_purchase_at = Moment(required=True, allow_none=True)
    last_visit_at = Moment(required=True, allow_none=True)
    score = fields.Nested(Score, required=True, allow_none=True)
    next_action = fields.Nested(NextAction, required=True, allow_none=True)
    recommendations = fields.List(fields.Nested(Recommendation), required=True)


class Customers(Schema):
    """A page of customers."""

    items = fields.List(fields.Nested(Customer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Happening(Schema):
    """One thing that happened with a customer; `details` depend on its kind."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    at = Moment(required=True)
    id = fields.UUID(required=True)
    details = fields.Dict(keys=fields.String(), required=True)


class Timeline(Schema):
    """A page of what happened, the newest first."""

    items = fields.List(fields.Nested(Happening), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewNote(Schema):
    """A note for the shop's own people."""

    text = Text(1000, required=True)


class Note(Schema):
    """A note for the shop's own people."""

    id = fields.UUID(required=True)
    text = fields.String(required=True)
    created_at = Moment(required=True)


class NewConsent(Schema):
    """A grant or a withdrawal. Evidence: how we know, such as "signed the card at the counter"."""

    channel = _one_of(CHANNELS, required=True)
    purpose = _one_of(PURPOSES, load_default="marketing")
    action = _one_of(ACTIONS, required=True)
    wording = Text(500, load_default=None, allow_none=True)
    evidence = Text(300, load_default=None, allow_none=True)


class Consent(Schema):
    """A grant or a withdrawal, as it was noted."""

    id = fields.UUID(required=True)
    channel = _one_of(CHANNELS, required=True)
    purpose = _one_of(PURPOSES, required=True)
    action = _one_of(ACTIONS, required=True)
    source = fields.String(required=True)
    wording = fields.String(required=True, allow_none=True)
    evidence = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)


class Holding(Schema):
    """What holds for a channel and a purpose now."""

    channel = _one_of(CHANNELS, required=True)
    purpose = _one_of(PURPOSES, required=True)
    is_granted = fields.Boolean(required=True)


class Consents(Schema):
    """What holds now, and all events, the newest first."""

    holds = fields.List(fields.Nested(Holding), required=True)
    items = fields.List(fields.Nested(Consent), required=True)
