"""ETags: an answer that has not changed is not sent again, and nobody overwrites what they did
not see."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, request
from sqlalchemy import text
from werkzeug.datastructures import ETags
from werkzeug.exceptions import PreconditionFailed

from cloud.app.api.database import db

View = TypeVar("View", bound=Callable[..., Any])

CHANGED = "It has changed since you read it: read it again, and then change it."
# one who compares and one who writes must not meet: held until the writer's transaction ends
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended(:path, 0))")
# that a shop was looked at again does not make it another answer
_LOOKED_AT = re.compile(rb'"checked_at":\s*"[^"]*"')
_TAG_LENGTH = 20


def tagged(view: View) -> View:
    """Give a whole JSON answer its ETag, and answer 304 to who has it."""

    @wraps(view)
    def answer(*args: Any, **values: Any) -> Any:
        response = current_app.make_response(current_app.ensure_sync(view)(*args, **values))
        _tag(response)
        tag, _ = response.get_etag()
        if response.status_code != 200 or not request.if_none_match.contains_weak(tag or ""):
            return response
        return Response(status=304, headers={"ETag": response.headers["ETag"]})

    return cast(View, answer)


def changed(view: View) -> View:
    """Give what a change answers the ETag that a GET would answer now."""

    @wraps(view)
    def answer(*args: Any, **values: Any) -> Any:
        response = current_app.make_response(current_app.ensure_sync(view)(*args, **values))
        _tag(response)
        return response

    return cast(View, answer)


def tag_of(response: Response) -> str:
    """Return the ETag of a JSON answer, which changes with what it tells its reader."""
    told = _LOOKED_AT.sub(b"", response.get_data())
    return hashlib.sha256(told).hexdigest()[:_TAG_LENGTH]


def check_seen() -> None:
    """Let a change be made only of what its sender has seen, where If-Match says what that is."""
    db.session.execute(_TAKE_TURNS, {"path": request.path})
    if "If-Match" in request.headers and not _matches(request.if_match):
        raise PreconditionFailed(CHANGED)


def is_comparing() -> bool:
    """Tell whether a view is called only for a change to be compared with what it shows."""
    return bool(g.get("is_comparing"))


def _tag(response: Response) -> None:
    if response.status_code == 200 and response.is_json and not response.is_streamed:
        response.set_etag(tag_of(response))


def _matches(wanted: ETags) -> bool:
    """Compare with what a GET of this address would answer to the same person now."""
    endpoint = _endpoint_that_reads(str(request.url_rule))
    if endpoint is None:
        return wanted.star_tag  # an address that cannot be read has no tag to know
    view = current_app.view_functions[endpoint]
    g.is_comparing = True
    try:
        seen = current_app.make_response(current_app.ensure_sync(view)(**(request.view_args or {})))
    finally:
        g.is_comparing = False
    tag, _ = seen.get_etag()
    return tag is not None and wanted.contains(tag)


def _endpoint_that_reads(address: str) -> str | None:
    rules = current_app.url_map.iter_rules()
    return next((r.endpoint for r in rules if str(r) == address and "GET" in r.methods), None)  # type: ignore[operator] # never None
