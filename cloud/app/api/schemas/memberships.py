"""What customers see of the shops they belong to, and what these know of them."""

from typing import Any

from marshmallow import fields, validate

from cloud.app.api.schemas.base import Moment, Schema, Text
from cloud.app.api.schemas.customers import Holding
from cloud.app.api.schemas.live import PublicShop
from cloud.app.store.consents import ACTIONS, CHANNELS

WORDING_MAX_LENGTH = 500


def _channel(**more: Any) -> fields.String:
    return fields.String(
        validate=validate.OneOf(CHANNELS, error="Must be one of {choices}."), **more
    )


def _wording(**more: Any) -> Text:
    return Text(
        WORDING_MAX_LENGTH,
        **more,
        metadata={"description": "what was shown beside the box, word for word"},
    )


class Joining(Schema):
    """A shop to join. `consents` names the channels whose box was ticked; none is ticked before."""

    slug = fields.String(required=True, validate=validate.Length(1, 100))
    consents = fields.List(_channel(), load_default=list, validate=validate.Length(max=10))
    wording = _wording(load_default=None, allow_none=True)
    referral_code = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 20)
    )


class JoinedShop(PublicShop):
    """A shop that one is a customer of: open now, and how busy in a word."""

    id = fields.UUID(required=True)
    currency = fields.String(required=True)
    joined_at = Moment(required=True)
    left_at = Moment(required=True, allow_none=True)
    delete_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "the shop has closed: when everything of it is deleted"},
    )


class JoinedShops(Schema):
    """Every shop that one is a customer of, those that one left too."""

    items = fields.List(fields.Nested(JoinedShop), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Known(Schema):
    """What the shop knows: typed in by it, or told by oneself. Notes are in the export."""

    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    tags = fields.List(fields.String(), required=True)
    notes = fields.Integer(required=True)
    purchases = fields.Integer(required=True)
    spent_minor = fields.Integer(required=True)
    last_purchase_at = Moment(required=True, allow_none=True)
    is_scored = fields.Boolean(
        required=True, metadata={"description": "the shop estimates when one will come again"}
    )


class MyReferrals(Schema):
    """One's own link for friends, and how many came by it; who they are stays theirs."""

    url = fields.String(required=True)
    whatsapp_url = fields.String(required=True)
    joined = fields.Integer(required=True)
    bought = fields.Integer(required=True)


class JoinedShopDetails(JoinedShop):
    """A shop with everything that a customer may see and decide there."""

    known = fields.Nested(Known, required=True)
    channels = fields.List(
        _channel(), required=True, metadata={"description": "by which one can be reached"}
    )
    holds = fields.List(fields.Nested(Holding), required=True)
    referrals = fields.Nested(MyReferrals, required=True)


class MyConsent(Schema):
    """A switch for one channel. Who switches it on has read the words beside it."""

    channel = _channel(required=True)
    action = fields.String(
        required=True, validate=validate.OneOf(ACTIONS, error="Must be one of {choices}.")
    )
    wording = _wording(load_default=None, allow_none=True)


class Holdings(Schema):
    """What holds for each channel now."""

    holds = fields.List(fields.Nested(Holding), required=True)


class ReferralItem(Schema):
    """A friend whom a customer brought, and when that friend first paid for something."""

    friend_id = fields.UUID(required=True)
    friend = fields.String(required=True, allow_none=True)
    referrer_id = fields.UUID(required=True)
    referrer = fields.String(required=True, allow_none=True)
    joined_at = Moment(required=True)
    first_purchase_at = Moment(required=True, allow_none=True)


class Referrals(Schema):
    """A page of referrals, the newest first."""

    items = fields.List(fields.Nested(ReferralItem), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
