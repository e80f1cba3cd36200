"""Every error leaves as one shape: a problem of RFC 9457."""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import pairwise
from json import JSONDecodeError
from typing import Any

from flask import Flask, Response, json, request
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from cloud.app.domain.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ShopbellError,
    SignedOut,
    TooOften,
    Unavailable,
)
from cloud.app.domain.said import REFUSALS, expectation, said

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

_STATUS = {
    NotFound: 404,
    Gone: 410,
    SignedOut: 401,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    TooOften: 429,
    Unavailable: 503,
}
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_AFTER_S)}}
_SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not know the method {method}.",
    429: "Too many requests. Try again later.",
    500: "Something went wrong on our side. It has been noted.",
}
# the statuses of problems that routes name, each with a sentence that stands for it
DESCRIBED = {
    400: _SENTENCES[400],
    401: "Sign in first.",
    403: "only owner may do this, you are staff here",
    404: "there is no such customer",
    408: "Expected the whole file within 300 s, got a part of it.",
    409: "another customer has this reference",
    410: "this shop has closed",
    412: "It has changed since you read it: read it again, and then change it.",
    413: "Expected at most 1 MB, got more.",
    415: "Expected a body of application/json, got text/plain.",
    422: "name: expected a value, got nothing.",
    429: _SENTENCES[429],
    503: "the broker does not answer, try again",
}
UNKNOWN_FIELD = "Unknown field."
_SECRET_FIELDS = {"password", "refresh_token", "code"}
_FOUND_MAX_LENGTH = 80
_LENGTH = re.compile(r"Length must be between (\d+) and (\d+)\.")

_log = logging.getLogger(__name__)

FieldError = dict[str, object]


