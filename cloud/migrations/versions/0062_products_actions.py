"""What products cost and where they lie, what to do for each customer, and what was done."""

from alembic import op

revision = "0062"
down_revision = "0054"

OF_SHOP = "shop_id = acting_shop()"
PRODUCT = (
    "price_minor bigint CONSTRAINT ck_product_price_minor CHECK (price_minor >= 0)",
    "cost_minor bigint CONSTRAINT ck_product_cost_minor CHECK (cost_minor >= 0)",
    "in_stock numeric(14, 3) CONSTRAINT ck_product_in_stock CHECK (in_stock >= 0)",
    "stock_counted_at timestamptz",
    "first_stocked_on date",
)
SCORE = (
    "action text",
    "action_channel text",
    "action_value_minor bigint",
    "action_cost_minor bigint",
    "action_reason text",
    "recommendations jsonb NOT NULL DEFAULT '[]'",
)


def upgrade() -> None:
    for table, columns in (("product", PRODUCT), ("score", SCORE)):
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    op.execute("""
        CREATE TABLE outreach (
            shop_id uuid NOT NULL CONSTRAINT fk_outreach_shop_id_shop
                REFERENCES shop (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            membership_id uuid NOT NULL,
            outcome text NOT NULL CONSTRAINT ck_outreach_outcome
                CHECK (outcome IN ('done', 'later', 'never')),
            action text,
            channel text,
            until timestamptz,
            created_by uuid,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_outreach PRIMARY KEY (shop_id, id),
            CONSTRAINT fk_outreach_shop_id_membership_id_membership
                FOREIGN KEY (shop_id, membership_id) REFERENCES membership (shop_id, id)
                ON DELETE CASCADE
        )
    """)
    op.create_index("ix_outreach_member", "outreach", ["shop_id", "membership_id", "created_at"])
    op.execute("ALTER TABLE outreach ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE outreach FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY acting ON outreach TO shopbell_app, shopbell_jobs "
        f"USING ({OF_SHOP}) WITH CHECK ({OF_SHOP})"
    )
    op.execute("GRANT SELECT, INSERT ON outreach TO shopbell_app")
    op.execute("GRANT SELECT ON outreach TO shopbell_jobs")
    # what customers said of a day is a feature of the models
    op.execute(f"CREATE POLICY jobs ON feedback FOR SELECT TO shopbell_jobs USING ({OF_SHOP})")
    op.execute("GRANT SELECT ON feedback TO shopbell_jobs")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON feedback FROM shopbell_jobs")
    op.execute("DROP POLICY jobs ON feedback")
    op.drop_table("outreach")
    for table, columns in (("score", SCORE), ("product", PRODUCT)):
        for column in reversed(columns):
            op.drop_column(table, column.split(" ")[0])
