"""How often one address or one login may try.

The counts are kept in each process: with several of them the limits are that many times as wide.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

View = TypeVar("View", bound=Callable[..., Any])

limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)


@limiter.request_filter
def _is_unlimited() -> bool:
    # asked of each application: the limiter itself is shared by all of a process
    return not current_app.config["IS_LIMITED"]


def per_address(limit: str) -> Callable[[View], View]:
    """Limit what comes from one address."""
    return cast(Callable[[View], View], limiter.limit(limit))


def per_login(limit: str) -> Callable[[View], View]:
    """Limit what is tried on one login, wherever it comes from."""
    return cast(Callable[[View], View], limiter.limit(limit, key_func=_login))


def _login() -> str:
    body = request.get_json(silent=True)
    login = body.get("login") if isinstance(body, dict) else None
    return str(login)[:254].strip().lower()
