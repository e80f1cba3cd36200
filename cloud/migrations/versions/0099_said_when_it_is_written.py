"""Words on consent and outreach are dated when they are written, not when their transaction began:
who waits for another one comes after it, and the latest word holds."""

from alembic import op

revision = "0099"
down_revision = "0098"

TABLES = ("consent_event", "outreach")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER created_at SET DEFAULT clock_timestamp()")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER created_at SET DEFAULT now()")
