"""What anybody may know of a shop."""

import datetime as dt

from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.limits import per_address
from cloud.app.api.schemas.live import PublicShop
from cloud.app.services.live import public_status

routes = Blueprint("public", "What anybody may know")


@routes.get("/public/shops/<slug>")
@per_address("120 per minute")
@routes.returns(200, PublicShop)
@routes.fails(404, 429)
@routes.open_to_all()
def get_public_shop(slug: str) -> dict[str, object]:
    """Open now or not, and how busy in a word."""
    return public_status(db.session(), slug, dt.datetime.now(dt.UTC))
