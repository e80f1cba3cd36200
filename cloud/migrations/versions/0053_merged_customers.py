"""Customers that were one, and what it takes to make them two again."""

from alembic import op

revision = "0053"
down_revision = "0052"

DERIVED = "score, prediction, score_move, import_change"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE customer_merge (
            shop_id uuid NOT NULL CONSTRAINT fk_customer_merge_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            membership_id uuid NOT NULL,
            duplicate_id uuid NOT NULL,
            duplicate jsonb NOT NULL,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            moved jsonb NOT NULL,
            aside jsonb NOT NULL,
            created_by uuid CONSTRAINT fk_customer_merge_created_by_person
                REFERENCES person (id) ON DELETE SET NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            undone_at timestamptz,
            CONSTRAINT pk_customer_merge PRIMARY KEY (shop_id, id),
            CONSTRAINT fk_customer_merge_shop_id_membership_id_membership
                FOREIGN KEY (shop_id, membership_id) REFERENCES membership (shop_id, id)
                ON DELETE CASCADE
        )
    """)
    op.create_index("ix_customer_merge_member", "customer_merge", ["shop_id", "membership_id"])
    op.create_index("ix_customer_merge_duplicate", "customer_merge", ["shop_id", "duplicate_id"])
    op.execute("ALTER TABLE customer_merge ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE customer_merge FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY acting ON customer_merge TO shopbell_app, shopbell_jobs
        USING (shop_id = acting_shop()) WITH CHECK (shop_id = acting_shop())
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON customer_merge TO shopbell_app")
    op.execute("GRANT SELECT ON customer_merge TO shopbell_jobs")
    # whose they are, and nothing else of them, can be changed; what collides is put back by an undo
    op.execute(f"GRANT UPDATE (membership_id), INSERT ON {DERIVED} TO shopbell_app")
    op.execute("GRANT UPDATE (membership_id) ON consent_event TO shopbell_app")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (membership_id) ON consent_event FROM shopbell_app")
    op.execute(f"REVOKE UPDATE (membership_id), INSERT ON {DERIVED} FROM shopbell_app")
    op.drop_table("customer_merge")
