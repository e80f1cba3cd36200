"""Sessions of the jobs' role."""

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from cloud.app.settings import Settings
from cloud.app.store import roles


def job_sessions(settings: Settings) -> sessionmaker[Session]:
    """Return sessions of the jobs' role.

    They use psycopg 3, which sends an import's arrays several times as fast as psycopg 2, and
    copies a shop's sales out.
    """
    url = settings.database_url_for(roles.JOBS).set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    return sessionmaker(engine, expire_on_commit=False)
