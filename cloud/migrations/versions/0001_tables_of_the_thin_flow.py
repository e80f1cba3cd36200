"""The tables of the thin flow"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("contact_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_person_phone_e164")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.CheckConstraint(
            "email IS NOT NULL OR phone IS NOT NULL", name=op.f("ck_person_contact")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email", name="uq_person_email"),
        sa.UniqueConstraint("phone", name="uq_person_phone"),
    )
    op.create_table(
        "rejected_message",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rejected_message"),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opening_hours", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_shop_country")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_shop_currency")),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_shop_slug")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_shop_capacity")),
        sa.PrimaryKeyConstraint("id", name="pk_shop"),
        sa.UniqueConstraint("slug", name="uq_shop_slug"),
    )
    op.create_table(
        "import_batch",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=True),
        sa.Column("outcome", JSONB(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'queued', 'running', 'done', 'failed')",
            name=op.f("ck_import_batch_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
            name="fk_import_batch_created_by_person",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_import_batch_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_import_batch"),
    )
    op.create_index("ix_import_batch_digest", "import_batch", ["shop_id", "sha256"], unique=False)
    op.create_table(
        "membership",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column(
            "joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_membership_person_id_person", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_membership_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_membership"),
    )
    op.create_index("ix_membership_email", "membership", ["shop_id", "email"], unique=False)
    op.create_index("ix_membership_person_id", "membership", ["person_id"], unique=False)
    op.create_index("ix_membership_phone", "membership", ["shop_id", "phone"], unique=False)
    op.create_index(
        "uq_membership_person",
        "membership",
        ["shop_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_membership_reference",
        "membership",
        ["shop_id", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_table(
        "product",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_product_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_product"),
    )
    op.create_index("uq_product_name", "product", ["shop_id", "name"], unique=True)
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name="fk_refresh_token_person_id_person",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refresh_token"),
    )
    op.create_index("ix_refresh_token_family_id", "refresh_token", ["family_id"], unique=False)
    op.create_index("ix_refresh_token_person_id", "refresh_token", ["person_id"], unique=False)
    op.create_table(
        "score_run",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("summary", JSONB(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_score_run_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_score_run"),
    )
    op.create_index("ix_score_run_latest", "score_run", ["shop_id", "created_at"], unique=False)
    op.create_table(
        "site",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_site_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_site"),
    )
    op.create_table(
        "staff",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("role IN ('owner', 'staff', 'analyst')", name=op.f("ck_staff_role")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_staff_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_staff_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "person_id", name="pk_staff"),
    )
    op.create_index("ix_staff_person_id", "staff", ["person_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_online", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", JSONB(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("id ~ '^[a-z0-9-]{1,32}$'", name=op.f("ck_device_id")),
        sa.ForeignKeyConstraint(
            ["shop_id", "site_id"],
            ["site.shop_id", "site.id"],
            name="fk_device_shop_id_site_id_site",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_device_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_device"),
        sa.UniqueConstraint("id", name="uq_device_id"),
    )
    op.create_table(
        "import_row",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", JSONB(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('created', 'updated', 'skipped', 'rejected')",
            name=op.f("ck_import_row_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "import_id"],
            ["import_batch.shop_id", "import_batch.id"],
            name="fk_import_row_shop_id_import_id_import_batch",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_import_row_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "import_id", "line", name="pk_import_row"),
    )
    op.create_table(
        "purchase",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("refunds_id", sa.Uuid(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_purchase_currency")),
        sa.CheckConstraint(
            "refunds_id IS NULL OR amount_minor <= 0", name=op.f("ck_purchase_refund_amount")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "import_id"],
            ["import_batch.shop_id", "import_batch.id"],
            name="fk_purchase_shop_id_import_id_import_batch",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "membership_id"],
            ["membership.shop_id", "membership.id"],
            name="fk_purchase_shop_id_membership_id_membership",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "refunds_id"],
            ["purchase.shop_id", "purchase.id"],
            name="fk_purchase_shop_id_refunds_id_purchase",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_purchase_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_purchase"),
    )
    op.create_index(
        "ix_purchase_member", "purchase", ["shop_id", "membership_id", "occurred_at"], unique=False
    )
    op.create_index("ix_purchase_time", "purchase", ["shop_id", "occurred_at", "id"], unique=False)
    op.create_index(
        "uq_purchase_reference",
        "purchase",
        ["shop_id", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_table(
        "score",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("days_since_last_visit", sa.Integer(), nullable=False),
        sa.Column("tenure_days", sa.Integer(), nullable=False),
        sa.Column("monetary_value_minor", sa.BigInteger(), nullable=True),
        sa.Column("average_order_value_minor", sa.BigInteger(), nullable=True),
        sa.Column("usual_gap_days", sa.Float(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("churn_probability", sa.Float(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("expected_visits", sa.Float(), nullable=True),
        sa.Column("clv_minor", sa.BigInteger(), nullable=True),
        sa.Column("revenue_at_risk_minor", sa.BigInteger(), nullable=True),
        sa.Column("drivers", JSONB(), nullable=False),
        sa.CheckConstraint("risk IN ('high', 'medium', 'low')", name=op.f("ck_score_risk")),
        sa.CheckConstraint(
            "churn_probability BETWEEN 0 AND 1", name=op.f("ck_score_churn_probability")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "membership_id"],
            ["membership.shop_id", "membership.id"],
            name="fk_score_shop_id_membership_id_membership",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "run_id"],
            ["score_run.shop_id", "score_run.id"],
            name="fk_score_shop_id_run_id_score_run",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_score_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "membership_id", name="pk_score"),
    )
    op.create_table(
        "site_state",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column("door_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("door_device_id", sa.Text(), nullable=True),
        sa.Column("door_boot", sa.BigInteger(), nullable=True),
        sa.Column("door_sequence", sa.Integer(), nullable=True),
        sa.Column(
            "counted_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("exits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ambiguous", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "site_id"],
            ["site.shop_id", "site.id"],
            name="fk_site_state_shop_id_site_id_site",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_site_state_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "site_id", name="pk_site_state"),
    )
    op.create_table(
        "device_boot",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("committed_sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("highest_sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lost", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=True),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "device_id"],
            ["device.shop_id", "device.id"],
            name="fk_device_boot_shop_id_device_id_device",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_device_boot_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "device_id", "boot", name="pk_device_boot"),
    )
    op.create_table(
        "event",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_source", sa.Text(), nullable=False),
        sa.Column("up_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "time_source IN ('device', 'boot', 'received')", name=op.f("ck_event_time_source")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "device_id"],
            ["device.shop_id", "device.id"],
            name="fk_event_shop_id_device_id_device",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_event_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "device_id", "boot", "sequence", name="pk_event"),
    )
    op.create_table(
        "purchase_line",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "product_id"],
            ["product.shop_id", "product.id"],
            name="fk_purchase_line_shop_id_product_id_product",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "purchase_id"],
            ["purchase.shop_id", "purchase.id"],
            name="fk_purchase_line_shop_id_purchase_id_purchase",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name="fk_purchase_line_shop_id_shop", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shop_id", "purchase_id", "line", name="pk_purchase_line"),
    )


def downgrade() -> None:
    op.drop_table("purchase_line")
    op.drop_table("event")
    op.drop_table("device_boot")
    op.drop_table("site_state")
    op.drop_table("score")
    op.drop_table("purchase")
    op.drop_table("import_row")
    op.drop_table("device")
    op.drop_table("staff")
    op.drop_table("site")
    op.drop_table("score_run")
    op.drop_table("refresh_token")
    op.drop_table("product")
    op.drop_table("membership")
    op.drop_table("import_batch")
    op.drop_table("shop")
    op.drop_table("rejected_message")
    op.drop_table("person")
