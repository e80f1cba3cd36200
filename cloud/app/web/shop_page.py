"""The public page of a shop: what a poster's code opens on an old phone, without JavaScript."""

import base64
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy import select

from cloud.app.api import headers
from cloud.app.api.database import db
from cloud.app.api.limits import per_reader
from cloud.app.domain.errors import Gone, NotFound
from cloud.app.services.hours import week
from cloud.app.services.live import public_status
from cloud.app.store.shops import Shop

pages = Blueprint("shop_page", __name__)

_STYLE = (Path(__file__).parent / "templates" / "shop.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = headers.policy(style_src=f"'sha256-{_STYLE_HASH}'", script_src="'none'")

# (is_open, source) -> what stands in large letters; a guess by the clock never sounds like a fact
HEADLINES = {
    (True, "door"): "Open now",
    (False, "door"): "Closed now",
    (True, "override"): "Open now",
    (False, "override"): "Closed now",
    (True, "hours"): "Hours say open",
    (False, "hours"): "Hours say closed",
}
UNKNOWN = "Not known now"
CROWDS = {
    "empty": "Nobody is waiting.",
    "quiet": "It is quiet.",
    "moderate": "Some people are here.",
    "busy": "It is busy.",
    "full": "It is full.",
}
SOURCES = {
    "override": "The shop says so, until {until}.",
    "door": "The door sensor says so, checked at {time}.",
    "hours": "By the published hours: the door sensor does not answer now.",
    "unknown": "Neither the door sensor nor published hours say anything now.",
}


@pages.get("/s/<slug>")
@per_reader("120 per minute")
def shop_page(slug: str) -> Response:
    """Open now or not, how busy, where, and when."""
    now = dt.datetime.now(dt.UTC)
    try:
        status = public_status(db.session(), slug, now)
    except NotFound:
        return page_of("no_shop.html", 404)
    except Gone:
        return page_of("closed_shop.html", 410)
    shop = db.session.execute(select(Shop).where(Shop.slug == slug)).scalar_one()
    return page_of("shop.html", 200, **_words(status, shop, now))


def _words(status: dict[str, Any], shop: Shop, now: dt.datetime) -> dict[str, object]:
    state = status["status"]
    zone = ZoneInfo(shop.time_zone)
    headline = HEADLINES.get((state["is_open"], state["source"]), UNKNOWN)
    crowd = CROWDS.get(status["crowd"] or "", "") if state["is_open"] else ""
    return {
        "shop": status,
        "headline": headline,
        "since": _since(state["since"], now, zone),
        "crowd": crowd,
        "source": SOURCES[state["source"]].format(
            time=f"{state['checked_at'].astimezone(zone):%H:%M}",
            until=f"{(state['until'] or now).astimezone(zone):%H:%M}",
        ),
        "summary": " ".join(part for part in (f"{headline}.", crowd, shop.address) if part),
        "url": f"{current_app.config['PUBLIC_URL']}/s/{shop.slug}",
        "week": _week(shop, now),
    }


def _since(since: dt.datetime | None, now: dt.datetime, zone: ZoneInfo) -> str:
    if since is None:
        return ""
    local = since.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"since {local:%H:%M}"
    return f"since {local:%A %H:%M}" if now - since < dt.timedelta(days=6) else ""


def _week(shop: Shop, now: dt.datetime) -> list[tuple[dt.date, list[str]]]:
    if not shop.opening_hours:
        return []
    return week(shop.opening_hours, shop.time_zone, shop.country, now)


def page_of(template: str, status: int, **values: object) -> Response:
    """Render a page that needs no script, under a policy that allows none."""
    response = Response(render_template(template, style=_STYLE, **values), status)
    response.headers[headers.CONTENT_POLICY] = _POLICY
    response.headers["Cache-Control"] = "public, max-age=15"
    response.add_etag()
    response.make_conditional(request)
    return response
