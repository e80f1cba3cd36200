"""Joining a shop from the code on its poster: two screens on an old phone, without JavaScript."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, request

from cloud.app.api.database import db
from cloud.app.api.limits import per_address, per_reader
from cloud.app.api.people import (
    begin,
    can_reach,
    person_who_just_proved,
    person_who_proves,
    send_code,
)
from cloud.app.domain.errors import Forbidden, Gone, Invalid, NotFound, TooOften
from cloud.app.services import joining
from cloud.app.services.contacts import kind_of, normalised_email, normalised_phone
from cloud.app.services.live import public_status
from cloud.app.services.shops import shop_by_slug
from cloud.app.store.membership_queries import membership_in
from cloud.app.store.shops import Shop
from cloud.app.web import shop_words
from cloud.app.web.shop_page import nothing_here, page_of, readers_language

pages = Blueprint("join_page", __name__)

TEXTS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "texts" / "join.json").read_text()
)
NAME_MAX_LENGTH = 100
CONTACT_MAX_LENGTH = 254
# the words beside the box of each channel
WORDINGS = {"sms": "sms", "whatsapp": "whatsapp", "email": "email_consent"}


@pages.get("/s/<slug>/join")
@per_reader("120 per minute")
def join_page(slug: str) -> Response:
    """Open now or not, and the field for the contact to join with."""
    return _with_shop(slug, _ask_contact)


@pages.post("/s/<slug>/join")
@per_address("30 per minute")
def send_join_code(slug: str) -> Response:
    """Send a code to the contact, and ask for it."""
    return _with_shop(slug, _send)


@pages.post("/s/<slug>/join/code")
@per_address("30 per minute")
def join_by_code(slug: str) -> Response:
    """Prove the contact by its code, join, and sign in on this phone."""
    return _with_shop(slug, _join)


def _send(shop: Shop) -> Response:
    by = "email" if request.form.get("by") == "email" else "phone"
    text = request.form.get("contact", "")[:CONTACT_MAX_LENGTH]
    words = _words(shop)
    try:
        contact = normalised_email(text) if by == "email" else normalised_phone(text, shop.country)
    except Invalid:
        kind = words["kindEmail" if by == "email" else "kindPhone"]
        return _ask_contact(shop, words["badContact"].format(kind=kind), text)
    if not can_reach(contact):
        return _ask_contact(shop, words["noTexts"])
    try:
        send_code(contact)
        db.session.commit()
    except TooOften:
        return _ask_code(_rolled_back(shop.slug), contact, words["tooOften"])
    return _ask_code(shop, contact)


def _join(shop: Shop) -> Response:
    slug, words, contact = (
        shop.slug,
        _words(shop),
        request.form.get("contact", "")[:CONTACT_MAX_LENGTH],
    )
    code = request.form.get("code", "")[:20]
    name = " ".join(request.form.get("name", "").split())[:NAME_MAX_LENGTH]
    if not (name and name.isprintable()):
        return _ask_code(shop, contact, words["noName"])
    try:
        person = person_who_proves(contact, code, name)
        joining.join(
            db.session(),
            person.id,
            slug=slug,
            consents=_ticked(contact, words),
            source="qr",
            referral_code=request.form.get("r", "")[:20] or None,
            now=dt.datetime.now(dt.UTC),
        )
    except (Forbidden, Invalid):
        shop = _rolled_back(slug)
        if _has_just_joined(shop, contact, code):
            return _page("joined.html", shop)
        return _ask_code(shop, contact, words["wrongCode"])
    begin(person, "cookie")
    return _page("joined.html", shop)


def _has_just_joined(shop: Shop, contact: str, code: str) -> bool:
    """Who presses twice has joined by the first time, which has used the code up."""
    person = person_who_just_proved(contact, code)
    return person is not None and membership_in(db.session(), shop.id, person.id) is not None


def _rolled_back(slug: str) -> Shop:
    """Undo what was begun; the shop has to be read anew."""
    db.session.rollback()
    return shop_by_slug(db.session(), slug)


def _ticked(contact: str, words: dict[str, str]) -> dict[str, str]:
    offered = joining.CHANNELS_OF[kind_of(contact)]
    return {c: words[WORDINGS[c]] for c in offered if request.form.get(c) == "on"}


def _ask_contact(shop: Shop, error: str = "", contact: str = "") -> Response:
    is_email = request.values.get("by") == "email" or not can_reach("+")
    return _page(
        "join.html", shop, 422 if error else 200,
        error=error, contact=contact, is_email=is_email, can_text=can_reach("+"),
    )  # fmt: skip


def _ask_code(shop: Shop, contact: str, error: str = "") -> Response:
    words = _words(shop)
    boxes = [(c, words[WORDINGS[c]]) for c in joining.CHANNELS_OF[kind_of(contact)]]
    return _page(
        "join_code.html", shop, 422 if error else 200,
        error=error, contact=contact, boxes=boxes, name=request.form.get("name", ""),
        ticked=[channel for channel, _ in boxes if request.form.get(channel) == "on"],
    )  # fmt: skip


def _with_shop(slug: str, answer: Callable[[Shop], Response]) -> Response:
    # another site's form must not sign anybody in here; old browsers do not tell, and are let in
    came_from = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.method == "POST" and came_from != "same-origin":
        abort(403)
    try:
        shop = shop_by_slug(db.session(), slug)
    except NotFound:
        return nothing_here("no_shop.html", 404)
    except Gone:
        return nothing_here("closed_shop.html", 410)
    return answer(shop)


def _page(template: str, shop: Shop, status: int = 200, **values: object) -> Response:
    state: Any = public_status(db.session(), shop.slug, dt.datetime.now(dt.UTC))["status"]
    words = _words(shop)
    return page_of(
        template,
        status,
        t=words,
        language=readers_language(),
        shop=shop,
        headline=shop_words.TEXTS[readers_language()][shop_words.headline_key(state)],
        is_open=state["is_open"],
        referral=request.values.get("r", "")[:20],
        client=current_app.config["PUBLIC_URL"],
        **values,
    )


def _words(shop: Shop) -> dict[str, str]:
    """The texts in the reader's language, with the shop's name in them."""
    texts = TEXTS[readers_language()]
    return {key: text.replace("{shop}", shop.name) for key, text in texts.items()}
