"""The language of a shop's reports, where its owner has chosen one."""

from alembic import op

revision = "0092"
down_revision = "0084"


def upgrade() -> None:
    op.execute("ALTER TABLE shop ADD COLUMN language text")
    op.create_check_constraint(op.f("ck_shop_language"), "shop", "language IN ('en', 'de', 'hi')")


def downgrade() -> None:
    op.drop_column("shop", "language")
