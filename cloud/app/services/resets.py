"""A forgotten password: a link by mail, which works once within an hour."""

import datetime as dt

from sqlalchemy.orm import Session

from cloud.app.services import sign_ins, tickets
from cloud.app.services.accounts import person_by_contact, person_by_id, verify
from cloud.app.services.passwords import Passwords
from cloud.app.store.people import Person
from cloud.app.store.roles import act_for

RESET = "password"
LIFETIME = dt.timedelta(hours=1)
SUBJECT = "A new password for Shopbell"
TEXT = """Somebody, probably you, asked for a new password. Choose one here within an hour:

{url}

If it was not you, there is nothing to do: your password stays as it is.
"""

# to whom, subject, text
Letter = tuple[str, str, str]


def letter_to_reset(
    session: Session, key: str, *, login: str, page: str, now: dt.datetime
) -> Letter | None:
    """Return a letter with a link for who has this login and a proven email address; else None, as
    while one that was asked for just now is on its way.

    An address that is claimed only gets one when it is itself the login: the link will prove it.
    It takes longer where there is an account: to be called when nobody waits.
    """
    person = person_by_contact(session, login)
    email = _address(person, login) if person else None
    if person is None or email is None:
        return None
    act_for(session, person_id=person.id)
    # two requests at once must not both be the first
    session.refresh(person, with_for_update={"key_share": True})
    if tickets.is_on_its_way(session, RESET, person.id, now):
        return None
    code = tickets.long_code()
    tickets.issue(
        session, key, RESET, code, details={"email": email}, expires_at=now + LIFETIME,
        person_id=person.id,
    )  # fmt: skip
    return email, SUBJECT, TEXT.format(url=f"{page}#{code}")


def set_password(
    session: Session, key: str, passwords: Passwords, *, code: str, password: str, now: dt.datetime
) -> None:
    """Set the password that a link allows, and sign out everywhere. Raises Forbidden, and Conflict
    when another account has proven the address meanwhile."""
    ticket = tickets.redeem(session, key, RESET, code, now)
    assert ticket.person_id is not None  # a reset is a person's
    person = person_by_id(session, ticket.person_id)
    verify(session, person, str(ticket.details["email"]), now)
    person.password_hash = passwords.hash(password)
    sign_ins.end_all(session, person_id=person.id, now=now)


def _address(person: Person, login: str) -> str | None:
    verified = person.verified_contacts
    if "email" in verified or person.email != login.strip().lower():
        return verified.get("email")
    return person.email
