"""Consent to be contacted: added as events, never changed."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.store.consent_queries import consent_events
from cloud.app.store.consents import ConsentEvent
from cloud.app.store.membership_queries import STAYS, membership_by_id

IMPORT_CHANNELS = ("sms", "whatsapp", "email")


def record_consent(
    session: Session,
    shop_id: uuid.UUID,
    membership_id: uuid.UUID,
    event: Mapping[str, str | None],
    *,
    source: str,
    person_id: uuid.UUID,
) -> ConsentEvent:
    """Add a grant or a withdrawal. Raises NotFound for a customer of another shop."""
    membership_by_id(session, shop_id, membership_id, lock=STAYS)
    added = ConsentEvent(
        shop_id=shop_id, membership_id=membership_id, source=source, created_by=person_id, **event
    )
    session.add(added)
    session.flush()
    return added


def consent_of(
    session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID
) -> tuple[Sequence[ConsentEvent], list[dict[str, object]]]:
    """Return the events, the newest first, and what holds for each channel and purpose. Raises
    NotFound."""
    events = consent_events(session, shop_id, membership_id)
    if events is None:
        raise NotFound("there is no such customer")
    holds = [
        {"channel": channel, "purpose": purpose, "is_granted": action == "grant"}
        for (channel, purpose), action in sorted(_latest(events).items())
    ]
    return events, holds


def holding(
    session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID
) -> Mapping[tuple[str, str], str]:
    """Return the latest action for each channel and purpose of which anybody has said anything."""
    return _latest(consent_events(session, shop_id, membership_id) or ())


def _latest(events: Sequence[ConsentEvent]) -> dict[tuple[str, str], str]:
    return {(event.channel, event.purpose): event.action for event in reversed(events)}
