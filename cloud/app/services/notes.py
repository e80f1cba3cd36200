"""Notes about customers, for the shop's own people."""

import uuid

from sqlalchemy.orm import Session

from cloud.app.domain.errors import NotFound
from cloud.app.store.membership_queries import STAYS, membership_by_id
from cloud.app.store.notes import Note


def add_note(
    session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID, *, text: str, by: uuid.UUID
) -> Note:
    """Write something down. Raises NotFound for a customer of another shop."""
    membership_by_id(session, shop_id, membership_id, lock=STAYS)
    note = Note(shop_id=shop_id, membership_id=membership_id, text=text, created_by=by)
    session.add(note)
    session.flush()
    return note


def remove_note(
    session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID, note_id: uuid.UUID
) -> None:
    """Remove a note. Raises NotFound."""
    note = session.get(Note, (shop_id, note_id))
    if note is None or note.membership_id != membership_id:
        raise NotFound("there is no such note")
    session.delete(note)
    session.flush()
