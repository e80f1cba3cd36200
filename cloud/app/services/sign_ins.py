"""Sign-ins: families of refresh tokens, of which each token can be used once."""

import datetime as dt
import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cloud.app.store.people import RefreshToken

LIFETIME = dt.timedelta(days=30)


def begin(
    session: Session, *, person_id: uuid.UUID, user_agent: str | None, now: dt.datetime
) -> RefreshToken:
    """Start a family and return its first token."""
    return _issue(session, person_id, uuid.uuid4(), user_agent, now)


def renew(
    session: Session, *, token_id: uuid.UUID, user_agent: str | None, now: dt.datetime
) -> RefreshToken | None:
    """Use a token up and return its successor; None when it is not valid any more.

    A token that comes a second time was stolen, or its successor was: the family ends.
    """
    token = session.scalar(
        select(RefreshToken).where(RefreshToken.id == token_id).with_for_update()
    )
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    if token.used_at is not None:
        end(session, family_id=token.family_id, now=now)
        return None
    token.used_at = now
    return _issue(session, token.person_id, token.family_id, user_agent, now)


def end(session: Session, *, family_id: uuid.UUID, now: dt.datetime) -> None:
    """Revoke every token of a family."""
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.family_id == family_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


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
