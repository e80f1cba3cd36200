"""Persons, their sign-ins, and what joins them to shops."""

import datetime as dt
import uuid

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Minor, ShopId

_SEARCHED = r"""
    lower(coalesce(reference, '') || E'\n' || coalesce(name, '') || E'\n'
        || coalesce(phone, '') || E'\n' || coalesce(email, ''))
"""


class Person(Base):
    """A login, owned by that person.

    Email (lower case) and phone (E.164) are claims until they are verified, and unique only then:
    nobody can keep a contact from its owner by claiming it first.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="contact"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        *(
            Index(
                f"uq_person_{column}_verified",
                column,
                unique=True,
                postgresql_where=text(f"{column}_verified_at IS NOT NULL"),
            )
            for column in ("email", "phone")
        ),
        Index("ix_person_email", "email"),
        Index("ix_person_phone", "phone"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    email_verified_at: Mapped[dt.datetime | None]
    phone_verified_at: Mapped[dt.datetime | None]
    # None: signs in by codes only
    password_hash: Mapped[str | None]
    created_at: Mapped[CreatedAt]

    @property
    def verified_contacts(self) -> dict[str, str]:
        """What this person has proven to own: any of email and phone."""
        claims = (("email", self.email, self.email_verified_at),
                  ("phone", self.phone, self.phone_verified_at))  # fmt: skip
        return {kind: contact for kind, contact, at in claims if contact and at}

    @property
    def verified(self) -> list[str]:
        """Which of email and phone are proven."""
        return list(self.verified_contacts)


class RefreshToken(Base):
    """One refresh token of a family; used once, and a second use revokes the family."""

    __tablename__ = "refresh_token"

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    family_id: Mapped[uuid.UUID] = mapped_column(index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    user_agent: Mapped[str | None]


class Staff(Base):
    """A person who works for a shop, with a role."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('owner', 'staff', 'analyst')", name="role"),)

    shop_id: Mapped[ShopId]
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]
    created_at: Mapped[CreatedAt]


class Membership(Base):
    """A customer of one shop: a person, or only a name and contact that the owner typed."""

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_reference",
            "shop_id",
            "reference",
            unique=True,
            postgresql_where=text("reference IS NOT NULL"),
        ),
        Index(
            "uq_membership_person",
            "shop_id",
            "person_id",
            unique=True,
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index(
            "uq_membership_referral_code",
            "shop_id",
            "referral_code",
            unique=True,
            postgresql_where=text("referral_code IS NOT NULL"),
        ),
        *(
            Index(
                f"ix_membership_unlinked_{column}",
                column,
                postgresql_where=text("person_id IS NULL"),
            )
            for column in ("phone", "email")
        ),
        Index("ix_membership_phone", "shop_id", "phone"),
        # the sort keys of `customer_queries`: those who never came stand behind all others
        Index(
            "ix_membership_last_visit",
            "shop_id",
            text("coalesce(last_visit_at, '1900-01-01 00:00:00+00'::timestamptz)"),
            "id",
        ),
        Index("ix_membership_visits", "shop_id", "visits", "id"),
        Index("ix_membership_spent", "shop_id", "spent_minor", "id"),
        Index("ix_membership_name", "shop_id", text("lower(coalesce(name, reference, ''))"), "id"),
        Index("ix_membership_email", "shop_id", "email"),
        Index(
            "ix_membership_import",
            "shop_id",
            "import_id",
            postgresql_where=text("import_id IS NOT NULL"),
        ),
        ForeignKeyConstraint(["shop_id", "import_id"], ["import_batch.shop_id", "import_batch.id"]),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    person_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    # the customer's number in the till that an import came from
    reference: Mapped[str | None]
    name: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    # words by which the shop sorts its customers
    tags: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    joined_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # when the person proved to be this customer, and when they left
    linked_at: Mapped[dt.datetime | None]
    left_at: Mapped[dt.datetime | None]
    # what stands in the link by which this customer brings friends
    referral_code: Mapped[str | None]
    # kept by triggers of `purchase`, whoever changes it; a visit is a day with net takings
    purchases: Mapped[int] = mapped_column(server_default="0")
    visits: Mapped[int] = mapped_column(server_default="0")
    spent_minor: Mapped[Minor] = mapped_column(server_default="0")
    last_purchase_at: Mapped[dt.datetime | None]
    last_visit_at: Mapped[dt.datetime | None]
    # kept by triggers of `consent_event` and `outreach`: the channels whose latest word on
    # marketing is a grant, and until when the latest note lets the customer rest
    granted: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}", deferred=True)
    rests_until: Mapped[dt.datetime | None] = mapped_column(deferred=True)
    # what a search looks through
    searched: Mapped[str] = mapped_column(Computed(_SEARCHED, persisted=True), deferred=True)
    # the import that brought this customer, and when somebody last changed it by hand
    import_id: Mapped[uuid.UUID | None]
    changed_at: Mapped[dt.datetime | None]
    created_at: Mapped[CreatedAt]


class Referral(Base):
    """A customer who came by another customer's link."""

    __tablename__ = "referral"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "friend_id"], ["membership.shop_id", "membership.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["shop_id", "referrer_id"], ["membership.shop_id", "membership.id"], ondelete="CASCADE"
        ),
        CheckConstraint("friend_id <> referrer_id", name="two_people"),
        Index("ix_referral_referrer", "shop_id", "referrer_id"),
    )

    shop_id: Mapped[ShopId]
    friend_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    referrer_id: Mapped[uuid.UUID]
    joined_at: Mapped[dt.datetime]


def membership_key(*columns: str) -> ForeignKeyConstraint:
    """Return the foreign key to a membership of the same shop."""
    return ForeignKeyConstraint(
        ["shop_id", *columns], ["membership.shop_id", "membership.id"], ondelete="CASCADE"
    )