def problem(
    status: int,
    detail: str,
    *,
    slug: str | None = None,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as a response."""
    body = _body(status, detail, slug, errors)
    return Response(json.dumps(body), status, dict(headers or {}), content_type=PROBLEM_TYPE)


def example(status: int) -> dict[str, object]:
    """Return a problem of this status as it might come, for the API document."""
    if status == 422:
        field = _field_error("name", "a value", "nothing")
        return _body(422, _detail_of(field), "invalid", [field])
    return _body(status, DESCRIBED[status])


def register_error_handlers(app: Flask) -> None:
    """Translate our own errors, Flask's, and those that nobody expected."""
    app.register_error_handler(ShopbellError, _of_ours)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(RecursionError, _of_nesting)
    app.register_error_handler(Exception, _unexpected)


def of_http(error: HTTPException) -> Response:
    """Return the problem for an error of Flask, Werkzeug or webargs."""
    status = error.code or 500
    told = getattr(error, "data", {})
    messages = told.get("messages")
    if status == 422 and isinstance(messages, Mapping):
        return _invalid(list(_field_errors(messages, told.get("schema"))))
    sentence = _sentence(status, error)
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem(status, sentence, headers=kept)


def _sentence(status: int, error: HTTPException) -> str:
    if status == 413:
        size = request.max_content_length or 0
        return f"Expected at most {size / 1024 / 1024:g} MB, got more."
    if isinstance(found := getattr(error, "exc", None), JSONDecodeError):
        place = f"line {found.lineno}, column {found.colno}"
        return f"Expected JSON, got something else at {place}."
    default = error.description or HTTPStatus(status).phrase
    return _SENTENCES.get(status, default).format(method=request.method)


def _of_ours(error: ShopbellError) -> Response:
    if isinstance(error, Invalid):
        found = "" if error.field in _SECRET_FIELDS else error.found
        return _invalid([_field_error(error.field, error.expected, found)])
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    detail = str(error) or HTTPStatus(status).phrase
    return problem(status, detail, headers=_HEADERS.get(status))


def _of_nesting(error: RecursionError) -> Response:
    # only a body's reader goes as deep as its sender likes
    if error.__traceback__ is None or "/json/" not in _innermost_file(error):
        return _unexpected(error)
    return problem(400, "Expected JSON that is not nested so deeply.")


def _innermost_file(error: BaseException) -> str:
    frames = list(traceback.walk_tb(error.__traceback__))
    return frames[-1][0].f_code.co_filename


def _body(
    status: int, detail: str, slug: str | None = None, errors: list[FieldError] | None = None
) -> dict[str, object]:
    refusal = said(detail, REFUSALS)
    body: dict[str, object] = {
        "type": f"/problems/{slug}" if slug else "about:blank",
        "title": HTTPStatus(status).phrase.capitalize(),
        "status": status,
        "detail": detail,
        "code": refusal.code,
        "values": refusal.values,
    }
    return body if errors is None else {**body, "errors": errors}


def _unexpected(error: Exception) -> Response:
    _log.exception("%s %s failed", request.method, request.url_rule, exc_info=error)
    return problem(500, _SENTENCES[500])


def _invalid(errors: list[FieldError]) -> Response:
    return problem(422, _detail_of(errors[0]), slug="invalid", errors=errors)


def _detail_of(first: FieldError) -> str:
    got = f", got {first['found']}" if first["found"] else ""
    return f"{first['field']}: expected {first['expected']}{got}."


def _field_errors(messages: Mapping[str, object], schema: Schema | None) -> Iterator[FieldError]:
    """Flatten webargs' messages, {location: {field: [text] or nested}}."""
    for location, nested in messages.items():
        sent = _sent(location)
        for path, text in _flattened(nested, ()):
            field = ".".join(map(str, path)) or location
            if text == UNKNOWN_FIELD and schema is not None:
                yield _field_error(field, _one_of_the_fields(schema, path), "another name")
            else:
                yield _field_error(field, _expected(text), _found(sent, path))


def _one_of_the_fields(schema: Schema, path: tuple[str | int, ...]) -> str:
    """Say which fields there are where one stands that nobody knows."""
    for step in path[:-1]:
        if isinstance(step, str):
            field = schema.fields[step]
            field = field.inner if isinstance(field, fields.List) else field
            assert isinstance(field, fields.Nested)  # only a schema knows its fields
            schema = field.schema
    return f"one of the fields {', '.join(schema.load_fields)}"


def _field_error(field: str, expected: str, found: str) -> FieldError:
    return vars(expectation(field, expected, found))


def _flattened(
    node: object, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, Mapping):
        for key, child in node.items():
            yield from _flattened(child, path if key == "_schema" else (*path, key))
    elif isinstance(node, list):
        for text in node:
            yield path, str(text)


def _expected(text: str) -> str:
    """Turn marshmallow's sentence into what stands behind "expected"."""
    known = {
        "Missing data for required field.": "a value",
        "Field may not be null.": "a value",
        "Invalid input type.": "a JSON object",
        "Not a valid UUID.": "a UUID",
        "Not a valid string.": "a text",
        "Not a valid integer.": "a whole number",
        "Not a valid number.": "a number",
        "Not a valid boolean.": "true or false",
        "Not a valid list.": "a list",
        "Not a valid date.": "a day such as 2026-03-14",
        "Not a valid mapping type.": "a JSON object",
    }
    if text in known:
        return known[text]
    if length := _LENGTH.fullmatch(text):
        return f"a text of {length[1]} to {length[2]} characters"
    plain = text.rstrip(".").removeprefix("Not a valid ").removeprefix("Must be ")
    return plain[:1].lower() + plain[1:].replace("one of: ", "one of ")


def _sent(location: str) -> object:
    if location in ("json", "json_or_form"):
        return request.get_json(silent=True)
    if location == "query":
        return request.args
    return None


def _found(sent: Any, path: tuple[str | int, ...]) -> str:
    if not path:
        return ""
    for before, step in pairwise(("", *path)):
        if _has(sent, step):
            sent = sent[step]
        elif step == "key":  # what marshmallow calls the name of an entry, and below what it holds
            sent = before
        elif step != "value":
            return "nothing"
    if sent is None:
        return "nothing"
    is_secret = _SECRET_FIELDS.intersection(map(str, path))
    return "" if is_secret else json.dumps(sent)[:_FOUND_MAX_LENGTH]


def _has(sent: object, step: str | int) -> bool:
    if isinstance(sent, list):
        return isinstance(step, int) and step < len(sent)
    return isinstance(sent, Mapping) and step in sent
