"""What an import needs to run in the background, to be explained, and to be taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("preview", JSONB(), nullable=True))
    op.add_column("membership", sa.Column("import_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_membership_shop_id_import_id_import_batch",
        "membership",
        "import_batch",
        ["shop_id", "import_id"],
        ["shop_id", "id"],
    )
    op.create_index(
        "ix_membership_import",
        "membership",
        ["shop_id", "import_id"],
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index(
        "ix_purchase_import",
        "purchase",
        ["shop_id", "import_id"],
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    # tills begin to count their receipts anew, each day or each year
    op.drop_index("uq_purchase_reference", "purchase")
    # a row that became a purchase is told by that purchase and the file
    op.alter_column("import_row", "raw", nullable=True)
    # the batch of which a row is part belongs to the shop; checking that twice only costs time
    op.drop_constraint("fk_import_row_shop_id_shop", "import_row")
    op.drop_constraint("fk_purchase_line_shop_id_shop", "purchase_line")
    # too little data has no model
    op.alter_column("score_run", "model", nullable=True)
    # without fresh statistics the first look after a large import takes seconds; only the owner
    # of a table may analyse it
    op.execute("""
        CREATE FUNCTION analyse_sales() RETURNS void LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN ANALYZE membership, product, purchase, purchase_line, import_row, score; END $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION analyse_sales FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION analyse_sales TO shopbell_jobs")
    # /readyz compares it with the newest migration
    op.execute("GRANT SELECT ON alembic_version TO shopbell_app")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON alembic_version FROM shopbell_app")
    op.execute("DROP FUNCTION analyse_sales")
    op.execute("UPDATE score_run SET model = 'none' WHERE model IS NULL")
    op.alter_column("score_run", "model", nullable=False)
    for table in ("import_row", "purchase_line"):
        op.create_foreign_key(
            f"fk_{table}_shop_id_shop", table, "shop", ["shop_id"], ["id"], ondelete="CASCADE"
        )
    op.execute("UPDATE import_row SET raw = '[]' WHERE raw IS NULL")
    op.alter_column("import_row", "raw", nullable=False)
    op.execute("""
        UPDATE purchase SET reference = NULL WHERE (shop_id, reference) IN (
            SELECT shop_id, reference FROM purchase
            WHERE reference IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1)
    """)
    op.create_index(
        "uq_purchase_reference",
        "purchase",
        ["shop_id", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.drop_index("ix_purchase_import", "purchase")
    op.drop_index("ix_membership_import", "membership")
    op.drop_constraint("fk_membership_shop_id_import_id_import_batch", "membership")
    op.drop_column("membership", "import_id")
    op.drop_column("import_batch", "preview")
