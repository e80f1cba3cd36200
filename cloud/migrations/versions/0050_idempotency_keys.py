"""Requests that were answered under a key of their sender's."""

from alembic import op

revision = "0050"
down_revision = "0031"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE idempotency_key (
            person_id uuid NOT NULL CONSTRAINT fk_idempotency_key_person_id_person
                REFERENCES person (id) ON DELETE CASCADE,
            key_digest bytea NOT NULL,
            request_digest bytea NOT NULL,
            shop_id uuid CONSTRAINT fk_idempotency_key_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            status smallint,
            body text,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_idempotency_key PRIMARY KEY (person_id, key_digest)
        )
    """)
    op.create_index("ix_idempotency_key_shop_id", "idempotency_key", ["shop_id"])
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    op.execute("ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY")
    # a key is its person's; what was answered about a shop can be forgotten by the shop
    op.execute("""
        CREATE POLICY acting ON idempotency_key TO shopbell_app
        USING (person_id = acting_person() OR shop_id = acting_shop())
        WITH CHECK (person_id = acting_person())
    """)
    op.execute("CREATE POLICY jobs ON idempotency_key TO shopbell_jobs USING (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO shopbell_app")
    op.execute("GRANT SELECT, DELETE ON idempotency_key TO shopbell_jobs")


def downgrade() -> None:
    op.drop_table("idempotency_key")
