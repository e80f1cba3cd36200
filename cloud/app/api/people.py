"""Registering, signing in and out, and who one is."""

import datetime as dt
import uuid
from contextlib import suppress
from typing import Any

from flask import Response, after_this_request, current_app, request
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    decode_token,
)
from jwt.exceptions import PyJWTError
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized

from cloud.app.api.access import FAMILY_CLAIM, person_id, sign_in_id, signed_in
from cloud.app.api.blueprint import Blueprint
from cloud.app.api.database import db
from cloud.app.api.limits import per_address, per_login
from cloud.app.api.schemas import people as schemas
from cloud.app.domain.errors import Forbidden, Invalid, TooOften
from cloud.app.services import accounts, codes, resets, sign_ins
from cloud.app.services.contacts import normalised_contact
from cloud.app.services.joining import take_what_is_theirs
from cloud.app.services.passwords import Passwords
from cloud.app.services.resets import Letter
from cloud.app.store.audit import is_platform_admin
from cloud.app.store.people import Person, RefreshToken
from cloud.app.store.roles import act_for

ACCESS_LIFETIME = dt.timedelta(minutes=15)
COOKIE = "shopbell_refresh"
COOKIE_PATH = "/api/v1/tokens"

routes = Blueprint("people", "Accounts and sign-ins")


@routes.post("/register")
@per_address("30 per hour")
@routes.body(schemas.Registration)
@routes.returns(201, schemas.SignedIn)
@routes.fails(429)
@routes.open_to_all()
def register(account: dict[str, Any]) -> dict[str, object]:
    """Make an account, sign in, and have a code sent that proves the contact.

    The answer does not tell whether somebody else has this contact already.
    """
    transport = account.pop("transport")
    person = accounts.register(db.session(), _passwords(), now=_now(), **account)
    contact = person.email or person.phone
    if contact and can_reach(contact):
        with suppress(TooOften):
            send_code(contact)
    return begin(person, transport)


@routes.post("/tokens")
@per_address("60 per minute")
@per_login("10 per minute")
@routes.body(schemas.SignIn)
@routes.returns(200, schemas.SignedIn)
@routes.fails(401, 429)
@routes.open_to_all()
def sign_in(credentials: dict[str, Any]) -> dict[str, object]:
    """Sign in with an email address or a phone number."""
    transport = credentials.pop("transport")
    person = accounts.person_who_signs_in(db.session(), _passwords(), **credentials)
    if person is None:
        raise Unauthorized("The login or the password is wrong.")
    return begin(person, transport)


@routes.post("/tokens/refresh")
@per_address("120 per minute")
@routes.body(schemas.Renewal)
@routes.returns(200, schemas.Tokens)
@routes.fails(401, 429)
@routes.open_to_all()
def renew_tokens(renewal: dict[str, str | None]) -> dict[str, object]:
    """Change a refresh token for new tokens. It works once; a second use ends the sign-in."""
    claims = _refresh_claims(renewal["refresh_token"] or request.cookies.get(COOKIE))
    who = uuid.UUID(claims["sub"])
    act_for(db.session(), person_id=who)
    token = sign_ins.renew(
        db.session(),
        person_id=who,
        token_id=uuid.UUID(claims["jti"]),
        user_agent=_user_agent(),
        now=_now(),
    )
    # also when the family ends here: that must outlive the error
    db.session.commit()
    if token is None:
        raise Unauthorized("The refresh token is not valid any more.")
    return _tokens(token, "body" if renewal["refresh_token"] else "cookie")


@routes.post("/password-resets")
@per_address("10 per minute")
@per_login("3 per minute")
@routes.body(schemas.ResetRequest)
@routes.returns(202, schemas.Asked)
@routes.fails(429)
@routes.open_to_all()
def ask_for_password_reset(sent: dict[str, str]) -> dict[str, object]:
    """Ask for a link by mail to set a new password. The answer does not tell who has an account."""
    engine, key, page = db.engine, _key(), f"{current_app.config['PUBLIC_URL']}/new-password"

    def letter() -> Letter | None:
        with Session(engine) as session, session.begin():
            return resets.letter_to_reset(session, key, login=sent["login"], page=page, now=_now())

    # not even the time may tell
    current_app.extensions["post"].later(letter)
    return {}


