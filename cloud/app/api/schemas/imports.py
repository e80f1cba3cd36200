"""Imports of a till's export."""

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, PageQuery, ProblemError, Schema, Text
from cloud.app.domain.columns import PRODUCT_ROLES, ROLES
from cloud.app.domain.import_kinds import KINDS, PURCHASES
from cloud.app.services.consents import IMPORT_CHANNELS

STATES = ("uploaded", "queued", "running", "done", "failed", "undoing", "undone")
OUTCOMES = ("created", "updated", "skipped", "rejected")
DATE_ORDERS = ("ymd", "dmy", "mdy")


# of purchases and of products; which of them a file can have is said by its kind
ALL_ROLES = tuple(dict.fromkeys((*ROLES, *PRODUCT_ROLES)))
_COLUMNS: dict[str, fields.Field[Any]] = {
    role: fields.Integer(
        validate=validate.Range(0, error="Must be 0 or more."),
        metadata={"description": f"index of the column of {role}", "example": index},
    )
    for index, role in enumerate(ALL_ROLES)
}


class ImportFile(Schema):
    """The file: CSV or similar, also gzipped, or an XLSX workbook, of which the first sheet."""

    file = Upload(
        required=True, metadata={"example": "customer;date;amount\n1042;14.03.2026;7,80\n"}
    )


class ImportKind(Schema):
    """What is in a file."""

    kind = fields.String(
        load_default=PURCHASES,
        validate=validate.OneOf(tuple(KINDS), error="Must be one of {choices}."),
    )


class ImportConsent(Schema):
    """How the customers in a file agreed to be contacted with offers."""

    channels = fields.List(
        fields.String(validate=validate.OneOf(IMPORT_CHANNELS, error="Must be one of {choices}.")),
        required=True,
        validate=validate.Length(1, error="Must be at least one channel."),
    )
    evidence = Text(300, required=True)


class ImportRun(Schema):
    """Which column is what, and how to read what does not tell by itself."""

    mapping = fields.Dict(
        keys=fields.String(validate=validate.OneOf(ALL_ROLES, error="Must be one of {choices}.")),
        values=fields.Integer(strict=True, validate=validate.Range(0, error="Must be 0 or more.")),
        required=True,
        metadata={
            "description": "role to the index of its column",
            "example": {"customer": 0, "date": 1, "amount": 2},
        },
    )
    date_order = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(DATE_ORDERS, error="Must be one of {choices}."),
    )
    decimal = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf((".", ","), error="Must be one of '.', ','."),
    )
    consent = fields.Nested(
        ImportConsent,
        load_default=None,
        allow_none=True,
        metadata={"description": "null: nobody in this file agreed to anything"},
    )


class ImportPreviewQuery(Schema.from_dict(_COLUMNS, name="ImportColumns")):  # type: ignore[misc] # made of the roles
    """Which column is what, as for a run."""

    date_order = fields.String(
        load_default=None, validate=validate.OneOf(DATE_ORDERS, error="Must be one of {choices}.")
    )
    decimal = fields.String(
        load_default=None, validate=validate.OneOf((".", ","), error="Must be one of '.', ','.")
    )


def _said() -> fields.Nested:
    described = {"description": "the reason by its field and code; null where no field is at fault"}
    return fields.Nested(ProblemError, required=True, allow_none=True, metadata=described)


class RefusedRows(Schema):
    """Rows that would be rejected for one reason."""

    reason = fields.String(
        required=True, metadata={"example": "date: expected a date such as 2024-12-31, got 'free'"}
    )
    said = _said()
    line = fields.Integer(required=True, metadata={"description": "of the first of them"})
    rows = fields.Integer(required=True)


class ImportPreview(Schema):
    """What the rows of a file come to, before anything of it is stored."""

    rows = fields.Integer(required=True, metadata={"example": 240})
    is_whole = fields.Boolean(
        required=True,
        metadata={"description": "false: only the first `rows` could be read within seconds"},
    )
    customers = fields.Integer(required=True, metadata={"example": 31})
    products = fields.Integer(
        required=True, metadata={"example": 0, "description": "of a list of products"}
    )
    pieces = fields.Float(
        required=True, metadata={"example": 0, "description": "in stock, of a list of products"}
    )
    total_minor = fields.Integer(
        required=True, metadata={"example": 184250, "description": "refunds taken off"}
    )
    refunds = fields.Integer(required=True, metadata={"description": "rows below zero"})
    refunded_minor = fields.Integer(required=True, metadata={"example": -1560})
    first_at = Moment(required=True, allow_none=True)
    last_at = Moment(required=True, allow_none=True)
    rejected = fields.Integer(required=True)
    reasons = fields.List(fields.Nested(RefusedRows), required=True)


class ImportColumn(Schema):
    """A column of the file, and what we take it for."""

    index = fields.Integer(required=True)
    name = fields.String(required=True)
    samples = fields.List(fields.String(), required=True)
    guess = fields.String(
        required=True, allow_none=True, validate=validate.OneOf((*ALL_ROLES, None))
    )


class Outcome(Schema):
    """How far an import has come, and in the end what it made."""

    rows = fields.Integer(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    skipped = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    purchases = fields.Integer(required=True, allow_none=True)
    customers = fields.Integer(required=True, allow_none=True)
    customers_completed = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "known before; their missing name, phone or email was filled in"},
    )
    kept_purchases = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "after an undo: refunded since, or in another import too"},
    )
    kept_customers = fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "after an undo: with other purchases or notes, or changed by hand"
        },
    )
    kept_products = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "after an undo: sold or changed since, or in another list too"},
    )
    conflicts = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "after an undo: what was changed since, left as it is"},
    )
    total_minor = fields.Integer(required=True, allow_none=True)
    first_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    last_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class Import(Schema):
    """An uploaded file and what became of it."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(tuple(KINDS)))
    filename = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    columns = fields.List(fields.Nested(ImportColumn), required=True)
    date_orders = fields.List(
        fields.String(validate=validate.OneOf(DATE_ORDERS)),
        required=True,
        metadata={"description": "two: the dates do not tell, ask"},
    )
    decimal = fields.String(
        required=True, allow_none=True, metadata={"description": "null: the amounts do not tell"}
    )
    delimiter = fields.String(required=True)
    encoding = fields.String(required=True)
    rows_estimated = fields.Integer(required=True)
    duplicate_of = fields.UUID(
        required=True, allow_none=True, metadata={"description": "the same file, uploaded before"}
    )
    outcome = fields.Nested(Outcome, required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    said = _said()
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
    undone_at = Moment(required=True, allow_none=True)
    undo_until = Moment(
        required=True, allow_none=True, metadata={"description": "null: there is nothing to undo"}
    )


class Imports(Schema):
    """A page of imports."""

    items = fields.List(fields.Nested(Import), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ImportRowQuery(PageQuery):
    """Which rows of an import."""

    outcome = fields.String(
        load_default=None, validate=validate.OneOf(OUTCOMES, error="Must be one of {choices}.")
    )


class ImportRow(Schema):
    """What became of one row; `raw` is kept where it did not become a purchase."""

    line = fields.Integer(required=True)
    raw = fields.List(fields.String(), required=True, allow_none=True)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    reason = fields.String(required=True, allow_none=True)
    said = _said()


class ImportRows(Schema):
    """A page of rows."""

    items = fields.List(fields.Nested(ImportRow), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
