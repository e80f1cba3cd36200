"""What a shop keeps of a customer beyond the customer's own rows: uploads, and traces in them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

# shorter texts stand in too many cells that are about something else
TELLING_LENGTH = 4
# a number may be written with or without its country: these digits it has in any case
TELLING_DIGITS = 7

BUSY = ("queued", "running", "undoing")
UPLOAD_AGAIN = "a customer was erased, and with them the uploaded files: upload this one again"

# rows of uploads that did not become purchases are kept as they were written
_TRACES = """
    shop_id = :shop_id AND jsonb_typeof(raw) = 'array' AND EXISTS (
        SELECT FROM jsonb_array_elements_text(raw) AS cell (text)
        WHERE lower(btrim(cell.text)) = ANY(CAST(:texts AS text[]))
            OR EXISTS (SELECT FROM unnest(CAST(:parts AS text[])) AS part
                WHERE strpos(lower(cell.text), part) > 0)
            OR EXISTS (SELECT FROM unnest(CAST(:digits AS text[])) AS digits
                WHERE strpos(regexp_replace(cell.text, '[^0-9]', '', 'g'), digits) > 0))
"""
_FIND_TRACES = text(f"SELECT import_id, line, raw FROM import_row WHERE {_TRACES}")  # noqa: S608 - a constant
_BLANK_TRACES = text(f"UPDATE import_row SET raw = NULL, before = NULL WHERE {_TRACES}")  # noqa: S608 - a constant
_IS_BUSY = text(
    "SELECT EXISTS (SELECT FROM import_batch WHERE shop_id = :shop_id AND state = ANY(:busy))"
)
# An upload that waits would bring its people back when it runs; nothing needs one that has run.
_BLANK_UPLOADS = text("""
    UPDATE import_batch SET content = '',
        error = CASE WHEN state IN ('uploaded', 'failed') THEN :upload_again ELSE error END,
        state = CASE WHEN state = 'uploaded' THEN 'failed' ELSE state END,
        preview = CASE WHEN jsonb_typeof(preview -> 'columns') = 'array' THEN jsonb_set(
            preview, '{columns}', (
                SELECT coalesce(jsonb_agg(c || '{"samples": []}' ORDER BY number), '[]')
                FROM jsonb_array_elements(preview -> 'columns') WITH ORDINALITY AS cs (c, number)
            )) ELSE preview END
    WHERE shop_id = :shop_id AND content <> ''
""")
_UNNAME_SALES = text("""
    UPDATE purchase SET membership_id = NULL
    WHERE shop_id = :shop_id AND membership_id = :membership_id
""")
_DELETE = text("DELETE FROM membership WHERE shop_id = :shop_id AND id = :membership_id")


@dataclass(frozen=True)
class Traits:
    """How a customer may be written in a cell of an upload."""

    texts: Sequence[str]
    parts: Sequence[str]
    digits: Sequence[str]


def traces(session: Session, shop_id: uuid.UUID, traits: Traits) -> Sequence[Row[Any]]:
    """Return rows of uploads in which a customer is written: import_id, line, raw."""
    return session.execute(_FIND_TRACES, {"shop_id": shop_id, **vars(traits)}).all()


def is_importing(session: Session, shop_id: uuid.UUID) -> bool:
    """Tell whether an import is at work, which may still write what is to be erased."""
    return bool(session.scalar(_IS_BUSY, {"shop_id": shop_id, "busy": list(BUSY)}))


def blank_uploads(session: Session, shop_id: uuid.UUID, traits: Traits) -> None:
    """Empty the shop's uploaded files and samples, and the rows in which a customer is written."""
    session.execute(_BLANK_TRACES, {"shop_id": shop_id, **vars(traits)})
    session.execute(_BLANK_UPLOADS, {"shop_id": shop_id, "upload_again": UPLOAD_AGAIN})


def unname_sales(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID) -> int:
    """Let sales be nobody's; return how many."""
    values = {"shop_id": shop_id, "membership_id": membership_id}
    return int(session.execute(_UNNAME_SALES, values).rowcount)  # type: ignore[attr-defined] # of DML


def delete_customer(session: Session, shop_id: uuid.UUID, membership_id: uuid.UUID) -> None:
    """Delete a customer with everything that hangs on the row: notes, consent, feedback, scores,
    referrals, what imports changed. The database forgets the shop's reports, which name customers.
    Sales must be nobody's before."""
    session.execute(_DELETE, {"shop_id": shop_id, "membership_id": membership_id})
