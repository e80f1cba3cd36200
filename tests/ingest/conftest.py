"""A shop with a door, its device, and what the database says of them."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.jobs.broker import Mosquitto
from cloud.app.jobs.sessions import job_sessions
from cloud.app.services.broker import create_client
from cloud.app.settings import Settings
from cloud.app.store.connection import engine_for
from cloud.app.store.direct import direct_connection
from cloud.app.store.roles import APP, INGEST, act_for
from tests.conftest import create_database, settings_for
from tests.ingest.running import Board, settings_with

Row = dict[str, Any]


@dataclass(frozen=True)
class Bakery:
    """A shop with one door and devices, seen by the owner of the database."""

    connection: psycopg.Connection[Row]
    shop_id: uuid.UUID
    site_id: uuid.UUID

    def add_device(self, device_id: str) -> str:
        self.connection.execute(
            "INSERT INTO device (shop_id, id, site_id, name) VALUES (%s, %s, %s, 'Front door')",
            (self.shop_id, device_id, self.site_id),
        )
        return device_id

    def rows(self, table: str, order: str = "1") -> list[Row]:
        query = sql.SQL("SELECT * FROM {} ORDER BY {}").format(
            sql.Identifier(table), sql.SQL(order)
        )
        return self.connection.execute(query).fetchall()

    def sequences(self) -> list[int]:
        return [row["sequence"] for row in self.rows("event", "device_id, boot, sequence")]

    def site(self) -> Row:
        (row,) = self.rows("site_state")
        return row

    def boot(self) -> Row:
        (row,) = self.rows("device_boot")
        return row

    def device(self, device_id: str = "d-1") -> Row:
        (row,) = [row for row in self.rows("device") if row["id"] == device_id]
        return row

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the rows of all boots, so that a worker with a message has to wait."""
        with self.connection.transaction():
            self.connection.execute("SELECT FROM device_boot FOR UPDATE")
            yield

    def is_waited_for(self) -> bool:
        """Tell whether somebody waits for a row that is held."""
        waiting = "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        pid = self.connection.info.backend_pid
        return self.connection.execute(waiting, (pid,)).fetchone() is not None

    @contextmanager
    def closed_to_others(self) -> Iterator[None]:
        """Let the database drop and refuse everybody else, as when it is away."""
        mine = self.connection.info
        alter = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        # it cannot be closed from within
        with psycopg.connect(mine.dsn, dbname="postgres", autocommit=True) as server:
            name = sql.Identifier(mine.dbname)
            server.execute(alter.format(name, sql.SQL("false")))
            self.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield
            server.execute(alter.format(name, sql.SQL("true")))

    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.rows("rejected_message", "id")]


@pytest.fixture(scope="session")
def ingest_settings(postgres: URL, migrated_database: str) -> Settings:
    """Settings with a database of these tests: what ingest commits cannot be rolled back."""
    create_database(postgres, "ingest", template=migrated_database)
    return settings_for(postgres, "ingest")


@pytest.fixture
def bakery(ingest_settings: Settings) -> Iterator[Bakery]:
    """A shop with the device `d-1`, the only one in the database."""
    url = ingest_settings.database_url.set(drivername="postgresql")
    with psycopg.connect(
        url.render_as_string(hide_password=False), autocommit=True, row_factory=dict_row
    ) as connection:
        found = Bakery(connection, uuid.uuid4(), uuid.uuid4())
        connection.execute(
            "INSERT INTO shop (id, slug, name, country, time_zone, currency)"
            " VALUES (%s, 'bakery', 'Bakery', 'DE', 'Europe/Berlin', 'EUR')",
            (found.shop_id,),
        )
        connection.execute(
            "INSERT INTO site (shop_id, id, name) VALUES (%s, %s, 'Front door')",
            (found.shop_id, found.site_id),
        )
        found.add_device("d-1")
        yield found
        connection.execute("DELETE FROM shop")
        connection.execute("DELETE FROM rejected_message")


@pytest.fixture
def ingest_connection(ingest_settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection of the ingest's role."""
    with direct_connection(ingest_settings, INGEST) as connection:
        yield connection


@pytest.fixture
def board(bakery: Bakery, ingest_settings: Settings, own_mosquitto: Mosquitto) -> Iterator[Board]:
    """The device `d-1`, signed in at a broker that only this test uses."""
    folder = own_mosquitto.folder
    password = create_client(settings_with(ingest_settings, folder), "d-1")
    with Board(folder, "d-1", password) as found:
        yield found


@pytest.fixture
def now() -> dt.datetime:
    """The moment at which messages are handled in a test."""
    return dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def session(ingest_settings: Settings, bakery: Bakery) -> Iterator[Session]:
    """A session of the API's role that acts for the bakery."""
    engine = engine_for(ingest_settings, APP)
    with Session(engine, expire_on_commit=False) as session:
        act_for(session, shop_id=bakery.shop_id)
        yield session
    engine.dispose()


@pytest.fixture
def jobs(ingest_settings: Settings) -> Iterator[sessionmaker[Session]]:
    """Sessions of the jobs' role."""
    sessions = job_sessions(ingest_settings)
    yield sessions
    sessions.kw["bind"].dispose()
