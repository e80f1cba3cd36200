"""Products, purchases with their lines, and the imports that brought them."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cloud.app.store.base import Base, CreatedAt, Id, Json, Minor, ShopId
from cloud.app.store.people import membership_key


class Product(Base):
    """Something a shop sells."""

    __tablename__ = "product"
    __table_args__ = (
        Index("uq_product_name", "shop_id", "name", unique=True),
        Index("uq_product_sku", "shop_id", "sku", unique=True),
        CheckConstraint("price_minor >= 0", name="price_minor"),
        CheckConstraint("cost_minor >= 0", name="cost_minor"),
        CheckConstraint("in_stock >= 0", name="in_stock"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    name: Mapped[str]
    # its number in the till or in a list
    sku: Mapped[str | None]
    price_minor: Mapped[Minor | None]
    cost_minor: Mapped[Minor | None]
    # pieces that lay there when they were counted; what was sold since is not there any more
    in_stock: Mapped[Decimal | None] = mapped_column(Numeric(14, 3))
    stock_counted_at: Mapped[dt.datetime | None]
    first_stocked_on: Mapped[dt.date | None]
    created_at: Mapped[CreatedAt]


class Purchase(Base):
    """A sale, or with a negative amount a refund. The id is made by the client."""

    __tablename__ = "purchase"
    __table_args__ = (
        membership_key("membership_id"),
        ForeignKeyConstraint(["shop_id", "refunds_id"], ["purchase.shop_id", "purchase.id"]),
        ForeignKeyConstraint(["shop_id", "import_id"], ["import_batch.shop_id", "import_batch.id"]),
        CheckConstraint("refunds_id IS NULL OR amount_minor <= 0", name="refund_amount"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index("ix_purchase_member", "shop_id", "membership_id", "occurred_at"),
        Index("ix_purchase_time", "shop_id", "occurred_at", "id"),
        Index(
            "ix_purchase_import",
            "shop_id",
            "import_id",
            postgresql_where=text("import_id IS NOT NULL"),
        ),
        Index(
            "ix_purchase_refunds",
            "shop_id",
            "refunds_id",
            postgresql_where=text("refunds_id IS NOT NULL"),
        ),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    membership_id: Mapped[uuid.UUID | None]
    occurred_at: Mapped[dt.datetime]
    amount_minor: Mapped[Minor]
    currency: Mapped[str]
    source: Mapped[str]
    # the receipt's number in the till that an import came from; tills begin to count anew
    reference: Mapped[str | None]
    refunds_id: Mapped[uuid.UUID | None]
    import_id: Mapped[uuid.UUID | None]
    created_at: Mapped[CreatedAt]


class PurchaseLine(Base):
    """One product on a purchase."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "purchase_id"], ["purchase.shop_id", "purchase.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.id"]),
        Index("ix_purchase_line_product", "shop_id", "product_id"),
    )

    shop_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    purchase_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[uuid.UUID]
    quantity: Mapped[Decimal] = mapped_column(Numeric(14, 3))
    amount_minor: Mapped[Minor]


class ImportBatch(Base):
    """An uploaded file and what became of it."""

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint(
            "state IN ('uploaded', 'queued', 'running', 'done', 'failed', 'undoing', 'undone')",
            name="state",
        ),
        CheckConstraint("kind IN ('purchases', 'products')", name="kind"),
        Index("ix_import_batch_digest", "shop_id", "sha256"),
    )

    shop_id: Mapped[ShopId]
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(server_default="purchases")
    filename: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str]
    # columns with samples, and what we take them for
    preview: Mapped[Json | None]
    mapping: Mapped[Json | None]
    # how the customers in it agreed to be contacted: channels and evidence
    consent: Mapped[Json | None]
    # rows read, created, updated, skipped, rejected; total and date range
    outcome: Mapped[Json | None]
    error: Mapped[str | None]
    created_by: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[dt.datetime | None]
    undone_at: Mapped[dt.datetime | None]


class ImportChange(Base):
    """What an import changed of a customer whom the shop knew: the fields before and after."""

    __tablename__ = "import_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "import_id"],
            ["import_batch.shop_id", "import_batch.id"],
            ondelete="CASCADE",
        ),
        membership_key("membership_id"),
        Index("ix_import_change_member", "shop_id", "membership_id"),
    )

    shop_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    import_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    before: Mapped[Json]
    after: Mapped[Json]


class ImportRow(Base):
    """One row of an import: its raw text, what became of it, and why."""

    __tablename__ = "import_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop_id", "import_id"],
            ["import_batch.shop_id", "import_batch.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("outcome IN ('created', 'updated', 'skipped', 'rejected')", name="outcome"),
    )

    shop_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    import_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    # kept where the row did not become a purchase
    raw: Mapped[list[str] | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    # what the row made or changed, and of each changed field what it was and what it became
    entity_id: Mapped[uuid.UUID | None]
    before: Mapped[Json | None]
