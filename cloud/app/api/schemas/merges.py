"""Duplicates and merges."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema

REASONS = ("phone", "email", "name")


class Look(Schema):
    """A customer, as much as is needed to tell two apart."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    visits = fields.Integer(required=True)
    spent_minor = fields.Integer(required=True)
    last_visit_at = Moment(required=True, allow_none=True)


class Duplicate(Schema):
    """Two customers who may be one. Similarity is 1 for the same phone or email."""

    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    similarity = fields.Float(required=True, metadata={"example": 0.93})
    customers = fields.List(fields.Nested(Look), required=True)


class Duplicates(Schema):
    """Those with one phone first, then with one email, then with names that are alike."""

    items = fields.List(fields.Nested(Duplicate), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class NewMerge(Schema):
    """Who stays, and who becomes part of them."""

    survivor_id = fields.UUID(required=True)
    duplicate_id = fields.UUID(required=True)


class Merge(Schema):
    """Two customers made one. `moved` counts what the survivor was given."""

    id = fields.UUID(required=True)
    survivor_id = fields.UUID(required=True)
    duplicate_id = fields.UUID(required=True)
    duplicate_name = fields.String(required=True, allow_none=True)
    moved = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"example": {"purchase": 12, "note": 1}},
    )
    created_at = Moment(required=True)
    undone_at = Moment(required=True, allow_none=True)


class Merges(Schema):
    """A page of merges, the newest first."""

    items = fields.List(fields.Nested(Merge), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
