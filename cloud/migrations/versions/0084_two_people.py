"""Pairs of customers that somebody has looked at and called two people."""

from alembic import op

revision = "0084"
down_revision = "0056"


def upgrade() -> None:
    # both orders are rows, so that what hangs on a customer is found by the key of either
    op.execute("""
        CREATE TABLE two_people (
            shop_id uuid NOT NULL CONSTRAINT fk_two_people_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            membership_id uuid NOT NULL,
            other_id uuid NOT NULL,
            created_by uuid CONSTRAINT fk_two_people_created_by_person
                REFERENCES person (id) ON DELETE SET NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_two_people PRIMARY KEY (shop_id, membership_id, other_id),
            CONSTRAINT fk_two_people_shop_id_membership_id_membership
                FOREIGN KEY (shop_id, membership_id) REFERENCES membership (shop_id, id)
                ON DELETE CASCADE,
            CONSTRAINT fk_two_people_shop_id_other_id_membership
                FOREIGN KEY (shop_id, other_id) REFERENCES membership (shop_id, id)
                ON DELETE CASCADE,
            CONSTRAINT ck_two_people_others CHECK (membership_id <> other_id)
        )
    """)
    op.create_index("ix_two_people_other", "two_people", ["shop_id", "other_id"])
    op.execute("ALTER TABLE two_people ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE two_people FORCE ROW LEVEL SECURITY")
    op.execute("""
        CREATE POLICY acting ON two_people TO shopbell_app, shopbell_jobs
        USING (shop_id = acting_shop()) WITH CHECK (shop_id = acting_shop())
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON two_people TO shopbell_app")
    op.execute("GRANT SELECT ON two_people TO shopbell_jobs")


def downgrade() -> None:
    op.drop_table("two_people")
