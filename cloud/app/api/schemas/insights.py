"""What the latest scoring found: key figures, trend, segments, drivers, clusters, the record."""

from typing import Any

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, NoteSaid, PageQuery, Schema, Text
from cloud.app.api.schemas.customers import RISKS
from cloud.app.store.scores import TIERS

KINDS = ("segment", "tier", "risk")
DIRECTIONS = ("new", "changed", "up", "down")
REWARD_MAX = 200


class Day(fields.Date):
    """A date, also one that has been kept as JSON."""

    def _serialize(self, value: Any, *more: Any, **named: Any) -> Any:
        return value if isinstance(value, str) else super()._serialize(value, *more, **named)


class Figures(Schema):
    """Key figures of the last horizon, and forecasts for the next. Money in the smallest unit."""

    customers = fields.Integer(required=True)
    active_customers = fields.Integer(required=True, allow_none=True)
    new_customers = fields.Integer(required=True, allow_none=True)
    repeat_share = fields.Float(required=True, allow_none=True)
    churn_rate = fields.Float(required=True, allow_none=True)
    retention_rate = fields.Float(required=True, allow_none=True)
    revenue_minor = fields.Integer(required=True, allow_none=True)
    average_order_value_minor = fields.Integer(required=True, allow_none=True)
    clv_minor = fields.Integer(required=True, allow_none=True)
    clv_low_minor = fields.Integer(
        required=True, allow_none=True, metadata={"description": "eight times in ten above it"}
    )
    clv_high_minor = fields.Integer(required=True, allow_none=True)
    revenue_at_risk_minor = fields.Integer(
        required=True, allow_none=True, metadata={"description": "the sum over all customers"}
    )


class Month(Schema):
    """A month of the shop. Churn: of the horizon that ends with it."""

    month = Day(required=True, metadata={"description": "its first day"})
    is_partial = fields.Boolean(required=True)
    revenue_minor = fields.Integer(required=True)
    active_customers = fields.Integer(required=True)
    new_customers = fields.Integer(required=True)
    churn_rate = fields.Float(required=True, allow_none=True)
    retention_rate = fields.Float(required=True, allow_none=True)


class Segment(Schema):
    """A segment: who is in it, what it means, and what to do."""

    segment = fields.String(required=True)
    customers = fields.Integer(required=True)
    share = fields.Float(required=True)
    meaning = fields.String(required=True, metadata={"description": "goes on after They"})
    action = fields.String(required=True)


class RiskBand(Schema):
    """A risk band now, and the share that was lost of those who stood in it in the back-test."""

    risk = fields.String(required=True, validate=validate.OneOf(RISKS))
    customers = fields.Integer(required=True)
    past_customers = fields.Integer(required=True)
    observed_churn = fields.Float(required=True, allow_none=True)


class Driver(Schema):
    """How much worse churn is ranked when these figures are dealt out anew (a loss of AUC)."""

    driver = fields.String(required=True)
    auc_loss = fields.Float(required=True)


class Cluster(Schema):
    """Customers who are alike; cluster 0 brings the most money a customer."""

    cluster = fields.Integer(required=True)
    name = fields.String(required=True)
    customers = fields.Integer(required=True)
    share = fields.Float(required=True)
    median_visits = fields.Float(required=True)
    median_days_since_last_visit = fields.Float(required=True)
    median_spent_minor = fields.Integer(required=True)


class Clusters(Schema):
    """How the customers fall into groups, and how far that is to be trusted."""

    method = fields.String(required=True)
    verdict = fields.String(required=True)
    reason = fields.String(required=True)
    silhouette = fields.Float(required=True, allow_none=True)
    stability = fields.Float(required=True, allow_none=True)
    clusters = fields.List(fields.Nested(Cluster), required=True)


class Insights(Schema):
    """What the latest scoring found."""

    as_of = fields.Date(required=True)
    horizon_days = fields.Integer(required=True)
    model = fields.String(required=True, allow_none=True)
    verdict = fields.String(required=True)
    reason = fields.String(required=True)
    notes = fields.List(fields.Nested(NoteSaid), required=True)
    created_at = Moment(required=True)
    kpis = fields.Nested(Figures, required=True)
    months = fields.List(fields.Nested(Month), required=True)
    segments = fields.List(fields.Nested(Segment), required=True)
    risks = fields.List(fields.Nested(RiskBand), required=True)
    drivers = fields.List(
        fields.Nested(Driver),
        required=True,
        metadata={"example": [{"driver": "absence", "auc_loss": 0.21}]},
    )
    clusters = fields.Nested(Clusters, required=True, allow_none=True)


class Band(Schema):
    """Customers to whom about the same was said, and what became of them."""

    band = fields.String(required=True)
    customers = fields.Integer(required=True)
    predicted = fields.Float(required=True)
    observed = fields.Float(required=True)
    low = fields.Float(required=True, metadata={"description": "95 % interval of observed"})
    high = fields.Float(required=True)


class Accuracy(Schema):
    """How well the order was (AUC) and the percentages were (Brier score, less is better)."""

    auc = fields.Float(required=True)
    auc_standard_error = fields.Float(required=True)
    brier = fields.Float(required=True)


class ValueRecord(Schema):
    """What the customers of a past run were expected to bring, and what they brought."""

    as_of = Day(required=True)
    horizon_days = fields.Integer(required=True)
    customers = fields.Integer(required=True)
    expected_minor = fields.Integer(required=True)
    came_minor = fields.Integer(required=True)


class Scoreboard(Schema):
    """Past predictions against what happened, beside what recency alone had said."""

    verdict = fields.String(required=True)
    sentence = fields.String(required=True)
    is_kept = fields.Boolean(
        required=True,
        metadata={"description": "false: none is due yet; computed today with what was known then"},
    )
    runs = fields.List(Day(), required=True)
    bands = fields.List(fields.Nested(Band), required=True)
    model = fields.Nested(Accuracy, required=True, allow_none=True)
    recency = fields.Nested(Accuracy, required=True, allow_none=True)
    value = fields.List(fields.Nested(ValueRecord), required=True)


class MoveQuery(PageQuery):
    """Which moves."""

    kind = fields.String(
        load_default=None, validate=validate.OneOf(KINDS, error="Must be one of {choices}.")
    )
    customer_id = fields.UUID(load_default=None)


class Move(Schema):
    """A customer who came into another segment, tier or risk band."""

    id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    moved_on = fields.Date(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    before = fields.String(required=True, allow_none=True)
    after = fields.String(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(DIRECTIONS))


class Moves(Schema):
    """A page of moves, the newest first."""

    items = fields.List(fields.Nested(Move), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Tier(Schema):
    """A tier with what it brings."""

    tier = fields.String(required=True, validate=validate.OneOf(TIERS))
    customers = fields.Integer(required=True)
    reward = fields.String(required=True)
    is_edited = fields.Boolean(required=True)


class Tiers(Schema):
    """All tiers, the best first."""

    items = fields.List(fields.Nested(Tier), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class TierChange(Schema):
    """What tiers bring; an empty text brings nothing, null takes our words again."""

    rewards = fields.Dict(
        keys=fields.String(validate=validate.OneOf(TIERS, error="Must be one of {choices}.")),
        values=Text(REWARD_MAX, min_length=0, allow_none=True),
        required=True,
    )
