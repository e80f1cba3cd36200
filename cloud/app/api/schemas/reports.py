"""Monthly reports, the model's card, and how far a scoring is."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema, Text
from cloud.app.api.schemas.insights import Day

STATES = ("idle", "waiting", "running", "done", "failed")


class Report(Schema):
    """A report as it can be downloaded."""

    month = fields.Date(
        required=True, format="%Y-%m", metadata={"example": "2026-10", "format": "year-month"}
    )
    created_at = Moment(required=True)


class Reports(Schema):
    """All reports, the latest first."""

    items = fields.List(fields.Nested(Report), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewReport(Schema):
    """A month that is over."""

    month = Text(7, required=True, metadata={"example": "2026-10"})


class Scoring(Schema):
    """How far the latest scoring is. Step: analysing, then storing."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    step = fields.String(required=True, allow_none=True)
    asked_at = Moment(required=True, allow_none=True)
    started_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)
    night = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "the last night that was looked after"},
    )
    error = fields.String(required=True, allow_none=True)


class ModelCard(Schema):
    """What the shop's model is: trained on what, how good, with which libraries."""

    name = fields.String(required=True)
    trained_from = Day(required=True, allow_none=True)
    trained_to = Day(required=True)
    horizon_days = fields.Integer(required=True)
    customers = fields.Integer(required=True)
    feature_names = fields.List(fields.String(), required=True)
    metrics = fields.Dict(keys=fields.String(), values=fields.Float(allow_none=True), required=True)
    versions = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    created_at = Moment(required=True)
