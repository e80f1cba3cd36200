"""Who agreed to be contacted how, and who withdrew: events that are only ever added."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped

from cloud.app.store.base import Base, Id, SaidAt, ShopId
from cloud.app.store.people import membership_key

CHANNELS = ("sms", "whatsapp", "email", "push")
PURPOSES = ("marketing", "transactional")
ACTIONS = ("grant", "withdraw")


class ConsentEvent(Base):
    """One grant or withdrawal. What holds is the latest of its channel and purpose."""

    __tablename__ = "consent_event"
    __table_args__ = (
        membership_key("membership_id"),
        ForeignKeyConstraint(["shop_id", "import_id"], ["import_batch.shop_id", "import_batch.id"]),
        CheckConstraint("channel IN ('sms', 'whatsapp', 'email', 'push')", name="channel"),
        CheckConstraint("purpose IN ('marketing', 'transactional')", name="purpose"),
        CheckConstraint("action IN ('grant', 'withdraw')", name="action"),
        CheckConstraint("source IN ('qr', 'web', 'owner', 'import', 'inbound')", name="source"),
        Index(
            "ix_consent_event_latest",
            "shop_id",
            "membership_id",
            "channel",
            "purpose",
            "created_at",
        ),
        Index(
            "ix_consent_event_import",
            "shop_id",
            "import_id",
            postgresql_where=text("import_id IS NOT NULL"),
        ),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID]
    channel: Mapped[str]
    purpose: Mapped[str]
    action: Mapped[str]
    source: Mapped[str]
    # what they were told, and how we know that they agreed
    wording: Mapped[str | None]
    evidence: Mapped[str | None]
    import_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[SaidAt]
