"""How often one address or one login may try.

What can be guessed at is counted for all processes together. What is only read is counted by each
process for itself: a write for each read would cost more than the read.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from cloud.app.api.shared_counts import SCHEME

View = TypeVar("View", bound=Callable[..., Any])

_tries = Limiter(get_remote_address, storage_uri=f"{SCHEME}://", headers_enabled=True)
_reads = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)


def register_limits(app: Flask) -> None:
    """Let the limits hold for an application."""
    for limiter in (_tries, _reads):
        limiter.init_app(app)


def per_address(limit: str) -> Callable[[View], View]:
    """Limit what comes from one address, in all processes."""
    return cast(Callable[[View], View], _tries.limit(limit))


def per_reader(limit: str) -> Callable[[View], View]:
    """Limit what one address reads from each process."""
    return cast(Callable[[View], View], _reads.limit(limit))


def per_login(limit: str) -> Callable[[View], View]:
    """Limit what is tried on one login, wherever it comes from."""
    return cast(Callable[[View], View], _tries.limit(limit, key_func=_login))


@_tries.request_filter
@_reads.request_filter
def _is_unlimited() -> bool:
    # asked of each application: the limiters themselves are shared by all of a process
    return not current_app.config["IS_LIMITED"]


def _login() -> str:
    body = request.get_json(silent=True)
    login = body.get("login") if isinstance(body, dict) else None
    return str(login)[:254].strip().lower()
