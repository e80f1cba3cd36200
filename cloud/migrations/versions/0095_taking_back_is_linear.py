"""What is deleted is looked for in an index by each table that points at it.

Without, each of a million purchases of an import that is undone was looked for in all others.
"""

from alembic import op

revision = "0095"
down_revision = "0094"


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_purchase_refunds ON purchase (shop_id, refunds_id)
        WHERE refunds_id IS NOT NULL
    """)
    op.create_index("ix_purchase_line_product", "purchase_line", ["shop_id", "product_id"])
    op.create_index("ix_import_change_member", "import_change", ["shop_id", "membership_id"])


def downgrade() -> None:
    op.drop_index("ix_import_change_member", "import_change")
    op.drop_index("ix_purchase_line_product", "purchase_line")
    op.drop_index("ix_purchase_refunds", "purchase")
