"""flask-smorest's blueprint with types, and with our conventions for every route.

A route cannot forget them, because they hang on its method: a GET has an ETag, a PUT, a PATCH and a
DELETE honour If-Match, and a POST of somebody who is signed in honours an Idempotency-Key.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import flask_smorest
from marshmallow import Schema

from cloud.app.api import conditions, examples
from cloud.app.api.arguments import Arguments
from cloud.app.api.idempotency import HEADER as IDEMPOTENCY_KEY
from cloud.app.api.idempotency import KEY_MAX_LENGTH

# the component of the API document that describes every error; each status has one of its own
PROBLEM = "Problem"

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Takes a view and returns one that is called in the same way."""

    def __call__(self, view: View, /) -> View: ...


class _Routes(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest has no types
    """flask-smorest's, which reads bodies and queries as we do."""

    ARGUMENTS_PARSER = Arguments()


class Blueprint:
    """One noun's routes. The document's operation ids are the names of the functions."""

    def __init__(self, name: str, description: str) -> None:
        self.smorest = _Routes(name, f"cloud.app.api.{name}", description=description)

    def get(self, rule: str, *, is_noted: bool = False) -> Decorator:
        """A reading route. Who sees a customer, or takes data home, is noted in the audit trail."""
        return self._route("GET", rule, is_noted=is_noted)

    def post(self, rule: str, *, shows_secret: bool = False) -> Decorator:
        """A creating route. An answer that shows a secret is shown once: a retry finds a 409."""
        return self._route("POST", rule, shows_secret=shows_secret)

    def put(self, rule: str) -> Decorator:
        return self._route("PUT", rule)

    def patch(self, rule: str) -> Decorator:
        return self._route("PATCH", rule)

    def delete(self, rule: str) -> Decorator:
        return self._route("DELETE", rule)

    def body(self, schema: type[Schema]) -> Decorator:
        """The JSON body, passed as the first argument."""
        return self._arguments(schema, "json", examples.of(schema, is_request=True))

    def query(self, schema: type[Schema]) -> Decorator:
        """The query's parameters, passed as the first argument."""
        return self._arguments(schema, "query")

    def files(self, schema: type[Schema]) -> Decorator:
        """The multipart body, passed as the first argument."""
        return self._arguments(schema, "files", examples.of(schema, is_request=True))

    def returns(
        self, status: int, schema: type[Schema] | None = None, **document: Any
    ) -> Decorator:
        if schema is not None:
            document.setdefault("example", examples.of(schema))
        return cast(Decorator, self.smorest.response(status, schema, **document))

    def file(self, status: int, description: str, kind: str, example: str) -> Decorator:
        """An answer that is a file to keep, made by the route itself."""
        schema = {"type": "string", "format": "binary"}
        content = {kind: {"schema": schema, "example": example}}
        response = {"description": description, "content": content}
        return cast(Decorator, self.smorest.doc(responses={status: response}))

    def fails(self, *statuses: int) -> Decorator:
        """Name the problems that this route can answer with."""

        def decorate(view: View) -> View:
            for status in statuses:
                view = self.smorest.alt_response(status, problem_component(status))(view)
            return view

        return decorate

    def open_to_all(self) -> Decorator:
        """Say in the document that no sign-in is needed."""
        return cast(Decorator, self.smorest.doc(security=[]))

    def _arguments(self, schema: type[Schema], location: str, example: object = None) -> Decorator:
        def decorate(view: View) -> View:
            earlier = getattr(view, "_apidoc", {}).get("arguments", {}).get("responses", {})
            view = self.smorest.arguments(schema, location=location, example=example)(view)
            problems = {422: problem_component(422)}
            if location != "query":
                problems |= {status: problem_component(status) for status in (400, 408, 413, 415)}
            # the name that flask-smorest takes differs between versions of Python
            view._apidoc["arguments"]["responses"] = {**earlier, **problems}  # type: ignore[attr-defined]
            return view

        return decorate

    def _route(
        self, method: str, rule: str, *, shows_secret: bool = False, is_noted: bool = False
    ) -> Decorator:
        def decorate(view: View) -> View:
            view.is_noted = is_noted  # type: ignore[attr-defined] # for audit.noted
            if getattr(view, "is_signed_in", False):
                view = self._of_somebody(method, view, shows_secret)
            if method == "GET":
                view = self._readable(view)
            if method in ("PUT", "PATCH", "DELETE"):
                view = self._changeable(view)
            documented = self.smorest.doc(operationId=view.__name__)(view)
            self.smorest.route(rule, methods=[method])(documented)
            return view

        return decorate

    def _of_somebody(self, method: str, view: View, shows_secret: bool) -> View:
        view = self.fails(401)(view)
        if method != "POST":
            return view
        view.shows_secret = shows_secret  # type: ignore[attr-defined] # for answered_once
        key = _header(
            IDEMPOTENCY_KEY,
            "a retry with the same key is done once and answered again, for 24 hours",
            maxLength=KEY_MAX_LENGTH,
            pattern="^[!-~]+$",
        )
        return self._with_header(self.fails(409, 422)(view), key)

    def _readable(self, view: View) -> View:
        if not _answers_json(view):
            return view
        key = _header("If-None-Match", "the ETag that one has: 304 when it is still this one")
        view = self.smorest.doc(
            responses={
                200: {"headers": {"ETag": _ETAG}},
                304: {"description": "Not modified", "headers": {"ETag": _ETAG}},
            }
        )(conditions.tagged(view))
        return self._with_header(view, key)

    def _changeable(self, view: View) -> View:
        key = _header("If-Match", "the ETag of what one has seen: 412 when it has changed since")
        return self._with_header(self.fails(412)(conditions.changed(view)), key)

    def _with_header(self, view: View, header: dict[str, object]) -> View:
        # beside the query's parameters, which a `doc(parameters=…)` would replace
        documented = self.smorest.doc()(view)
        documented._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append(header)
        return cast(View, documented)


def problem_component(status: int) -> str:
    """Return the name of the component that describes the problems of a status."""
    return f"{PROBLEM}{status}"


_ETAG = {"description": "changes with the answer", "schema": {"type": "string"}}


def _header(name: str, description: str, **schema: object) -> dict[str, object]:
    return {
        "in": "header",
        "name": name,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _answers_json(view: Callable[..., Any]) -> bool:
    described = getattr(view, "_apidoc", {}).get("response", {}).get("responses", {}).get(200, [])
    return any("schema" in answer for answer in described if isinstance(answer, dict))
