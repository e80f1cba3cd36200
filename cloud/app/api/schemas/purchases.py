"""Purchases, their lines, and products."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from cloud.app.api.schemas.base import MONEY_MAX, GivenDay, Moment, Money, PageQuery, Schema, Text

LINES_MAX = 500
QUANTITY_MAX = 1_000_000
THOUSANDTH = Decimal("0.001")


class Quantity(fields.Decimal):
    """Pieces, or a weight with up to three decimals; negative when given back."""

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_nan=False, **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Decimal:
        number = super()._deserialize(value, attr, data, **more)
        if abs(number) > QUANTITY_MAX:
            raise ValidationError(f"Must be between -{QUANTITY_MAX} and {QUANTITY_MAX}.")
        return number.quantize(THOUSANDTH)


_PRICE = validate.Range(0, MONEY_MAX, error="Must be between {min} and {max}.")


def _not_negative(pieces: Decimal) -> None:
    if pieces < 0:
        raise ValidationError("Must be 0 or more.")


class NewLine(Schema):
    """One product on a purchase."""

    product = Text(200, required=True)
    quantity = Quantity(required=True)
    amount_minor = Money(required=True)


class NewPurchase(Schema):
    """A sale, or with a negative amount a refund. The id is made by the client, for retries."""

    id = fields.UUID(required=True)
    customer_id = fields.UUID(load_default=None, allow_none=True)
    occurred_at = Moment(required=True)
    amount_minor = Money(required=True)
    refunds_id = fields.UUID(load_default=None, allow_none=True, metadata={"example": None})
    lines = fields.List(
        fields.Nested(NewLine),
        load_default=list,
        validate=validate.Length(max=LINES_MAX, error="Must be at most {max} lines."),
    )


class Line(Schema):
    """One product on a purchase."""

    product = fields.String(required=True)
    quantity = fields.Float(required=True)
    amount_minor = fields.Integer(required=True)


class Purchase(Schema):
    """A sale or a refund, as it is stored."""

    id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    occurred_at = Moment(required=True)
    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    source = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    refunds_id = fields.UUID(required=True, allow_none=True)
    lines = fields.List(fields.Nested(Line), required=True)


class PurchaseQuery(PageQuery):
    """Which part of the purchases, the newest first."""

    since = Moment(load_default=None, metadata={"description": "this moment, or later"})
    before = Moment(load_default=None, metadata={"description": "earlier than this moment"})


class Purchases(Schema):
    """A page of purchases."""

    items = fields.List(fields.Nested(Purchase), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ProductChange(Schema):
    """What a shop knows of a product. Prices are of a piece; stock is what was counted now."""

    name = Text(200)
    sku = Text(200, allow_none=True)
    price_minor = fields.Integer(strict=True, allow_none=True, validate=_PRICE)
    cost_minor = fields.Integer(strict=True, allow_none=True, validate=_PRICE)
    in_stock = Quantity(
        allow_none=True,
        validate=_not_negative,
        metadata={"example": 12},
    )
    first_stocked_on = GivenDay(allow_none=True)


class Product(Schema):
    """Something a shop sells; null is what nobody said."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    sku = fields.String(
        required=True, allow_none=True, metadata={"description": "its number", "example": "4711"}
    )
    price_minor = fields.Integer(required=True, allow_none=True)
    cost_minor = fields.Integer(required=True, allow_none=True)
    in_stock = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "pieces counted at `stock_counted_at`, less those sold since"},
    )
    stock_counted_at = Moment(required=True, allow_none=True)
    first_stocked_on = fields.Date(required=True, allow_none=True)


class Products(Schema):
    """A page of products."""

    items = fields.List(fields.Nested(Product), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class BundleQuery(Schema):
    """Which bundles."""

    with_triples = fields.Boolean(
        load_default=False,
        metadata={
            "description": "after the pairs, three products that are bought together more "
            "often than their strongest pair explains"
        },
    )


class BundleProduct(Schema):
    """A product of a bundle."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class Bundle(Schema):
    """Products to sell together; `dead_product` names the one that lies too long."""

    products = fields.List(fields.Nested(BundleProduct), required=True)
    dead_product = fields.String(required=True, allow_none=True)
    evidence = fields.String(required=True, metadata={"example": "bought together"})
    reason = fields.String(required=True)
    together = fields.Integer(required=True, allow_none=True)
    lift = fields.Float(required=True, allow_none=True)
    confidence = fields.Float(required=True, allow_none=True)
    full_price_minor = fields.Integer(required=True, allow_none=True)
    bundle_price_minor = fields.Integer(required=True, allow_none=True)
    discount = fields.Float(required=True, allow_none=True)
    margin = fields.Float(required=True, allow_none=True)


class Bundles(Schema):
    """The bundles of the latest scoring, the surest first, and why there are not more."""

    items = fields.List(fields.Nested(Bundle), required=True)
    notes = fields.List(fields.String(), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
