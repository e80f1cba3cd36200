"""A connection of psycopg 3, without SQLAlchemy, for what runs with every batch of messages."""

import psycopg

from cloud.app.settings import Settings

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
