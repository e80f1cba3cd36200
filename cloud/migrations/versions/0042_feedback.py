"""Feedback: what a customer says of a day, and the shop's answer."""

from alembic import op

revision = "0042"
down_revision = "0041"

OF_SHOP = "shop_id = acting_shop()"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE feedback (
            shop_id uuid NOT NULL CONSTRAINT fk_feedback_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            membership_id uuid NOT NULL,
            given_on date NOT NULL,
            mood text,
            was_closed boolean NOT NULL,
            text text,
            created_at timestamptz NOT NULL DEFAULT now(),
            answer text,
            answered_at timestamptz,
            answered_by uuid CONSTRAINT fk_feedback_answered_by_person
                REFERENCES person (id) ON DELETE SET NULL,
            CONSTRAINT pk_feedback PRIMARY KEY (shop_id, id),
            CONSTRAINT ck_feedback_mood CHECK (mood IN ('good', 'fair', 'bad')),
            CONSTRAINT ck_feedback_says_something
                CHECK (was_closed OR mood IS NOT NULL OR text IS NOT NULL),
            CONSTRAINT uq_feedback_shop_id_membership_id_given_on
                UNIQUE (shop_id, membership_id, given_on),
            CONSTRAINT fk_feedback_shop_id_membership_id_membership
                FOREIGN KEY (shop_id, membership_id)
                REFERENCES membership (shop_id, id) ON DELETE CASCADE
        )
    """)
    op.create_index("ix_feedback_time", "feedback", ["shop_id", "created_at", "id"])
    op.execute("ALTER TABLE feedback ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE feedback FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY acting ON feedback TO shopbell_app USING ({OF_SHOP}) WITH CHECK ({OF_SHOP})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON feedback TO shopbell_app")


def downgrade() -> None:
    op.drop_table("feedback")
