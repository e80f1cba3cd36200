"""`shopbell admin`: who looks after the installation. There is nobody until somebody is added."""

import click
from sqlalchemy import create_engine, text

from cloud.app import settings as app_settings
from cloud.app.domain.errors import Invalid
from cloud.app.services.contacts import normalised_contact
from cloud.app.settings import Settings

# whoever only claims a contact may be somebody else
_ADD = text("""
    INSERT INTO platform_admin (person_id)
    SELECT id FROM person WHERE email = :contact AND email_verified_at IS NOT NULL
        OR phone = :contact AND phone_verified_at IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING person_id
""")
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
    if not change_admins(app_settings.from_environment(), _ADD, login):
        raise click.ClickException(
            "expected an account that has proven this login by a code and is no administrator yet,"
            " found none"
        )
    click.echo("added")


@admin.command()
@click.argument("login")
def remove(login: str) -> None:
    """Take it back from the person with this email or phone."""
    if not change_admins(app_settings.from_environment(), _REMOVE, login):
        raise click.ClickException("expected the login of an administrator, found none")
    click.echo("removed")


@admin.command(name="list")
def list_admins() -> None:
    """Print who looks after the installation, and since when."""
    engine = create_engine(app_settings.from_environment().owner_url)
    with engine.connect() as connection:
        for row in connection.execute(_LIST):
            click.echo(f"{row.contact}\t{row.created_at:%Y-%m-%d}")
    engine.dispose()


def change_admins(settings: Settings, statement: object, login: str) -> bool:
    """Add or remove an administrator as the owner of the database; tell whether it changed."""
    try:
        contact = normalised_contact(login)
    except Invalid as error:
        raise click.ClickException(str(error)) from None
    engine = create_engine(settings.owner_url, hide_parameters=True)
    with engine.begin() as connection:
        changed = connection.execute(statement, {"contact": contact}).first()  # type: ignore[call-overload]
    engine.dispose()
    return changed is not None
