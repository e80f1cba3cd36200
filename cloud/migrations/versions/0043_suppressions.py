"""Whom a shop has erased, as keyed digests of their contacts, so that it stays silent."""

from alembic import op

revision = "0043"
down_revision = "0072"

OF_SHOP = "shop_id = acting_shop()"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE suppression (
            shop_id uuid NOT NULL CONSTRAINT fk_suppression_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            digest text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_suppression PRIMARY KEY (shop_id, digest)
        )
    """)
    op.execute("ALTER TABLE suppression ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE suppression FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY acting ON suppression TO shopbell_app, shopbell_jobs"
        f" USING ({OF_SHOP}) WITH CHECK ({OF_SHOP})"
    )
    op.execute("GRANT SELECT, INSERT ON suppression TO shopbell_app")
    op.execute("GRANT SELECT ON suppression TO shopbell_jobs")


def downgrade() -> None:
    op.drop_table("suppression")