@routes.post("/password-resets/confirm")
@per_address("10 per minute")
@routes.body(schemas.NewPassword)
@routes.returns(204)
@routes.fails(403, 409, 429)
@routes.open_to_all()
def set_new_password(sent: dict[str, str]) -> None:
    """Set a new password with the code of the link; ends every sign-in."""
    resets.set_password(db.session(), _key(), _passwords(), now=_now(), **sent)
    db.session.commit()


@routes.delete("/tokens")
@signed_in
@routes.returns(204)
def sign_out() -> None:
    """Sign out on this device."""
    sign_ins.end(db.session(), person_id=person_id(), family_id=sign_in_id(), now=_now())
    db.session.commit()
    forget_cookie()


@routes.get("/me/sessions")
@signed_in
@routes.returns(200, schemas.Sessions)
def list_sessions() -> dict[str, object]:
    """The devices on which one is signed in."""
    current = sign_in_id()
    found = sign_ins.families_of(db.session(), person_id(), _now())
    items = [
        {**row._mapping, "id": row.family_id, "is_current": row.family_id == current}
        for row in found
    ]
    return {"items": items, "next_cursor": None}


@routes.delete("/me/sessions")
@signed_in
@routes.returns(204)
def sign_out_everywhere() -> None:
    """Sign out on every device, this one too."""
    sign_ins.end_all(db.session(), person_id=person_id(), now=_now())
    db.session.commit()
    forget_cookie()


@routes.delete("/me/sessions/<uuid:session_id>")
@signed_in
@routes.returns(204)
def end_session(session_id: uuid.UUID) -> None:
    """Sign out on one device; row-level security knows only one's own."""
    sign_ins.end(db.session(), person_id=person_id(), family_id=session_id, now=_now())
    db.session.commit()


@routes.post("/codes")
@per_address("30 per minute")
@routes.body(schemas.CodeRequest)
@routes.returns(202, schemas.Asked)
@routes.fails(429)
@routes.open_to_all()
def ask_for_code(sent: dict[str, str]) -> dict[str, object]:
    """Have a code of six digits sent to an email address or a phone number, for anybody's."""
    contact = normalised_contact(sent["contact"])
    if not can_reach(contact):
        raise Invalid("contact", "an email address: no texts are sent from here", "a phone number")
    send_code(contact)
    db.session.commit()
    return {}


@routes.post("/codes/confirm")
@per_address("30 per minute")
@routes.body(schemas.CodeSignIn)
@routes.returns(200, schemas.SignedIn)
@routes.fails(403, 429)
@routes.open_to_all()
def sign_in_by_code(sent: dict[str, Any]) -> dict[str, object]:
    """Sign in by a code. For a contact that nobody has yet this makes an account: send a `name`."""
    return begin(person_who_proves(sent["contact"], sent["code"], sent["name"]), sent["transport"])


@routes.post("/me/contacts")
@per_address("30 per minute")
@signed_in
@routes.body(schemas.ContactProof)
@routes.returns(200, schemas.Me)
@routes.fails(403, 409, 429)
def confirm_contact(sent: dict[str, str]) -> dict[str, object]:
    """Prove one's email address or phone number by a code, or another one in its place."""
    contact = normalised_contact(sent["contact"])
    require_code(contact, sent["code"])
    person = accounts.person_by_id(db.session(), person_id())
    accounts.verify(db.session(), person, contact, _now())
    take_what_is_theirs(db.session(), person, _now())
    found = _me()
    db.session.commit()
    return found


@routes.get("/me")
@signed_in
@routes.returns(200, schemas.Me)
def me() -> dict[str, object]:
    """Who is signed in, and the shops they work for."""
    return _me()


def person_who_proves(login: str, code: str, name: str | None) -> Person:
    """Return who has proven a contact by a code, made anew where nobody had it."""
    contact = normalised_contact(login)
    require_code(contact, code)
    person = accounts.person_of_proven(db.session(), contact, name=name, now=_now())
    take_what_is_theirs(db.session(), person, _now())
    return person


