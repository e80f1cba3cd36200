"""Everything that happened with one customer, in one list."""

import uuid
from typing import Any

from sqlalchemy import Row, Text, func, literal, select, union_all
from sqlalchemy.orm import Session

from cloud.app.store.consents import ConsentEvent
from cloud.app.store.notes import Note
from cloud.app.store.pages import Order, Page, fetch_page
from cloud.app.store.sales import Purchase


def timeline(
    session: Session,
    shop_id: uuid.UUID,
    membership_id: uuid.UUID,
    *,
    limit: int,
    cursor: str | None,
) -> Page[Row[Any]]:
    """Return a page of kind, at, id and details, the newest first."""
    parts = [
        select(
            literal(kind, Text).label("kind"),
            at.label("at"),
            table.id.label("id"),
            func.jsonb_build_object(*details).label("details"),
        ).where(table.shop_id == shop_id, table.membership_id == membership_id)
        for kind, table, at, details in _parts()
    ]
    happened = union_all(*parts).subquery("happened")
    order = Order(happened.c.at, happened.c.id, is_descending=True)
    return fetch_page(session, select(happened), order, limit=limit, cursor=cursor)


def _parts() -> tuple[tuple[str, Any, Any, tuple[Any, ...]], ...]:
    return (
        ("purchase", Purchase, Purchase.occurred_at, (
            "amount_minor", Purchase.amount_minor, "currency", Purchase.currency,
            "reference", Purchase.reference,
        )),
        ("note", Note, Note.created_at, ("text", Note.text)),
        ("consent", ConsentEvent, ConsentEvent.created_at, (
            "channel", ConsentEvent.channel, "purpose", ConsentEvent.purpose,
            "action", ConsentEvent.action, "source", ConsentEvent.source,
        )),
    )  # fmt: skip
