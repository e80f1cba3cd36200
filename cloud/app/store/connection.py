"""Engines and sessions for each of the database's roles."""

import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.settings import Settings

# a server that was away has been away for longer
BUSY_S = 1.0
_RETURNED = "returned_s"


def engine_for(settings: Settings, role: str, *, pool_size: int = 5) -> Engine:
    """Return an engine that signs in as one of the restricted roles."""
    return create_engine(
        settings.database_url_for(role),
        pool_size=pool_size,
        pool_pre_ping=True,
        # what people are called must not stand in a log
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "application_name": role},
    )


def sessions_for(settings: Settings, role: str) -> sessionmaker[Session]:
    """Return a factory of sessions that act as one of the restricted roles."""
    return sessionmaker(engine_for(settings, role))


def ping_when_idle(engine: Engine) -> None:
    """Let a connection show that it still works when nobody has used it for a moment.

    `pool_pre_ping` asks before every request: on a busy server a question in five, and no answer.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: Any) -> None:
        record.info[_RETURNED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, _proxy: Any) -> None:
        # a new one has never been returned
        returned_s = record.info.get(_RETURNED)
        if returned_s is None or time.monotonic() - returned_s < BUSY_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
