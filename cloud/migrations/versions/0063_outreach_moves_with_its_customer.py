"""What was done for a customer moves with a merge, as everything else does."""

from alembic import op

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    op.execute("GRANT UPDATE (membership_id) ON outreach TO shopbell_app")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (membership_id) ON outreach FROM shopbell_app")
