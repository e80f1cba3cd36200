"""Who saw and changed what, and what the administrator of an installation looks at."""

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, PageQuery, Schema

JOB_STATES = ("todo", "doing", "succeeded", "failed", "cancelled", "aborting", "aborted")


class AuditQuery(PageQuery):
    """About whom, and by whom."""

    customer_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)


class AuditEvent(Schema):
    """A look or a change. `fields` names what was sent, never the values."""

    id = fields.UUID(required=True)
    happened_at = Moment(required=True)
    person_id = fields.UUID(required=True, allow_none=True)
    person_name = fields.String(
        required=True, allow_none=True, metadata={"example": "Carl Counter"}
    )
    role = fields.String(required=True)
    action = fields.String(
        required=True,
        metadata={"description": "operation of this document", "example": "update_customer"},
    )
    customer_id = fields.UUID(required=True, allow_none=True)
    about = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    fields_ = fields.List(
        fields.String(), required=True, data_key="fields", attribute="fields",
        metadata={"example": ["phone", "tags"]},
    )  # fmt: skip


class AuditEvents(Schema):
    """A page of the audit trail, the newest first."""

    items = fields.List(fields.Nested(AuditEvent), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class PlatformShop(Schema):
    """A shop, as who looks after the installation sees it."""

    id = fields.UUID(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True, metadata={"example": "Corner Bakery"})
    country = fields.String(required=True)
    time_zone = fields.String(required=True)
    created_at = Moment(required=True)
    devices = fields.Integer(required=True)


class PlatformShops(Schema):
    """A page of all shops, the newest first."""

    items = fields.List(fields.Nested(PlatformShop), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class PlatformDeviceQuery(PageQuery):
    """Of which shop."""

    shop_id = fields.UUID(load_default=None)


class PlatformDevice(Schema):
    """A board of any shop."""

    id = fields.String(required=True, metadata={"example": "d-6f1f4f0e"})
    shop_id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Front door"})
    is_online = fields.Boolean(required=True)
    seen_at = Moment(required=True, allow_none=True)
    firmware = fields.String(required=True, allow_none=True)


class PlatformDevices(Schema):
    """A page of boards, those that were silent longest first."""

    items = fields.List(fields.Nested(PlatformDevice), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class JobQuery(PageQuery):
    """In which state."""

    status = fields.String(
        load_default=None, validate=validate.OneOf(JOB_STATES, error="Must be one of {choices}.")
    )


class Job(Schema):
    """A job of the queue."""

    id = fields.Integer(required=True)
    task_name = fields.String(required=True, metadata={"example": "run_import"})
    status = fields.String(required=True, validate=validate.OneOf(JOB_STATES))
    attempts = fields.Integer(required=True)
    scheduled_at = Moment(required=True, allow_none=True)
    shop_id = fields.UUID(required=True, allow_none=True)


class Jobs(Schema):
    """A page of jobs, the latest first."""

    items = fields.List(fields.Nested(Job), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class PlatformRejection(Schema):
    """A message that nobody could use; its content is the shop's."""

    id = fields.Integer(required=True)
    shop_id = fields.UUID(required=True, allow_none=True)
    device_id = fields.String(required=True, allow_none=True)
    topic = fields.String(required=True)
    reason = fields.String(required=True)
    times = fields.Integer(required=True)
    last_received_at = Moment(required=True)


class PlatformRejections(Schema):
    """A page of rejected messages, the latest first."""

    items = fields.List(fields.Nested(PlatformRejection), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
