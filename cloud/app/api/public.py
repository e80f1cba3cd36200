"""What anybody may know of a shop."""

import datetime as dt

from flask import Response, json, request

from cloud.app.api.blueprint import Blueprint
from cloud.app.api.conditions import tag_of
from cloud.app.api.database import db
from cloud.app.api.limits import per_reader
from cloud.app.api.schemas.live import PublicShop
from cloud.app.services.live import public_status

# anybody's cache may answer for so long; within it the shop may have closed
MAX_AGE_S = 5

routes = Blueprint("public", "What anybody may know")


@routes.get("/public/shops/<slug>")
@per_reader("120 per minute")
@routes.returns(200, PublicShop)
@routes.fails(404, 410, 429)
@routes.open_to_all()
def get_public_shop(slug: str) -> Response:
    """Open now or not, and how busy in a word. May be cached; answers 304 to its ETag."""
    found = public_status(db.session(), slug, dt.datetime.now(dt.UTC))
    response = Response(json.dumps(PublicShop().dump(found)), mimetype="application/json")
    response.set_etag(tag_of(response))
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.make_conditional(request)
    return response
