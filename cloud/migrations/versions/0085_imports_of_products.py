"""Imports of products beside those of purchases, and the number that a product has in a till."""

from alembic import op

revision = "0085"
down_revision = "0090"


def upgrade() -> None:
    op.execute("ALTER TABLE import_batch ADD COLUMN kind text NOT NULL DEFAULT 'purchases'")
    op.create_check_constraint(
        op.f("ck_import_batch_kind"), "import_batch", "kind IN ('purchases', 'products')"
    )
    op.execute("ALTER TABLE product ADD COLUMN sku text")
    op.execute("CREATE UNIQUE INDEX uq_product_sku ON product (shop_id, sku)")


def downgrade() -> None:
    op.execute("DROP INDEX uq_product_sku")
    op.execute("ALTER TABLE product DROP COLUMN sku")
    op.drop_column("import_batch", "kind")
