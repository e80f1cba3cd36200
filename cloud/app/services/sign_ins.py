"""Sign-ins: families of refresh tokens, of which each token can be used once."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session

from cloud.app.store.people import Person, RefreshToken

LIFETIME = dt.timedelta(days=30)
# a page that is reloaded while it renews loses the answer, and with it the new cookie; on an old
# phone with a bad line it takes a while until the next one asks
GRACE = dt.timedelta(minutes=1)


def begin(
    session: Session, *, person_id: uuid.UUID, user_agent: str | None, now: dt.datetime
) -> RefreshToken:
    """Start a family and return its first token."""
    return _issue(session, person_id, uuid.uuid4(), user_agent, now)


def renew(
    session: Session,
    *,
    person_id: uuid.UUID,
    token_id: uuid.UUID,
    user_agent: str | None,
    now: dt.datetime,
) -> RefreshToken | None:
    """Use a token up and return its successor; None when it is not valid any more.

    A token that comes again was stolen, or its successor was: the family ends. Within a minute
    it may come again while no successor is used: answers get lost, one for each impatient reload.
    """
    _take_turns(session, person_id)
    token = session.scalar(
        select(RefreshToken).where(RefreshToken.id == token_id).with_for_update()
    )
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    if token.used_at is None:
        token.used_at = now
    elif now - token.used_at > GRACE or _is_successor_used(session, token):
        end(session, person_id=person_id, family_id=token.family_id, now=now)
        return None
    return _issue(session, token.person_id, token.family_id, user_agent, now)


def families_of(session: Session, person_id: uuid.UUID, now: dt.datetime) -> list[Any]:
    """Return the sign-ins that still hold, with their times and the browser's name of itself."""
    found = session.execute(
        select(
            RefreshToken.family_id,
            func.min(RefreshToken.created_at).label("began_at"),
            func.max(RefreshToken.created_at).label("renewed_at"),
            func.max(RefreshToken.expires_at).label("expires_at"),
            func.array_agg(_latest_first(RefreshToken.user_agent))[1].label("user_agent"),
        )
        .where(RefreshToken.person_id == person_id, RefreshToken.revoked_at.is_(None))
        .group_by(RefreshToken.family_id)
        .having(func.max(RefreshToken.expires_at) > now)
        .order_by(func.max(RefreshToken.created_at).desc())
    )
    return list(found)


def holds(family_id: uuid.UUID) -> ColumnElement[bool]:
    """Tell, within a query, whether a sign-in has not ended; row-level security knows only one's
    own."""
    return exists().where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))


def end_all(session: Session, *, person_id: uuid.UUID, now: dt.datetime) -> None:
    """Revoke every token of a person: signed out everywhere."""
    _take_turns(session, person_id)
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.person_id == person_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end(session: Session, *, person_id: uuid.UUID, family_id: uuid.UUID, now: dt.datetime) -> None:
    """Revoke every token of a person's family."""
    _take_turns(session, person_id)
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _take_turns(session: Session, person_id: uuid.UUID) -> None:
    """Lock the person before any token, as an erasure of the person does: a token that is used up
    and all that are revoked would else be locked in any order."""
    one = select(Person.id).where(Person.id == person_id)
    session.execute(one.with_for_update(key_share=True))


def _latest_first(column: InstrumentedAttribute[str | None]) -> ColumnElement[Any]:
    """A browser may call itself something else after an update."""
    return aggregate_order_by(column, RefreshToken.created_at.desc())


def _is_successor_used(session: Session, token: RefreshToken) -> bool:
    used_successor = select(RefreshToken.id).where(
        RefreshToken.family_id == token.family_id,
        RefreshToken.created_at > token.created_at,
        RefreshToken.used_at.is_not(None),
    )
    return session.scalar(used_successor.limit(1)) is not None


def _issue(
    session: Session,
    person_id: uuid.UUID,
    family_id: uuid.UUID,
    user_agent: str | None,
    now: dt.datetime,
) -> RefreshToken:
    token = RefreshToken(
        id=uuid.uuid4(),
        person_id=person_id,
        family_id=family_id,
        expires_at=now + LIFETIME,
        user_agent=(user_agent or "")[:200] or None,
    )
    session.add(token)
    session.flush()
    return token
