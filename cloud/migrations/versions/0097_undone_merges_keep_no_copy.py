"""A merge that was undone keeps no copy of the two: it would outlive an erasure of either."""

from alembic import op

revision = "0097"
down_revision = "0096"


def upgrade() -> None:
    op.execute("""
        UPDATE customer_merge SET duplicate = '{}', before = '{}', after = '{}', aside = '{}'
        WHERE undone_at IS NOT NULL
    """)


def downgrade() -> None:
    """What is forgotten does not come back, and nothing needs it."""
