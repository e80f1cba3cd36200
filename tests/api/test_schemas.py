"""What leaves the API is what marshmallow would make of it, only sooner."""

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import marshmallow
import pytest
from marshmallow import fields

from cloud.app.api.document import described_app
from cloud.app.api.schemas.base import Schema

VALUES = (
    (fields.Constant, "anything"),
    (fields.Nested, {}),
    (fields.List, []),
    (fields.UUID, uuid.UUID(int=7)),
    (fields.Decimal, Decimal("1.50")),
    (fields.Float, 1),
    (fields.Integer, Decimal(7)),
    (fields.Boolean, True),
    (fields.Date, dt.date(2026, 3, 14)),
    (fields.DateTime, dt.datetime(2026, 3, 14, 9, 26, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
    (fields.Mapping, {"a": 1}),
    (fields.String, "Rye bread"),
    (fields.Field, "as it is"),
)


def schemas(kind: type[Schema] = Schema) -> Iterator[type[Schema]]:
    for schema in kind.__subclasses__():
        yield schema
        yield from schemas(schema)


def value_of(field: fields.Field) -> object:
    if isinstance(field, fields.List):
        return [value_of(field.inner), None]
    if isinstance(field, fields.Nested):
        found = filled(field.schema)
        return [found] if field.many else found
    return next(value for kind, value in VALUES if isinstance(field, kind))


def filled(schema: marshmallow.Schema) -> dict[str, object]:
    return {f.attribute or name: value_of(f) for name, f in schema.dump_fields.items()}


def test_every_schema_dumps_as_marshmallow_does() -> None:
    described_app()  # with it all schemas are loaded
    found = {schema.__name__: schema() for schema in schemas()}
    assert len(found) > 90
    for name, schema in found.items():
        whole = filled(schema)
        for given in (whole, SimpleNamespace(**whole), dict.fromkeys(whole), SimpleNamespace()):
            expected = marshmallow.Schema.dump(schema, given)
            assert schema.dump(given) == expected, name
        assert schema.dump([whole, {}], many=True) == [schema.dump(whole), schema.dump({})]


def test_a_value_that_the_field_cannot_be_is_not_sent() -> None:
    class Figures(Schema):
        number = fields.Integer()

    with pytest.raises(ValueError, match="invalid literal"):
        Figures().dump({"number": "many"})
