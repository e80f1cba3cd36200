"""`shopbell db`: bring the database to the newest migration, and make new ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import flask_migrate
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, text

from cloud.app import settings as app_settings
from cloud.app.store import Base
from cloud.app.store.roles import ROLES

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@click.group()
def db() -> None:
    """Migrations. They run as the owner that SHOPBELL_DATABASE_URL names."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest migration and set the roles' passwords."""
    upgrade_database(app_settings.from_environment())


@db.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration from the difference between tables and database."""
    with _migrations(app_settings.from_environment()):
        flask_migrate.migrate(directory=str(MIGRATIONS), message=message)


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to an older migration."""
    downgrade_database(app_settings.from_environment(), revision)


def upgrade_database(settings: app_settings.Settings) -> None:
    """Run the migrations that are missing, then let the restricted roles sign in."""
    with _migrations(settings):
        flask_migrate.upgrade(directory=str(MIGRATIONS))
    engine = create_engine(settings.owner_url)
    with engine.begin() as connection:
        for role in ROLES:
            # ALTER ROLE takes no bound parameter; format() quotes on the server
            statement = connection.scalar(
                text("SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', :role, :password)"),
                {"role": role, "password": settings.database_role_password},
            )
            connection.exec_driver_sql(str(statement).replace("%", "%%"))
    engine.dispose()


def downgrade_database(settings: app_settings.Settings, revision: str) -> None:
    """Take the database back to an older migration, or with "base" to nothing."""
    with _migrations(settings):
        flask_migrate.downgrade(directory=str(MIGRATIONS), revision=revision)


@contextmanager
def _migrations(settings: app_settings.Settings) -> Iterator[None]:
    app = Flask("shopbell-migrations")
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.owner_url
    database = SQLAlchemy(app, metadata=Base.metadata)
    flask_migrate.Migrate(app, database, directory=str(MIGRATIONS))
    with app.app_context():
        yield
        database.engine.dispose()