def require_code(contact: str, code: str) -> None:
    """Use a code up. Raises Forbidden.

    The try is counted by a transaction of its own: nothing that undoes the request may undo it.
    """
    with Session(db.engine) as session:
        codes.count_try(session, _key(), contact=contact)
        session.commit()
    if not codes.is_proven(db.session(), _key(), contact=contact, code=code, now=_now()):
        raise Forbidden(codes.WRONG)


def person_who_just_proved(contact: str, code: str) -> Person | None:
    """Return who has proven a contact by this code a moment ago; None when nobody has."""
    if not codes.was_just_used(db.session(), _key(), contact=contact, code=code, now=_now()):
        return None
    person = accounts.person_by_contact(db.session(), contact)
    if person is not None:
        act_for(db.session(), person_id=person.id)
    return person


def can_reach(contact: str) -> bool:
    """Tell whether this installation can send to contacts of this kind."""
    return bool(current_app.extensions["post"].reaches(contact))


def send_code(contact: str) -> None:
    """Have a code sent in the language of the browser. Raises TooOften."""
    codes.send_code(
        db.session(),
        _key(),
        _send_later,
        contact=contact,
        language=request.accept_languages.best_match(codes.LANGUAGES) or codes.LANGUAGES[0],
        now=_now(),
    )


def _me() -> dict[str, object]:
    shops = [
        {
            "id": shop.id,
            "slug": shop.slug,
            "name": shop.name,
            "role": role,
            "currency": shop.currency,
            "time_zone": shop.time_zone,
        }
        for shop, role in accounts.shops_of(db.session(), person_id())
    ]
    return {
        "person": accounts.person_by_id(db.session(), person_id()),
        "shops": shops,
        "is_customer": accounts.is_customer(db.session(), person_id()),
        "is_admin": is_platform_admin(db.session(), person_id()),
    }


def begin(person: Person, transport: str) -> dict[str, object]:
    """Commit, and sign a person in."""
    act_for(db.session(), person_id=person.id)
    token = sign_ins.begin(db.session(), person_id=person.id, user_agent=_user_agent(), now=_now())
    db.session.commit()
    return {"person": person, **_tokens(token, transport)}


def _tokens(token: RefreshToken, transport: str) -> dict[str, object]:
    family = {FAMILY_CLAIM: str(token.family_id)}
    identity = str(token.person_id)
    refresh = create_refresh_token(
        identity,
        expires_delta=sign_ins.LIFETIME,
        additional_claims={**family, "jti": str(token.id)},
    )
    tokens: dict[str, object] = {
        "access_token": create_access_token(
            identity, expires_delta=ACCESS_LIFETIME, additional_claims=family
        ),
        "expires_in_s": int(ACCESS_LIFETIME.total_seconds()),
    }
    if transport == "body":
        return {**tokens, "refresh_token": refresh}
    _set_cookie(refresh, sign_ins.LIFETIME)
    return tokens


def _refresh_claims(encoded: str | None) -> dict[str, str]:
    if not encoded:
        raise Unauthorized("Expected a refresh token, got none.")
    try:
        claims: dict[str, str] = decode_token(encoded)
    except PyJWTError:
        raise Unauthorized("The refresh token is not valid any more.") from None
    if claims["type"] != "refresh":
        raise Unauthorized("Expected a refresh token, got another token.")
    return claims


def forget_cookie() -> None:
    """Let the browser forget the sign-in."""
    _set_cookie("", dt.timedelta(0))


def _set_cookie(value: str, lifetime: dt.timedelta) -> None:
    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            value,
            max_age=lifetime,
            path=COOKIE_PATH,
            secure=current_app.config["COOKIE_SECURE"],
            httponly=True,
            samesite="Strict",
        )
        return response


def _send_later(to: str, subject: str, text: str) -> None:
    current_app.extensions["post"].send(to, subject, text)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _passwords() -> Passwords:
    passwords: Passwords = current_app.extensions["passwords"]
    return passwords


def _user_agent() -> str | None:
    return request.headers.get("User-Agent")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
