"""Connections that the server has ended while nobody used them."""

import pytest
from sqlalchemy import create_engine, text

from cloud.app.settings import Settings
from cloud.app.store import connection, roles
from cloud.app.store.connection import ping_when_idle
from tests.conftest import execute_at


def test_a_connection_that_was_ended_while_idle_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 0)
    engine = create_engine(settings.database_url_for(roles.APP))
    ping_when_idle(engine)
    me = text("SELECT pg_backend_pid()")
    with engine.connect() as first:
        ended = first.scalar(me)
    execute_at(settings.owner_url, f"SELECT pg_terminate_backend({ended}, 5000)")
    with engine.connect() as second:
        assert second.scalar(me) != ended
    engine.dispose()


def test_a_connection_that_was_used_just_now_is_not_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_S", 3600)
    engine = create_engine(settings.database_url_for(roles.APP))
    ping_when_idle(engine)
    pings: list[object] = []
    monkeypatch.setattr(engine.dialect, "do_ping", pings.append)
    for _ in range(3):
        with engine.connect() as found:
            found.execute(text("SELECT 1"))
    assert pings == []
    monkeypatch.setattr(connection, "BUSY_S", 0)
    with engine.connect():
        assert len(pings) == 1
    engine.dispose()
