"""Files that a shop takes home."""

import uuid
from collections.abc import Callable, Iterator

from flask import Response
from sqlalchemy.orm import Session

from cloud.app.api.database import db
from cloud.app.store.roles import act_for

CSV = "text/csv"

Lines = Callable[[Session], Iterator[str]]


def csv_response(shop_id: uuid.UUID, lines: Lines, filename: str) -> Response:
    """Return a CSV file that is sent while it is made.

    Its session is its own, because the request's ends before the last line is sent.
    """
    session = Session(db.engine)

    def parts() -> Iterator[str]:
        with session:
            act_for(session, shop_id=shop_id)
            yield from lines(session)

    response = Response(parts(), content_type=f"{CSV}; charset=utf-8")
    return as_download(response, filename)


def as_download(response: Response, filename: str) -> Response:
    """Let the browser save the answer under a name of ours, which is plain ASCII."""
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
