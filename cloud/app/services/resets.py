"""A forgotten password: a link by mail, which works once within an hour."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy.orm import Session

from cloud.app.services import sign_ins, tickets
from cloud.app.services.accounts import person_by_contact, person_by_id
from cloud.app.services.passwords import Passwords
from cloud.app.store.roles import act_for

RESET = "password"
LIFETIME = dt.timedelta(hours=1)
SUBJECT = "A new password for Shopbell"
TEXT = """Somebody, probably you, asked for a new password. Choose one here within an hour:

{url}

If it was not you, there is nothing to do: your password stays as it is.
"""

Send = Callable[[str, str, str], None]


def ask_for_reset(
    session: Session, key: str, send: Send, *, login: str, page: str, now: dt.datetime
) -> None:
    """Send a link to who has this email address; do nothing for everybody else.

    `send` must return at once: who asks must not learn from the time whether the login exists.
    """
    person = person_by_contact(session, login)
    if person is None or person.email is None:
        return
    code = tickets.long_code()
    act_for(session, person_id=person.id)
    tickets.issue(
        session, key, RESET, code, details={}, expires_at=now + LIFETIME, person_id=person.id
    )
    send(person.email, SUBJECT, TEXT.format(url=f"{page}#{code}"))


def set_password(
    session: Session, key: str, passwords: Passwords, *, code: str, password: str, now: dt.datetime
) -> None:
    """Set the password that a link allows, and sign out everywhere. Raises Forbidden."""
    ticket = tickets.redeem(session, key, RESET, code, now)
    assert ticket.person_id is not None  # a reset is a person's
    person_by_id(session, ticket.person_id).password_hash = passwords.hash(password)
    sign_ins.end_all(session, person_id=ticket.person_id, now=now)
