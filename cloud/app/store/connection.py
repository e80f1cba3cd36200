"""Engines and sessions for each of the database's roles."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.settings import Settings


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
