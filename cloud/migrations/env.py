"""Runs the migrations as the owner of the database (see cloud/app/jobs/database.py)."""

from alembic import context
from flask import current_app

from cloud.app.store import Base

# kept by procrastinate itself
FOREIGN_PREFIX = "procrastinate_"


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    return type_ != "table" or not (name or "").startswith(FOREIGN_PREFIX)


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=include_name,
            compare_server_default=True,
        )
        with context.begin_transaction():
            # one migration at a time, also when two processes start together
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7406717)")
            context.run_migrations()


run()
