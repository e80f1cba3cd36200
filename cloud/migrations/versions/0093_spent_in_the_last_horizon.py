"""What a customer spent in the last horizon, to stand beside what the next one may bring."""

from alembic import op

revision = "0093"
down_revision = "0091"


def upgrade() -> None:
    op.execute("ALTER TABLE score ADD COLUMN last_horizon_spent_minor bigint")


def downgrade() -> None:
    op.drop_column("score", "last_horizon_spent_minor")
