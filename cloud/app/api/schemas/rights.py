"""What a person may take along, and what stays when they go."""

from marshmallow import fields

from cloud.app.api.schemas.base import Schema
from cloud.app.api.schemas.people import ContactProof


class CustomerExport(Schema):
    """Everything that a shop keeps about a customer: one list for each kind of row."""

    shop = fields.String(required=True)
    customer = fields.Dict(keys=fields.String(), required=True)

    class Meta:
        """Further lists have the names of what is kept."""

        unknown = "include"


class PersonExport(Schema):
    """Everything that is kept about a person, over all shops."""

    exported_at = fields.String(required=True)
    person = fields.Dict(keys=fields.String(), required=True)
    account = fields.Dict(keys=fields.String(), required=True)
    works_at = fields.List(fields.Dict(keys=fields.String()), required=True)
    customer_of = fields.List(fields.Dict(keys=fields.String()), required=True)


class Erased(Schema):
    """What stays after an erasure: sales without the person, because they are the shop's books."""

    sales_kept = fields.Integer(required=True)


class ErasedEverywhere(Erased):
    """What stays after an account is erased, over all shops."""

    shops = fields.Integer(required=True)


class Farewell(ContactProof):
    """A code that was just sent proves that it is the account's owner who wants to go."""
