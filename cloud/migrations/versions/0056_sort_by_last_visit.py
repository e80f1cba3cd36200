"""The list by last visit reads an index: its sort key stands in it, not only its column."""

from alembic import op

revision = "0056"
down_revision = "0045"

NAME = "ix_membership_last_visit"


def upgrade() -> None:
    op.drop_index(NAME, "membership")
    op.execute(f"""
        CREATE INDEX {NAME} ON membership
        (shop_id, coalesce(last_visit_at, '1900-01-01 00:00:00+00'::timestamptz), id)
    """)


def downgrade() -> None:
    op.drop_index(NAME, "membership")
    op.create_index(NAME, "membership", ["shop_id", "last_visit_at", "id"])
