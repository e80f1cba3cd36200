"""The live state of a shop: once, and as a stream of events."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator

from flask import Response, current_app, json, request
from flask_jwt_extended import get_jwt
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cloud.app.api import metrics
from cloud.app.api.access import person_id, sign_in_id, works_here
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.schemas.live import Live
from cloud.app.api.streams import News, Stream, Streams
from cloud.app.domain.errors import NotFound, SignedOut
from cloud.app.services.live import live_state
from cloud.app.services.shops import role_in
from cloud.app.store.roles import act_for

HEARTBEAT_S = 15.0
HERE = ": still here\n\n"
# something else of the shop than its live state, such as how far an import is
CHANGED = "event: changed\ndata: {}\n\n"

# the ids of a person and of the sign-in
Viewer = tuple[uuid.UUID, uuid.UUID]

routes = Blueprint("live", "What happens in the shop now")


@routes.get("/shops/<uuid:shop_id>/live")
@works_here("analyst")
@routes.returns(200, Live)
@routes.fails(404)
def get_live(shop_id: uuid.UUID) -> dict[str, object]:
    """Open or closed since when, and how many people are inside."""
    return live_state(db.session(), shop_id, dt.datetime.now(dt.UTC))


@routes.get("/shops/<uuid:shop_id>/live/stream")
@works_here("analyst")
@routes.returns(
    200,
    content_type="text/event-stream",
    description="`event: live`, `data:` as /live; `event: changed`, look again at all else",
)
@routes.fails(404, 503)
def stream_live(shop_id: uuid.UUID) -> Response:
    """The live state now and whenever it changes. Ends with the access token.

    With a `Last-Event-ID` it begins with the state only if that is another by now, and `changed`.
    """
    streams: Streams = current_app.extensions["streams"]
    stream = streams.open(shop_id)
    until = dt.datetime.fromtimestamp(get_jwt()["exp"], dt.UTC)
    response = Response(
        _events(
            stream,
            db.engine,
            (person_id(), sign_in_id()),
            until,
            request.headers.get("Last-Event-ID"),
        ),
        mimetype="text/event-stream",
    )
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(stream.close)
    return response


def _events(
    stream: Stream, engine: Engine, viewer: Viewer, until: dt.datetime, last_id: str | None
) -> Iterator[str]:
    # whoever resumes may have missed that something else has changed
    sent_id, news = last_id, News.NOTHING if last_id is None else News.ALL
    while not stream.is_ending and dt.datetime.now(dt.UTC) < until:
        try:
            stream.shared.get(viewer, lambda: _check(engine, stream.shop_id, viewer))
            data = stream.shared.get("live", lambda: _snapshot(engine, stream.shop_id))
        except (NotFound, SignedOut):
            return  # does not work here any more, or is signed out
        id_ = hashlib.sha256(data.encode()).hexdigest()[:16]
        if id_ != sent_id:
            metrics.LIVE_EVENTS.inc()
            yield f"id: {id_}\nevent: live\ndata: {data}\n\n"
        if news is News.ALL or (news is News.LIVE and id_ == sent_id):
            yield CHANGED
        elif id_ == sent_id:
            # without news: a comment, or nobody would notice that the browser has gone
            yield HERE
        sent_id = id_
        news = stream.wait(HEARTBEAT_S)


def _check(engine: Engine, shop_id: uuid.UUID, viewer: Viewer) -> None:
    # a session of its own: a stream must not hold a connection while it waits
    with Session(engine) as session:
        role_in(session, shop_id=shop_id, person_id=viewer[0], sign_in_id=viewer[1])


def _snapshot(engine: Engine, shop_id: uuid.UUID) -> str:
    with Session(engine) as session:
        act_for(session, shop_id=shop_id)
        state = live_state(session, shop_id, dt.datetime.now(dt.UTC))
    return json.dumps(Live().dump(state))
