"""What the models said, and what matters today."""

from marshmallow import fields

from cloud.app.api.schemas.base import Moment, Schema
from cloud.app.api.schemas.customers import Customer
from cloud.app.api.schemas.openings import FootfallHour, KeptHours


class Bands(Schema):
    """How many customers are in each risk band, segment and tier."""

    risk = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    segment = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    tier = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class ScoreRun(Schema):
    """One scoring of all customers."""

    as_of = fields.Date(required=True)
    horizon_days = fields.Integer(required=True)
    model = fields.String(required=True, allow_none=True)
    verdict = fields.String(required=True)
    summary = fields.Dict(required=True, metadata={"description": "back-test, KPIs, notes"})
    created_at = Moment(required=True)
    bands = fields.Nested(Bands, required=True)


class Queued(Schema):
    """A job that will run."""

    state = fields.Constant("queued", required=True)


class Kpis(Schema):
    """What the latest scores add up to, over their horizon."""

    customers = fields.Integer(required=True)
    churn_rate = fields.Float(required=True, allow_none=True)
    revenue_at_risk_minor = fields.Integer(required=True, allow_none=True)
    clv_minor = fields.Integer(required=True, allow_none=True)
    horizon_days = fields.Integer(required=True)
    verdict = fields.String(required=True)


class Spread(Schema):
    """The median of past days, and between which values four days out of five were."""

    low = fields.Float(required=True)
    middle = fields.Float(required=True)
    high = fields.Float(required=True)
    days = fields.Integer(required=True)


class UsualDay(Schema):
    """The same weekday in the weeks before; null where too few days are known."""

    is_by_now = fields.Boolean(
        required=True,
        metadata={"description": "false: takings of whole days, because the till tells no times"},
    )
    takings_minor = fields.Nested(Spread, required=True, allow_none=True)
    visitors = fields.Nested(Spread, required=True, allow_none=True)
    conversion = fields.Nested(Spread, required=True, allow_none=True)


class Today(Schema):
    """Today in the shop's own time zone, and whom to win back."""

    date = fields.Date(required=True)
    takings_minor = fields.Integer(required=True)
    purchases = fields.Integer(required=True)
    visitors = fields.Integer(required=True)
    conversion = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "purchases for each visitor; null when nobody was counted"},
    )
    usual = fields.Nested(UsualDay, required=True)
    hours = fields.List(fields.Nested(FootfallHour), required=True)
    promised = fields.List(
        fields.Nested(KeptHours),
        required=True,
        metadata={"description": "what became of the hours that have begun, then the others"},
    )
    kpis = fields.Nested(Kpis, required=True, allow_none=True)
    to_win_back = fields.List(fields.Nested(Customer), required=True)
    best_action = fields.Nested(
        Customer,
        required=True,
        allow_none=True,
        metadata={"description": "the customer whose `next_action` is worth most now"},
    )
