"""How bodies and queries are read: what nobody asked for is refused instead of passed over."""

import marshmallow
from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType


class Arguments(FlaskParser):
    """webargs' parser, but a filter that does not exist filters nothing and must not seem to."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs reads it from the class
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": marshmallow.RAISE,
    }

    def load_json(self, req: Request, schema: marshmallow.Schema) -> object:
        # what `curl -d` sends by itself would look as if every field were missing
        if req.get_data(cache=True) and not req.is_json:
            found = req.mimetype or "none"
            raise UnsupportedMediaType(f"Expected a body of application/json, got {found}.")
        return super().load_json(req, schema)
