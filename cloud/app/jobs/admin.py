"""`shopbell admin`: who looks after the installation. There is nobody until somebody is added."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection, create_engine, text

from cloud.app import settings as app_settings
from cloud.app.domain.errors import Invalid
from cloud.app.services.contacts import normalised_contact

# whoever only claims a contact may be somebody else
_CLAIM = text("""
    SELECT p.id, p.email = :contact AND p.email_verified_at IS NOT NULL
            OR p.phone = :contact AND p.phone_verified_at IS NOT NULL AS is_proven,
        EXISTS (SELECT FROM platform_admin a WHERE a.person_id = p.id) AS is_admin
    FROM person p WHERE p.email = :contact OR p.phone = :contact
    ORDER BY is_proven DESC NULLS LAST
""")
_ADD = text("INSERT INTO platform_admin (person_id) VALUES (:id)")
_REMOVE = text("""
    DELETE FROM platform_admin WHERE person_id IN (
        SELECT id FROM person WHERE email = :contact OR phone = :contact) RETURNING person_id
""")
_LIST = text("""
    SELECT coalesce(p.email, p.phone) AS contact, a.created_at
    FROM platform_admin a JOIN person p ON p.id = a.person_id ORDER BY a.created_at
""")


@click.group()
def admin() -> None:
    """Who looks after the installation: sees shops, boards and jobs, and no customers."""


@admin.command()
@click.argument("login")
def add(login: str) -> None:
    """Let the person who has proven this email or phone look after the installation."""
    with _as_owner() as connection:
        person = connection.execute(_CLAIM, {"contact": _contact(login)}).first()
        if person is None:
            raise click.ClickException("expected the login of an account, found none")
        if not person.is_proven:
            raise click.ClickException(
                "expected an account that has proven this login by a code, found one that has not"
            )
        if person.is_admin:
            raise click.ClickException("expected an account that is no administrator, found one")
        connection.execute(_ADD, {"id": person.id})
    click.echo("added")


@admin.command()
@click.argument("login")
def remove(login: str) -> None:
    """Take it back from the person with this email or phone."""
    with _as_owner() as connection:
        if connection.execute(_REMOVE, {"contact": _contact(login)}).first() is None:
            raise click.ClickException("expected the login of an administrator, found none")
    click.echo("removed")


@admin.command(name="list")
def list_admins() -> None:
    """Print who looks after the installation, and since when."""
    with _as_owner() as connection:
        for row in connection.execute(_LIST):
            click.echo(f"{row.contact}\t{row.created_at:%Y-%m-%d}")


@contextmanager
def _as_owner() -> Iterator[Connection]:
    """A transaction of the owner of the database: the API's role cannot make administrators."""
    engine = create_engine(app_settings.from_environment().owner_url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _contact(login: str) -> str:
    try:
        return normalised_contact(login)
    except Invalid as error:
        raise click.ClickException(str(error)) from None
