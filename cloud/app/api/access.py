"""Who is asking, and what they may do: the decorators that stand above every route."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, g, request
from flask_jwt_extended import JWTManager, get_current_user, get_jwt, verify_jwt_in_request
from sqlalchemy import select

from cloud.app.api.audit import noted
from cloud.app.api.conditions import check_seen, is_comparing
from cloud.app.api.database import db
from cloud.app.api.errors import problem
from cloud.app.api.idempotency import answered_once
from cloud.app.domain.errors import Forbidden, NotFound, SignedOut
from cloud.app.services import sign_ins
from cloud.app.services.shops import role_in
from cloud.app.store.audit import is_platform_admin
from cloud.app.store.membership_queries import membership_in
from cloud.app.store.roles import act_for

ALGORITHM = "HS256"
AUDIENCE = "shopbell"
# the sign-in that a token belongs to
FAMILY_CLAIM = "family"
# what each role may do includes what the ones behind it may
RANKS = ("owner", "staff", "analyst")

View = TypeVar("View", bound=Callable[..., Any])


def person_id() -> uuid.UUID:
    """Return the id of the person who is signed in."""
    return cast(uuid.UUID, get_current_user())


def sign_in_id() -> uuid.UUID:
    """Return the id of the sign-in by which the person asks."""
    return uuid.UUID(get_jwt()[FAMILY_CLAIM])


def signed_in(view: View) -> View:
    """Let a person in who is signed in; the transaction acts for that person."""

    @wraps(view)
    def guarded(**values: Any) -> Any:
        _act_for_who_is_signed_in()
        return _answer(view, **values)

    return cast(View, _as_guard(guarded))


def works_here(rank: str) -> Callable[[View], View]:
    """Let in who works for the shop in the path, at this rank or above; act for the shop.

    For everybody else the shop does not exist.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*, shop_id: uuid.UUID, **values: Any) -> Any:
            verify_jwt_in_request()
            role = role_in(
                db.session(), shop_id=shop_id, person_id=person_id(), sign_in_id=sign_in_id()
            )
            if RANKS.index(role) > RANKS.index(rank):
                raise Forbidden(f"only {_allowed(rank)} may do this, you are {role} here")
            g.role = role
            return _answer(view, shop_id=shop_id, **values)

        return cast(View, _as_guard(guarded))

    return decorate


def is_customer_here(view: View) -> View:
    """Let in who is a customer of the shop in the path, as `customer_id`; act for the shop.

    For everybody else, its owner too, there is no such shop among theirs.
    """

    @wraps(view)
    def guarded(*, shop_id: uuid.UUID, **values: Any) -> Any:
        _act_for_who_is_signed_in()
        membership = membership_in(db.session(), shop_id, person_id())
        if membership is None:
            raise NotFound("you are no customer of such a shop")
        act_for(db.session(), shop_id=shop_id)
        return _answer(view, shop_id=shop_id, customer_id=membership.id, **values)

    return cast(View, _as_guard(guarded))


def administers(view: View) -> View:
    """Let in who looks after the installation: `shopbell admin add` says who that is.

    The transaction sees the shops, boards and rejected messages of everybody, and nothing about
    customers.
    """

    @wraps(view)
    def guarded(**values: Any) -> Any:
        _act_for_who_is_signed_in()
        if not is_platform_admin(db.session(), person_id()):
            raise Forbidden("only who looks after the installation may do this")
        act_for(db.session(), platform=True)
        g.platform = True
        return _answer(view, **values)

    return cast(View, _as_guard(guarded))


def _act_for_who_is_signed_in() -> None:
    verify_jwt_in_request()
    act_for(db.session(), person_id=person_id())
    if not db.session.scalar(select(sign_ins.holds(sign_in_id()))):
        raise SignedOut("this sign-in has ended")


def _answer(view: Callable[..., Any], **values: Any) -> Any:
    if is_comparing():
        return view(**values)

    def noting(**values: Any) -> Any:
        return noted(view, person_id(), **values)

    if request.method == "POST":
        return answered_once(noting, person_id(), **values)
    if request.method in ("PATCH", "PUT", "DELETE"):
        check_seen()
    return noting(**values)


def _as_guard(guarded: Callable[..., Any]) -> Callable[..., Any]:
    guarded.is_signed_in = True  # type: ignore[attr-defined] # the blueprint reads it
    return guarded


def sees_names() -> bool:
    """Tell whether who asks may see who the customers are; an analyst sees numbers only."""
    return bool(g.role != "analyst")


def register_tokens(app: Flask) -> None:
    """Read access tokens from the header only, of one algorithm, and refuse as problems."""
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_ENCODE_ISSUER=AUDIENCE,
        JWT_DECODE_ISSUER=AUDIENCE,
        JWT_TOKEN_LOCATION=["headers"],
    )
    tokens = JWTManager(app)
    tokens.user_lookup_loader(_person_of)
    tokens.user_lookup_error_loader(lambda _h, _c: _refused("The access token is not valid."))
    tokens.unauthorized_loader(lambda _reason: _refused("Sign in first."))
    tokens.invalid_token_loader(lambda _reason: _refused("The access token is not valid."))
    tokens.expired_token_loader(lambda _h, _c: _refused("The access token has expired."))


def _person_of(_header: object, claims: dict[str, str]) -> uuid.UUID | None:
    try:
        return uuid.UUID(claims["sub"])
    except ValueError:
        return None


def _refused(detail: str) -> Response:
    return problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def _allowed(rank: str) -> str:
    return " and ".join(RANKS[: RANKS.index(rank) + 1])
