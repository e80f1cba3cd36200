"""Codes that work once: claims of devices, invitations, password resets; a grace for renewals."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0021"

# whoever knows the code may see its ticket, and nobody can list those of others
RULE = """
    shop_id = acting_shop() OR person_id = acting_person()
    OR digest = nullif(current_setting('app.code', true), '')
"""


def upgrade() -> None:
    op.add_column(
        "refresh_token", sa.Column("repeated_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute("""
        CREATE TABLE ticket (
            id uuid NOT NULL CONSTRAINT pk_ticket PRIMARY KEY,
            kind text NOT NULL CONSTRAINT ck_ticket_kind
                CHECK (kind IN ('device', 'invitation', 'password')),
            digest text NOT NULL CONSTRAINT uq_ticket_digest UNIQUE,
            shop_id uuid CONSTRAINT fk_ticket_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            person_id uuid CONSTRAINT fk_ticket_person_id_person
                REFERENCES person (id) ON DELETE CASCADE,
            details jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            CONSTRAINT ck_ticket_owner CHECK (num_nonnulls(shop_id, person_id) = 1)
        )
    """)
    op.create_index("ix_ticket_shop_id", "ticket", ["shop_id"])
    op.create_index("ix_ticket_person_id", "ticket", ["person_id"])
    op.execute("ALTER TABLE ticket ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY acting ON ticket TO shopbell_app USING ({RULE}) WITH CHECK ({RULE})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket TO shopbell_app")


def downgrade() -> None:
    op.drop_table("ticket")
    op.drop_column("refresh_token", "repeated_at")
