"""The database: tables, sessions and queries. Knows SQLAlchemy, knows no Flask."""

from cloud.app.store import (
    audit,
    consents,
    contact_codes,
    device_commands,
    feedback,
    idempotency,
    limits,
    merges,
    notes,
    openings,
    people,
    sales,
    scores,
    scoring,
    shops,
    suppressions,
    tickets,
)
from cloud.app.store.base import Base

__all__ = [
    "Base",
    "audit",
    "consents",
    "contact_codes",
    "device_commands",
    "feedback",
    "idempotency",
    "limits",
    "merges",
    "notes",
    "openings",
    "people",
    "sales",
    "scores",
    "scoring",
    "shops",
    "suppressions",
    "tickets",
]
