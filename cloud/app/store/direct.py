"""A connection of psycopg 3, without SQLAlchemy, for what runs with every batch of messages."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from cloud.app.settings import Settings

_encode = msgspec.json.Encoder().encode

# The server learns within half a minute that a client has vanished, and frees its locks. Few
# statements run again and again, all by key: to plan them each time took a third of a small batch.
_OPTIONS = (
    "-c plan_cache_mode=force_generic_plan"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    " -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
)


def direct_connection(settings: Settings, role: str) -> psycopg.Connection:
    """Return a connection that signs in as one of the restricted roles; each statement outside of
    `transaction()` commits by itself."""
    url = settings.database_url_for(role).set(drivername="postgresql")
    return psycopg.connect(
        url.render_as_string(hide_password=False),
        autocommit=True,
        connect_timeout=5,
        application_name=role,
        options=_OPTIONS,
    )


@contextmanager
def pipelined_transaction(connection: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """A transaction that waits for the server only where rows are read, and at its end. psycopg's
    own waits after BEGIN and before COMMIT too: half as long again for a small batch. Within
    another transaction it is a savepoint.

    Raises psycopg.Error of the first statement that failed; nothing is stored then.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        with connection.transaction(), connection.cursor() as cursor:
            yield cursor
        return
    try:
        with connection.pipeline(), connection.cursor() as cursor:
            cursor.execute("BEGIN")
            yield cursor
            # after a failure the server skips what follows in a pipeline, this too
            cursor.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def json_rows(rows: Iterable[object]) -> str:
    """Return rows as the parameter of `json_to_recordset`. For the few rows of a small batch this
    takes a third of the time of an array for each column; for thousands it takes longer."""
    return _encode(list(rows)).decode()
