"""Consent as a list of events, notes, tags, and what an import needs to be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0020"

TABLES = ("consent_event", "note", "import_change")
OF_SHOP = "shop_id = acting_shop()"
STATES = "'uploaded', 'queued', 'running', 'done', 'failed'"


def upgrade() -> None:
    op.add_column(
        "membership", sa.Column("tags", JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("import_batch", sa.Column("consent", JSONB(), nullable=True))
    op.add_column("import_batch", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    _states(f"{STATES}, 'undoing', 'undone'")
    _consent_event()
    _note()
    _import_change()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY acting ON {table} TO shopbell_app, shopbell_jobs "
            f"USING ({OF_SHOP}) WITH CHECK ({OF_SHOP})"
        )
    op.execute("GRANT SELECT, INSERT ON consent_event TO shopbell_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON note TO shopbell_app")
    op.execute("GRANT SELECT ON note TO shopbell_jobs")
    op.execute("GRANT SELECT, DELETE ON import_change TO shopbell_app")
    # an import that is undone takes what it said about consent with it
    op.execute("GRANT SELECT, INSERT, DELETE ON consent_event TO shopbell_jobs")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON import_change TO shopbell_jobs")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("UPDATE import_batch SET state = 'done' WHERE state IN ('undoing', 'undone')")
    _states(STATES)
    op.drop_column("import_batch", "undone_at")
    op.drop_column("import_batch", "consent")
    op.drop_column("membership", "tags")


def _states(states: str) -> None:
    # the first migration's check was named twice by the naming convention
    for name in ("ck_import_batch_state", "ck_import_batch_ck_import_batch_state"):
        op.execute(f"ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS {name}")
    op.create_check_constraint(
        op.f("ck_import_batch_state"), "import_batch", f"state IN ({states})"
    )


def _consent_event() -> None:
    op.create_table(
        "consent_event",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _created_at(),
        sa.CheckConstraint(
            "channel IN ('sms', 'whatsapp', 'email', 'push')", name=op.f("ck_consent_event_channel")
        ),
        sa.CheckConstraint(
            "purpose IN ('marketing', 'transactional')", name=op.f("ck_consent_event_purpose")
        ),
        sa.CheckConstraint("action IN ('grant', 'withdraw')", name=op.f("ck_consent_event_action")),
        sa.CheckConstraint(
            "source IN ('qr', 'web', 'owner', 'import', 'inbound')",
            name=op.f("ck_consent_event_source"),
        ),
        _shop_key("consent_event"),
        _membership_key("consent_event"),
        sa.ForeignKeyConstraint(
            ["shop_id", "import_id"],
            ["import_batch.shop_id", "import_batch.id"],
            name="fk_consent_event_shop_id_import_id_import_batch",
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_consent_event"),
    )
    op.create_index(
        "ix_consent_event_latest",
        "consent_event",
        ["shop_id", "membership_id", "channel", "purpose", "created_at"],
    )
    op.create_index(
        "ix_consent_event_import",
        "consent_event",
        ["shop_id", "import_id"],
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )


def _note() -> None:
    op.create_table(
        "note",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _created_at(),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name="fk_note_created_by_person", ondelete="SET NULL"
        ),
        _shop_key("note"),
        _membership_key("note"),
        sa.PrimaryKeyConstraint("shop_id", "id", name="pk_note"),
    )
    op.create_index("ix_note_member", "note", ["shop_id", "membership_id", "created_at"])


def _import_change() -> None:
    op.create_table(
        "import_change",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "import_id"],
            ["import_batch.shop_id", "import_batch.id"],
            name="fk_import_change_shop_id_import_id_import_batch",
            ondelete="CASCADE",
        ),
        _membership_key("import_change"),
        sa.PrimaryKeyConstraint("shop_id", "import_id", "membership_id", name="pk_import_change"),
    )


def _created_at() -> "sa.Column[object]":
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _shop_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["shop_id"], ["shop.id"], name=f"fk_{table}_shop_id_shop", ondelete="CASCADE"
    )


def _membership_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["shop_id", "membership_id"],
        ["membership.shop_id", "membership.id"],
        name=f"fk_{table}_shop_id_membership_id_membership",
        ondelete="CASCADE",
    )
