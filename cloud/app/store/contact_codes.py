"""Codes that prove a contact: short, tried a few times, kept as digests only."""

import datetime as dt

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, Id


class ContactCode(Base):
    """A code that was sent to an email address or a phone number. Neither is stored here."""

    __tablename__ = "contact_code"
    __table_args__ = (Index("ix_contact_code_contact", "contact_digest", "created_at"),)

    id: Mapped[Id]
    contact_digest: Mapped[str]
    code_digest: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
