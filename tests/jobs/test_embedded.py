"""The database of a local installation."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from cloud.app.jobs.embedded import embedded_postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that also another user may enter: as root the server is one."""
    folder = Path(tempfile.mkdtemp(prefix="shopbell-pg-"))
    yield folder / "postgres"
    shutil.rmtree(folder)


def test_it_logs_no_rows(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        engine = create_engine(url.set(drivername="postgresql+psycopg2"))
        with engine.connect() as connection:
            connection.execute(text("CREATE TEMPORARY TABLE guest (name text UNIQUE)"))
            connection.execute(text("INSERT INTO guest VALUES ('Asha')"))
            with pytest.raises(IntegrityError, match="Asha"):
                connection.execute(text("INSERT INTO guest VALUES ('Asha')"))
        engine.dispose()
    said = (folder / "log").read_text()
    assert "duplicate key value" in said
    assert "Asha" not in said
