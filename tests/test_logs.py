"""Logs name nobody, whatever the database quotes."""

import logging
import sys

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from cloud.app.logs import QUOTING, WithoutRows


def test_a_row_that_the_database_quotes_is_not_logged(connection: Connection) -> None:
    with pytest.raises(DataError) as refused:
        connection.execute(text("SELECT CAST(:row AS jsonb)"), {"row": '{"name": "Asha Rao"'})
    said = str(refused.value)
    assert all(f"\n{word}" in said for word in QUOTING)
    try:
        raise refused.value
    except DataError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "it failed", (), sys.exc_info())
    logged = WithoutRows("%(levelname)s %(message)s").format(record)
    assert logged.startswith("ERROR it failed\nTraceback")
    assert "invalid input syntax for type json" in logged
    # the line of this test that names her is in the traceback
    assert [line for line in logged.splitlines() if "Asha" in line and "text(" not in line] == []
