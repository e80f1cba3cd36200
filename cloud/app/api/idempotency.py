"""Retries that change nothing: a POST with an Idempotency-Key is done once and answered again.

The key, the digest of its request and the answer are stored in the transaction that does the work,
so that they stand or fall together. Refusals are not stored: nothing was done.
"""

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

from flask import Response, current_app, request
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from cloud.app.api.database import RouteSession, db
from cloud.app.domain.errors import Conflict, Invalid
from cloud.app.store.idempotency import IdempotencyKey, claim_key

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_MAX_LENGTH = 255
# how long a retry waits for a request that is still at work under the same key
WAIT_S = 10

_KEY = re.compile(rf"[!-~]{{1,{KEY_MAX_LENGTH}}}")
_LOCK_NOT_AVAILABLE = "55P03"


def answered_once(view: Callable[..., Any], person_id: uuid.UUID, /, **values: Any) -> Any:
    """Call a view; with a key that was used before return its answer instead."""
    key = request.headers.get(HEADER)
    if key is None:
        return view(**values)
    if not _KEY.fullmatch(key):
        found = f"{len(key)} characters"
        raise Invalid(HEADER, f"1 to {KEY_MAX_LENGTH} visible ASCII characters", found)
    session = cast(RouteSession, db.session())
    digest = _digest(_told())
    earlier = _claim(session, person_id, _digest([key.encode()]), digest)
    if earlier is not None:
        return _again(earlier, digest)
    return _kept(session, person_id, _digest([key.encode()]), view, values)


def _claim(
    session: RouteSession, person_id: uuid.UUID, key_digest: bytes, request_digest: bytes
) -> IdempotencyKey | None:
    session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_S}s'"))
    try:
        earlier = claim_key(
            session,
            person_id=person_id,
            key_digest=key_digest,
            request_digest=request_digest,
            now=dt.datetime.now(dt.UTC),
        )
    except OperationalError as error:
        session.rollback()
        if getattr(error.orig, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise Conflict(f"a request with this {HEADER} is still at work: try again soon") from None
    session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
    return earlier


def _kept(
    session: RouteSession,
    person_id: uuid.UUID,
    key_digest: bytes,
    view: Callable[..., Any],
    values: dict[str, Any],
) -> Response:
    session.is_held = True
    try:
        response = current_app.make_response(view(**values))
        assert response.status_code < 300  # what is refused is raised
        claimed = session.get_one(IdempotencyKey, (person_id, key_digest))
        claimed.status, claimed.shop_id = response.status_code, values.get("shop_id")
        route = current_app.view_functions[request.endpoint or ""]
        shows_secret = getattr(route, "shows_secret", False)
        claimed.body = None if shows_secret else response.get_data(as_text=True)
        session.flush()
    finally:
        session.is_held = False
    session.commit()
    return response


def _again(earlier: IdempotencyKey, digest: bytes) -> Response:
    if earlier.request_digest != digest:
        raise Invalid(HEADER, "a key for each request", "the key of another request")
    if earlier.body is None:
        raise Conflict("this was done before, and what it answered is shown only once")
    response = Response(earlier.body, earlier.status, content_type="application/json")
    response.headers[REPLAYED] = "true"
    return response


def _told() -> Iterator[bytes]:
    """Everything by which two requests differ."""
    yield f"{request.method} {request.full_path}".encode()
    if request.mimetype != "multipart/form-data":
        yield request.get_data()
        return
    # the boundary between the parts is another one each time
    yield json.dumps(sorted(request.form.items(multi=True))).encode()
    for name, file in sorted(request.files.items(multi=True)):
        yield f"{name} {file.filename}".encode()
        yield hashlib.file_digest(file.stream, "sha256").digest()  # type: ignore[arg-type] # IO[bytes]
        file.stream.seek(0)


def _digest(parts: Any) -> bytes:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8) + part)
    return whole.digest()
