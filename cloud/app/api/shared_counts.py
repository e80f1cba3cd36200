"""Where Flask-Limiter keeps its counts: in the database, so that all processes count together."""

import hashlib
import time

from flask import current_app
from limits.storage import Storage
from sqlalchemy.exc import DBAPIError

from cloud.app.api.database import db
from cloud.app.store.limits import count_hits, forget_hits, hits_until

SCHEME = "shopbell"


class SharedCounts(Storage):
    """A storage of the `limits` package. Every count is a transaction of its own: what a request
    undoes was tried all the same."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - the package reads it from the class

    @property
    def base_exceptions(self) -> type[Exception]:
        return DBAPIError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with db.engine.begin() as connection:
            return count_hits(connection, _digest(key), amount, expiry)

    def get(self, key: str) -> int:
        with db.engine.begin() as connection:
            found = hits_until(connection, _digest(key))
        return found[0] if found else 0

    def get_expiry(self, key: str) -> float:
        with db.engine.begin() as connection:
            found = hits_until(connection, _digest(key))
        return found[1].timestamp() if found else time.time()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        raise NotImplementedError("the windows end by themselves")

    def clear(self, key: str) -> None:
        with db.engine.begin() as connection:
            forget_hits(connection, _digest(key))


def _digest(key: str) -> bytes:
    secret: str = current_app.config["SECRET_KEY"]
    return hashlib.blake2b(key.encode(), key=secret.encode()[:64], digest_size=24).digest()
