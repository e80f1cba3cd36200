"""The public page of a shop: what a poster's code opens on an old phone, without JavaScript."""

import base64
import datetime as dt
import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy import select

from cloud.app.api import headers
from cloud.app.api.database import db
from cloud.app.api.limits import per_reader
from cloud.app.domain.errors import Gone, NotFound
from cloud.app.domain.languages import LANGUAGES, language_of
from cloud.app.services.hours import week
from cloud.app.services.live import public_status
from cloud.app.store.shops import Shop
from cloud.app.web.shop_words import TEXTS, ShopWords

pages = Blueprint("shop_page", __name__)

_STYLE = (Path(__file__).parent / "templates" / "shop.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = headers.policy(style_src=f"'sha256-{_STYLE_HASH}'", script_src="'none'")


@pages.get("/s/<slug>")
@pages.get(f"/s/<slug>/<any({', '.join(LANGUAGES)}):language>")
@per_reader("120 per minute")
def shop_page(slug: str, language: str | None = None) -> Response:
    """Open now or not, how busy, where, and when; in the shop's language or the one asked for."""
    now = dt.datetime.now(dt.UTC)
    try:
        status = public_status(db.session(), slug, now)
    except NotFound:
        return nothing_here("no_shop.html", 404)
    except Gone:
        return nothing_here("closed_shop.html", 410)
    shop = db.session.execute(select(Shop).where(Shop.slug == slug)).scalar_one()
    spoken = language or language_of(shop.language, shop.country)
    words = ShopWords(spoken, ZoneInfo(shop.time_zone), now)
    hours = status["opening_hours"]
    days = week(str(hours), shop.time_zone, shop.country, now) if hours else []
    response = page_of(
        "shop.html",
        200,
        t=words.texts,
        language=spoken,
        languages=[(each, TEXTS[each]["name"]) for each in LANGUAGES if each != spoken],
        shop=status,
        week=words.week(days),
        client=current_app.config["PUBLIC_URL"],
        **words.page(status),
    )
    response.headers["Cache-Control"] = "public, max-age=15"
    response.add_etag()
    response.make_conditional(request)
    return response


def nothing_here(template: str, status: int) -> Response:
    """Say in the reader's language that there is no shop here, or none any more."""
    language = readers_language()
    return page_of(template, status, t=TEXTS[language], language=language)


def page_of(template: str, status: int, **values: object) -> Response:
    """Render a page that needs no script, under a policy that allows none.

    It stays in no cache on the way: codes and contacts are on some.
    """
    response = Response(render_template(template, style=_STYLE, **values), status)
    response.headers[headers.CONTENT_POLICY] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def readers_language() -> str:
    """Return the language that the reader's browser asks for, of those that are spoken."""
    return request.accept_languages.best_match(LANGUAGES) or "en"
