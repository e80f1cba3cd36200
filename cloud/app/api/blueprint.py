"""flask-smorest's blueprint with types, and with our conventions for the API document."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import flask_smorest
from marshmallow import Schema

# the component of the API document that describes every error
PROBLEM = "Problem"

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Takes a view and returns one that is called in the same way."""

    def __call__(self, view: View, /) -> View: ...


class Blueprint:
    """One noun's routes. The document's operation ids are the names of the functions."""

    def __init__(self, name: str, description: str) -> None:
        self.smorest = flask_smorest.Blueprint(
            name, f"cloud.app.api.{name}", description=description
        )

    def get(self, rule: str) -> Decorator:
        return self._route("GET", rule)

    def post(self, rule: str) -> Decorator:
        return self._route("POST", rule)

    def patch(self, rule: str) -> Decorator:
        return self._route("PATCH", rule)

    def delete(self, rule: str) -> Decorator:
        return self._route("DELETE", rule)

    def body(self, schema: type[Schema]) -> Decorator:
        """The JSON body, passed as the first argument."""
        return self._arguments(schema, "json")

    def query(self, schema: type[Schema]) -> Decorator:
        """The query's parameters, passed as the first argument."""
        return self._arguments(schema, "query")

    def files(self, schema: type[Schema]) -> Decorator:
        """The multipart body, passed as the first argument."""
        return self._arguments(schema, "files")

    def returns(
        self, status: int, schema: type[Schema] | None = None, **document: Any
    ) -> Decorator:
        return cast(Decorator, self.smorest.response(status, schema, **document))

    def file(self, status: int, description: str, *types: str) -> Decorator:
        """An answer that is a file to keep, made by the route itself."""
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in types}
        response = {"description": description, "content": content}
        return cast(Decorator, self.smorest.doc(responses={status: response}))

    def fails(self, *statuses: int) -> Decorator:
        """Name the problems that this route can answer with."""

        def decorate(view: View) -> View:
            for status in statuses:
                view = self.smorest.alt_response(status, PROBLEM)(view)
            return view

        return decorate

    def open_to_all(self) -> Decorator:
        """Say in the document that no sign-in is needed."""
        return cast(Decorator, self.smorest.doc(security=[]))

    def _arguments(self, schema: type[Schema], location: str) -> Decorator:
        def decorate(view: View) -> View:
            view = self.smorest.arguments(schema, location=location)(view)
            # the name that flask-smorest takes differs between versions of Python
            view._apidoc["arguments"]["responses"] = {422: PROBLEM}  # type: ignore[attr-defined]
            return view

        return decorate

    def _route(self, method: str, rule: str) -> Decorator:
        def decorate(view: View) -> View:
            documented = self.smorest.doc(operationId=view.__name__)(view)
            self.smorest.route(rule, methods=[method])(documented)
            return view

        return decorate
